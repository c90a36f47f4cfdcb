"""Readings of this host, this application and the database."""

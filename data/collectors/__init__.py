"""Collectors: each reads one side of this host or of PostgreSQL, and fails alone."""

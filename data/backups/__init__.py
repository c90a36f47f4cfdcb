"""Backups of the whole database: made and verified each night, kept in a folder, put back."""

"""Vendors whose data is synchronised in the background."""

"""Vendors: their clients, and how their data arrives by itself."""

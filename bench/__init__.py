"""Measures the product side by side with references, in one run: `python -m bench`."""

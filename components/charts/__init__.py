"""Charts; which engine draws is decided here alone."""

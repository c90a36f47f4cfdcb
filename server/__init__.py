"""The process around the pages: who is this, HTTP routes, start and stop."""

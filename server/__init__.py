"""The process around the pages: start and stop, HTTP, health, who is signed in."""

"""What pages are made of; takes data, never fetches it."""

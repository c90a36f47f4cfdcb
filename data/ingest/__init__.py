"""Ways rows come in: files, upserts, roll-ups."""

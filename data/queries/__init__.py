"""Questions asked of PostgreSQL, each a function named after it."""

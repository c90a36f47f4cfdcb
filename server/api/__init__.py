"""The documented HTTP interface under `/api`."""

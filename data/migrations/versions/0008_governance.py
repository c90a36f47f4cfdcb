"""governance: tables of this area."""

from alembic import op  # noqa: F401

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables."""

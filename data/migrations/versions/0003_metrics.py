"""metrics: tables of this area."""

from alembic import op  # noqa: F401

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""

"""sales: tables of this area."""

from alembic import op  # noqa: F401

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""

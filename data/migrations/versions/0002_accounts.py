"""accounts: tables of this area."""

from alembic import op  # noqa: F401

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""

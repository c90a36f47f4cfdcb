"""integrations: tables of this area."""

from alembic import op  # noqa: F401

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""

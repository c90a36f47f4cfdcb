"""alerts: tables of this area."""

from alembic import op  # noqa: F401

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""

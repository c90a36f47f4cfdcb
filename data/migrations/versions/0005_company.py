"""company: tables of this area."""

from alembic import op  # noqa: F401

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""

"""refreshes: parts of a page that draw themselves again are timed apart from its whole runs."""

from alembic import op

revision = "0020"
down_revision = "0019"

TABLES = ("application_samples", "application_minutes", "application_hours")


def upgrade() -> None:
    """A third kind of what is counted."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_kind_check")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_kind_check "
            "CHECK (kind IN ('request', 'page', 'refresh'))"
        )

"""backups: each backup that was made or tried, here or elsewhere."""

from alembic import op

revision = "0009"
down_revision = "0008"

BACKUPS = """
CREATE TABLE backups (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    began_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    made_by text NOT NULL,
    host text NOT NULL,
    file text,
    bytes bigint,
    error text
);
CREATE INDEX backups_by_time ON backups (began_at DESC);
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(BACKUPS)

"""stops in time: the stops that overlap a run are found without reading all before it."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """An index over the time that each stop lasts."""
    op.execute(
        "CREATE INDEX production_stops_in_time ON production_stops "
        "USING gist (tstzrange(started_at, ended_at))"
    )

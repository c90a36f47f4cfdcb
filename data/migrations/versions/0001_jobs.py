"""Runs of the worker's jobs: the newest of each job and host, and a short history of all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """One row a job and worker, overwritten by each run."""
    op.execute("""
        CREATE TABLE job_runs (
            job text NOT NULL,
            host text NOT NULL,
            pid integer NOT NULL,
            started_at timestamptz NOT NULL,
            finished_at timestamptz,
            last_success_at timestamptz,
            duration_s double precision,
            error text,
            runs bigint NOT NULL DEFAULT 0,
            failures bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (job, host)
        )
    """)

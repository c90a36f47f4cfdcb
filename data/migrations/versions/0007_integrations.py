"""integrations: connections, credentials, tokens, cursors, runs, calls, pacing, explanations."""

from alembic import op

revision = "0007"
down_revision = "0006"

CONNECTIONS = """
CREATE TABLE integration_connections (
    name text PRIMARY KEY,
    vendor text NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    every_s integer CHECK (every_s >= 60),
    requested_at timestamptz,
    blocked_until timestamptz,
    blocked_reason text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE integration_credentials (
    name text PRIMARY KEY,
    sealed text NOT NULL,
    entered_by text,
    entered_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE integration_tokens (
    name text PRIMARY KEY,
    sealed text,
    expires_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE integration_sign_ins (
    state text PRIMARY KEY,
    connection text NOT NULL,
    sealed text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
"""

PROGRESS = """
CREATE TABLE integration_cursors (
    connection text NOT NULL,
    stream text NOT NULL,
    position jsonb NOT NULL,
    loading boolean NOT NULL DEFAULT true,
    done bigint NOT NULL DEFAULT 0,
    expected bigint,
    started_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection, stream)
);
CREATE TABLE integration_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'running',
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    beat_at timestamptz NOT NULL DEFAULT now(),
    stream text,
    rows bigint NOT NULL DEFAULT 0,
    pages bigint NOT NULL DEFAULT 0,
    error text,
    step text
);
CREATE INDEX integration_runs_recent ON integration_runs (connection, started_at DESC);
CREATE TABLE integration_faults (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES integration_runs ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT now(),
    stream text NOT NULL,
    record text NOT NULL,
    field text,
    problem text NOT NULL
);
CREATE INDEX integration_faults_by_run ON integration_faults (run_id);
CREATE TABLE integration_differences (
    connection text NOT NULL,
    measure text NOT NULL,
    scope text NOT NULL DEFAULT '',
    period date NOT NULL,
    ours numeric NOT NULL,
    theirs numeric NOT NULL,
    currency text,
    checked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection, measure, scope, period)
);
CREATE TABLE integration_probes (
    connection text PRIMARY KEY,
    healthy boolean NOT NULL,
    response_ms double precision,
    message text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
"""

TRANSPORT = """
CREATE TABLE integration_calls (
    at timestamptz NOT NULL DEFAULT now(),
    connection text NOT NULL,
    vendor text NOT NULL,
    operation text NOT NULL,
    status integer,
    ms double precision NOT NULL,
    retries integer NOT NULL,
    bytes bigint NOT NULL,
    error text
);
CREATE INDEX integration_calls_recent ON integration_calls (connection, at);
CREATE INDEX integration_calls_by_time ON integration_calls USING brin (at);
CREATE TABLE integration_pace (
    bucket text PRIMARY KEY,
    available double precision NOT NULL,
    capacity double precision NOT NULL,
    rate double precision NOT NULL,
    at double precision NOT NULL,
    closed_until double precision NOT NULL DEFAULT 0
);
CREATE TABLE integration_breakers (
    name text PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0,
    open_for_s double precision NOT NULL DEFAULT 0,
    open_until double precision NOT NULL DEFAULT 0
);
CREATE TABLE integration_quota (
    connection text NOT NULL,
    name text NOT NULL,
    remaining double precision NOT NULL,
    allowed double precision,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection, name)
);
"""

EXPLANATIONS = """
CREATE TABLE explanations (
    input_hash text PRIMARY KEY,
    model text NOT NULL,
    narrative jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE explanation_tokens (
    month date PRIMARY KEY,
    used bigint NOT NULL DEFAULT 0
);
"""


def upgrade() -> None:
    """Create the tables."""
    for part in (CONNECTIONS, PROGRESS, TRANSPORT, EXPLANATIONS):
        op.execute(part)

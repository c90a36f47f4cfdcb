"""governance: API tokens, second factors, page views and their daily roll-up."""

from alembic import op

revision = "0008"
down_revision = "0007"

KEYS = """
CREATE TABLE api_tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    user_id bigint NOT NULL REFERENCES users,
    name text NOT NULL,
    role text NOT NULL,
    scopes text[],
    addresses cidr[],
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    used_from text,
    revoked_at timestamptz
);
CREATE INDEX api_tokens_of_user ON api_tokens (user_id);
CREATE TABLE second_factors (
    user_id bigint PRIMARY KEY REFERENCES users,
    sealed text NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);
CREATE TABLE recovery_codes (
    user_id bigint NOT NULL REFERENCES users,
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);
"""

VIEWS = """
ALTER TABLE sessions ADD COLUMN open_at timestamptz;
CREATE TABLE page_views (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    user_id bigint,
    session_id bigint,
    page text NOT NULL,
    run_ms real NOT NULL,
    stayed_s real
);
CREATE INDEX page_views_by_time ON page_views USING brin (at);
CREATE INDEX page_views_of_session ON page_views (session_id, at DESC);
CREATE TABLE page_views_daily (
    day date NOT NULL,
    user_id bigint NOT NULL,
    page text NOT NULL,
    views bigint NOT NULL,
    run_ms double precision NOT NULL,
    slowest_ms real NOT NULL,
    stayed_s double precision NOT NULL DEFAULT 0,
    stays bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, user_id, page)
);
CREATE TABLE page_views_hourly (
    hour timestamptz PRIMARY KEY,
    views bigint NOT NULL
);
"""


def upgrade() -> None:
    """Create the tables."""
    for part in (KEYS, VIEWS):
        op.execute(part)

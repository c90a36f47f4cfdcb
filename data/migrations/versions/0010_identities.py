"""identities: who a provider of single sign-on vouches for; calls left to each caller."""

from alembic import op

revision = "0010"
down_revision = "0009"

IDENTITIES = """
CREATE TABLE identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id bigint NOT NULL REFERENCES users,
    made_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_of_user ON identities (user_id);
"""

# What is lost in a crash are at most a minute's calls, so it needs no log.
CALLS = """
CREATE UNLOGGED TABLE api_calls (
    who bytea PRIMARY KEY,
    permits double precision NOT NULL,
    at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Create the tables."""
    for part in (IDENTITIES, CALLS):
        op.execute(part)

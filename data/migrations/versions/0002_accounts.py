"""accounts: users, sessions, tickets, waits after failures, the append-only audit trail."""

from alembic import op

revision = "0002"
down_revision = "0001"

PEOPLE = """
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username text NOT NULL CHECK (username = lower(username) AND username <> ''),
    name text NOT NULL,
    email text,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'manager', 'admin')),
    password_hash text,
    password_changed_at timestamptz,
    disabled_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_signed_in_at timestamptz,
    zone text,
    theme text,
    start_page text
);
CREATE UNIQUE INDEX users_by_username ON users (username) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_by_email ON users (lower(email))
    WHERE email IS NOT NULL AND deleted_at IS NULL;
"""

SESSIONS = """
CREATE TABLE sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    user_id bigint NOT NULL REFERENCES users,
    role text NOT NULL,
    method text NOT NULL DEFAULT 'password',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    idle interval NOT NULL,
    expires_at timestamptz NOT NULL,
    stepped_up_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    address text,
    agent text
);
CREATE INDEX sessions_of_user ON sessions (user_id) WHERE ended_at IS NULL;
CREATE TABLE tickets (
    token_hash bytea PRIMARY KEY,
    purpose text NOT NULL,
    user_id bigint NOT NULL REFERENCES users,
    session_id bigint REFERENCES sessions,
    method text NOT NULL DEFAULT 'password',
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE TABLE sign_in_waits (
    account text NOT NULL,
    address text NOT NULL,
    failures timestamptz[] NOT NULL DEFAULT '{}',
    waits integer NOT NULL DEFAULT 0,
    waits_until timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, address)
);
"""

AUDIT = """
CREATE TABLE audit (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_id bigint,
    actor text NOT NULL,
    address text,
    action text NOT NULL,
    object text NOT NULL DEFAULT '',
    outcome text NOT NULL DEFAULT 'done',
    detail jsonb NOT NULL DEFAULT '{}',
    previous bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX audit_by_time ON audit (at DESC);
CREATE INDEX audit_by_actor ON audit (actor, at DESC);
CREATE INDEX audit_by_action ON audit (action, at DESC);
CREATE TABLE audit_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id bigint NOT NULL,
    hash bytea NOT NULL
);
INSERT INTO audit_head (id, hash) VALUES (0, '');
"""

# The hash covers every column as text, length-prefixed, so that no two rows read alike.
CHAIN = """
CREATE FUNCTION audit_hash(row_ audit) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(row_.previous || convert_to(
        string_agg(length(part) || ':' || part, '' ORDER BY n),
                                              'UTF8'))
    FROM unnest(ARRAY[
        row_.id::text,
        (extract(epoch FROM row_.at) * 1000000)::bigint::text,
        coalesce(row_.actor_id::text, ''), row_.actor, coalesce(row_.address, ''),
        row_.action, row_.object, row_.outcome, row_.detail::text
    ]) WITH ORDINALITY AS parts (part, n)
$$;
CREATE FUNCTION audit_append() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE head audit_head;
BEGIN
    SELECT * INTO head FROM audit_head FOR UPDATE;
    NEW.id := head.id + 1;
    NEW.at := clock_timestamp();
    NEW.previous := head.hash;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET id = NEW.id, hash = NEW.hash;
    RETURN NEW;
END $$;
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail can only grow.';
END $$;
CREATE TRIGGER audit_appends BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_append();
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_remains BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""


def upgrade() -> None:
    """Create the tables."""
    for part in (PEOPLE, SESSIONS, AUDIT, CHAIN):
        op.execute(part)

"""alerts: rules, the state of each label set, incidents, channels, notifications, silences."""

from alembic import op

revision = "0006"
down_revision = "0005"

RULES = """
CREATE TABLE alert_rules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    definition text NOT NULL,
    origin text,
    version bigint NOT NULL DEFAULT 1,
    muted_until timestamptz,
    muted_reason text,
    error text,
    error_since timestamptz,
    updated_by text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE alert_installation (made_at timestamptz PRIMARY KEY);
CREATE TABLE alert_cycles (
    every_ms bigint PRIMARY KEY,
    evaluated_at timestamptz,
    rules integer NOT NULL DEFAULT 0,
    series integer NOT NULL DEFAULT 0,
    duration_ms double precision
);
CREATE TABLE alert_states (
    rule_id bigint NOT NULL REFERENCES alert_rules ON DELETE CASCADE,
    labels jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('inactive', 'pending', 'firing', 'no_data')),
    active_since timestamptz,
    fired_at timestamptz,
    clear_since timestamptz,
    value double precision,
    threshold double precision,
    reason text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    incident_id bigint,
    PRIMARY KEY (rule_id, labels)
);
CREATE INDEX alert_states_active ON alert_states (state) WHERE state IN ('pending', 'firing');
"""

INCIDENTS = """
CREATE TABLE alert_incidents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id bigint REFERENCES alert_rules ON DELETE SET NULL,
    rule_name text NOT NULL,
    source text NOT NULL DEFAULT 'rule',
    fingerprint text NOT NULL,
    labels jsonb NOT NULL,
    severity text NOT NULL,
    condition text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    runbook text,
    signal text,
    value double precision,
    threshold double precision,
    channels jsonb NOT NULL DEFAULT '[]',
    group_key text NOT NULL,
    repeat_s double precision NOT NULL,
    escalation text,
    escalation_step integer NOT NULL DEFAULT 0,
    active_since timestamptz NOT NULL,
    fired_at timestamptz NOT NULL,
    ends_at timestamptz,
    resolved_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    snoozed_until timestamptz,
    next_notice_at timestamptz,
    notices integer NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX alert_incidents_open ON alert_incidents (fingerprint)
    WHERE resolved_at IS NULL;
CREATE INDEX alert_incidents_recent ON alert_incidents (fired_at DESC);
CREATE INDEX alert_incidents_alike ON alert_incidents (rule_name, fired_at DESC);
CREATE TABLE alert_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id bigint REFERENCES alert_rules ON DELETE SET NULL,
    incident_id bigint REFERENCES alert_incidents ON DELETE CASCADE,
    labels jsonb NOT NULL,
    at timestamptz NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    reason text NOT NULL,
    value double precision
);
CREATE INDEX alert_changes_by_incident ON alert_changes (incident_id, at);
CREATE INDEX alert_changes_by_rule ON alert_changes (rule_id, at DESC);
CREATE TABLE alert_notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES alert_incidents ON DELETE CASCADE,
    at timestamptz NOT NULL,
    author text NOT NULL,
    kind text NOT NULL,
    body text NOT NULL DEFAULT ''
);
CREATE INDEX alert_notes_by_incident ON alert_notes (incident_id, at);
"""

QUIET = """
CREATE TABLE alert_silences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    matchers jsonb NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL,
    author text NOT NULL,
    made_at timestamptz NOT NULL,
    CHECK (ends_at > starts_at)
);
CREATE INDEX alert_silences_by_end ON alert_silences (ends_at);
CREATE TABLE alert_windows (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    matchers jsonb NOT NULL,
    first_day date NOT NULL,
    last_day date,
    starts time NOT NULL,
    minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 10080),
    repeats text NOT NULL CHECK (repeats IN ('once', 'daily', 'weekly', 'monthly')),
    weekdays integer[] NOT NULL DEFAULT '{}',
    reason text NOT NULL,
    author text NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE TABLE alert_policies (
    name text PRIMARY KEY,
    steps jsonb NOT NULL,
    author text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE alert_rotas (
    name text PRIMARY KEY,
    first_day date NOT NULL,
    handover time NOT NULL,
    members jsonb NOT NULL,
    author text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE alert_rota_overrides (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rota text NOT NULL REFERENCES alert_rotas ON UPDATE CASCADE ON DELETE CASCADE,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    member text NOT NULL,
    author text NOT NULL,
    CHECK (ends_at > starts_at)
);
"""

DELIVERY = """
CREATE TABLE alert_channels (
    name text PRIMARY KEY,
    kind text NOT NULL,
    fields jsonb NOT NULL DEFAULT '{}',
    sealed text,
    enabled boolean NOT NULL DEFAULT true,
    is_default boolean NOT NULL DEFAULT true,
    position integer NOT NULL DEFAULT 0,
    per_minute integer NOT NULL DEFAULT 30 CHECK (per_minute BETWEEN 1 AND 1000),
    sent_times timestamptz[] NOT NULL DEFAULT '{}',
    threads jsonb NOT NULL DEFAULT '{}',
    last_at timestamptz,
    last_ok_at timestamptz,
    last_error text,
    updated_by text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE alert_notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint REFERENCES alert_incidents ON DELETE CASCADE,
    channel text NOT NULL,
    event text NOT NULL CHECK (event IN
        ('trigger', 'repeat', 'escalate', 'acknowledge', 'resolve')),
    occasion integer NOT NULL DEFAULT 0,
    group_key text NOT NULL,
    value double precision,
    made_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    claimed_by text,
    claimed_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    held boolean NOT NULL DEFAULT false,
    sent_at timestamptz,
    gave_up_at timestamptz,
    dropped text,
    error text,
    batch uuid,
    fallback_of text,
    UNIQUE (incident_id, channel, event, occasion)
);
CREATE INDEX alert_notifications_waiting ON alert_notifications (due_at)
    WHERE sent_at IS NULL AND gave_up_at IS NULL AND dropped IS NULL;
CREATE INDEX alert_notifications_by_channel ON alert_notifications (channel, id DESC);
"""


def upgrade() -> None:
    """Create the tables."""
    for part in (RULES, INCIDENTS, QUIET, DELIVERY):
        op.execute(part)

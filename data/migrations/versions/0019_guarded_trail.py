"""guarded trail: its head moves only with a row, and its triggers cannot be passed by."""

from alembic import op

revision = "0019"
down_revision = "0018"

# Moved by audit_append alone, which is a trigger itself: a statement of its own is one less deep.
HEAD = """
CREATE FUNCTION audit_head_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The audit trail can only grow.';
END $$;
CREATE TRIGGER audit_head_stays BEFORE INSERT OR UPDATE OR DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_refuse();
CREATE TRIGGER audit_head_remains BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_head_refuse();
"""
# Otherwise `session_replication_role = replica` would switch them off for a session.
ALWAYS = """
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_appends;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_stays;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_remains;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_stays;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_remains;
"""


def upgrade() -> None:
    """Guard the head, and let no session go around the triggers."""
    op.execute(HEAD)
    op.execute(ALWAYS)

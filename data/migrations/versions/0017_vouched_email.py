"""vouched email: an address that a person typed themself takes in no identity of a provider."""

from alembic import op

revision = "0017"
down_revision = "0016"

COLUMN = """
ALTER TABLE users ADD COLUMN email_vouched boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN users.email_vouched IS
    'Whether an admin or the provider gave the address; false when the person typed it themself.';
"""
# Whoever changed their own address before this column was there.
TYPED = """
UPDATE users SET email_vouched = false
WHERE role <> 'admin' AND EXISTS (
    SELECT 1 FROM audit a
    WHERE a.action = 'user.profile' AND a.actor_id = users.id AND a.object = users.username
      AND a.detail ? 'email')
"""


def upgrade() -> None:
    """Add the column."""
    op.execute(COLUMN)
    op.execute(TYPED)

"""open balances: what the books themselves say is open of each document."""

from alembic import op

revision = "0012"
down_revision = "0011"

BALANCES = """
CREATE TABLE document_balances (
    source text COLLATE "C" NOT NULL,
    source_id text COLLATE "C" NOT NULL,
    open numeric(18, 4) NOT NULL,
    as_of date NOT NULL,
    PRIMARY KEY (source, source_id)
);
COMMENT ON TABLE document_balances IS
    'Open balance in the document''s currency; what payments do not explain settles it as_of.';
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(BALANCES)

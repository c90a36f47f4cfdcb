"""offered defaults: which default alert rules came already, so that later ones come once."""

from alembic import op

revision = "0018"
down_revision = "0017"

FIRST = (
    "CPU high",
    "Memory high",
    "Error rate high",
    "Response time high",
    "Database unreachable",
    "Integration failing",
    "Integration stale",
    "KPI past its critical bound",
    "Backup missing",
    "Worker silent",
    "Alert rule in error",
)


def statements() -> list[str]:
    """One row a default rule: an installation has had the first ones and those it knows by name."""
    names = ", ".join(f"('{name}')" for name in FIRST)
    known = f"""
        INSERT INTO alert_installation (made_at, rule)
        SELECT i.made_at, known.name FROM alert_installation i, (
            SELECT name FROM (VALUES {names}) AS first (name)
            UNION SELECT origin FROM alert_rules WHERE origin IS NOT NULL
            UNION SELECT object FROM audit WHERE action = 'alerts.remove rule'
        ) AS known
    """
    return [
        "ALTER TABLE alert_installation DROP CONSTRAINT alert_installation_pkey",
        "ALTER TABLE alert_installation ADD COLUMN rule text UNIQUE",
        known,
        "DELETE FROM alert_installation WHERE rule IS NULL",
        "ALTER TABLE alert_installation ALTER COLUMN rule SET NOT NULL",
    ]


def upgrade() -> None:
    """Remember each default rule that came already."""
    for statement in statements():
        op.execute(statement)

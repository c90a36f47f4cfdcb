"""renamed default: one that was renamed and removed before 0018 came with the installation too.

The default rules were given together, in one order, so their numbers follow each other: where one
is missing between two that are still there, it was given. Only this one is younger than 0018.
"""

from alembic import op

revision = "0024"
down_revision = "0023"

GIVEN = """
INSERT INTO alert_installation (made_at, rule)
SELECT min(i.made_at), 'Integration differs' FROM alert_installation i
WHERE EXISTS (
    SELECT FROM alert_rules earlier
    JOIN (VALUES ('CPU high', 1), ('Memory high', 2), ('Error rate high', 3),
        ('Response time high', 4), ('Database unreachable', 5), ('Integration failing', 6),
        ('Integration stale', 7)) AS before (name, place) ON before.name = earlier.origin
    CROSS JOIN alert_rules later
    JOIN (VALUES ('KPI past its critical bound', 9), ('Backup missing', 10),
        ('Worker silent', 11), ('Alert rule in error', 12)) AS behind (name, place)
        ON behind.name = later.origin
    WHERE later.id - earlier.id = behind.place - before.place)
HAVING count(*) > 0
ON CONFLICT (rule) DO NOTHING
"""


def upgrade() -> None:
    """Remember it where the numbers say so."""
    op.execute(GIVEN)

"""cross rates: a currency without a rate of its own is converted through a third one."""

from alembic import op

revision = "0013"
down_revision = "0012"

# A leg is a rate that is known either way round on the day or the 7 days before it.
DIRECT = """
CREATE FUNCTION fx_direct(wanted text, company text, on_day date)
    RETURNS TABLE (rate numeric, day date)
LANGUAGE sql STABLE AS $$
    SELECT known.rate, known.day FROM (
        (SELECT day, 0 AS turned, rate FROM fx_rates
         WHERE base = wanted::bpchar AND quote = company::bpchar
           AND day BETWEEN on_day - 7 AND on_day
         ORDER BY day DESC LIMIT 1)
        UNION ALL
        (SELECT day, 1, round(1 / rate, 12) FROM fx_rates
         WHERE base = company::bpchar AND quote = wanted::bpchar
           AND day BETWEEN on_day - 7 AND on_day
         ORDER BY day DESC LIMIT 1)
    ) known ORDER BY known.day DESC, known.turned LIMIT 1
$$;
"""
CROSS = """
CREATE FUNCTION fx_cross(wanted text, company text, on_day date) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT round(near.rate * far.rate, 12)
    FROM (SELECT DISTINCT CASE WHEN base = wanted THEN quote ELSE base END::text AS third
          FROM fx_rates WHERE wanted::bpchar IN (base, quote)
            AND day BETWEEN on_day - 7 AND on_day) hops
    CROSS JOIN LATERAL fx_direct(wanted, third, on_day) near
    CROSS JOIN LATERAL fx_direct(third, company, on_day) far
    ORDER BY least(near.day, far.day) DESC, third LIMIT 1
$$;
"""
RATE = """
CREATE OR REPLACE FUNCTION fx_rate(wanted text, company text, on_day date) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN wanted = company THEN 1 ELSE coalesce(
        (SELECT rate FROM fx_direct(wanted, company, on_day)),
        fx_cross(wanted, company, on_day)) END
$$;
COMMENT ON FUNCTION fx_rate IS
    'Company currency for one of wanted: the last rate of the 8 days to on_day, through a third '
    'currency where the two have none, null without both legs.';
CREATE INDEX fx_rates_by_quote ON fx_rates (quote, day);
"""


def upgrade() -> None:
    """Replace the function; what is converted already keeps its rate until rates arrive."""
    for part in (DIRECT, CROSS, RATE):
        op.execute(part)

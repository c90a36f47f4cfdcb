"""Exchange rates by day, and what is converted anew when one becomes known."""

from __future__ import annotations

from sqlalchemy import Connection, text

from data import company
from data.ingest import finance, inventory, rollups
from data.ingest.dataset import Dataset
from data.ingest.fields import Field
from data.ingest.reprice import reprice

_UPSERT = """
INSERT INTO fx_rates (base, quote, day, rate, source, source_id, last_seen)
SELECT currency, coalesce(quote, CAST(:company AS char(3))), day, rate, :source, source_id, now()
  FROM in_rows
ON CONFLICT (base, quote, day) DO UPDATE
   SET rate = excluded.rate, source = excluded.source, source_id = excluded.source_id,
       last_seen = excluded.last_seen
"""
_COUNT = """
SELECT count(*) FILTER (WHERE f.rate IS NULL) AS new,
       count(*) FILTER (WHERE f.rate <> round(r.rate, 12)) AS changed
  FROM in_rows r LEFT JOIN fx_rates f
    ON f.base = r.currency AND f.quote = coalesce(r.quote, CAST(:company AS char(3)))
   AND f.day = r.day
"""


def _merge(opened: Connection, source: str) -> dict[str, int]:
    names = {"source": source, "company": company.currency()}
    counted = opened.execute(text(_COUNT), names).one()
    opened.execute(text(_UPSERT), names)
    return {"new": int(counted.new), "changed": int(counted.changed)}


def _follow(opened: Connection, _: str) -> None:
    days = opened.execute(text("SELECT min(day), max(day) FROM in_rows")).one()
    if days[0] is None:
        return
    reprice(opened, days[0], days[1])
    finance.rebuild(opened)
    # Any currency: a rate may be one of two legs that convert a third.
    inventory.revalue(
        opened, f"SELECT sku FROM product_costs WHERE currency <> '{company.currency()}'"
    )


def _one_writer(opened: Connection, _: str) -> None:
    rollups.lock(opened)


RATES = Dataset(
    "rates",
    "fx_rates",
    (
        Field("day", "day", "Day of the rate.", required=True),
        Field("currency", "currency", "One of this currency …", required=True),
        Field("rate", "number", "… is worth this much.", required=True, places=12),
        Field("quote", "text", "In this currency; the company's where it is not given.",
              longest=3, upper=True),
    ),
    key="concat_ws('|', day, currency, quote)",
    late=(
        ("rate = 0", "rate", "is zero"),
        ("quote IS NOT NULL AND quote !~ '^[A-Z]{3}$'", "quote", "is not an ISO 4217 code"),
    ),
    prepare=_one_writer,
    merge=_merge,
    follow=_follow,
)  # fmt: skip

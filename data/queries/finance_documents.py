"""Open invoices and credit notes one by one, and how long they have been overdue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from data import database
from data.queries.figure import Figure
from data.queries.finance_inputs import RATES, STEPS, feed

BUCKETS = ("current", "1–30", "31–60", "61–90", "90+")
_DIRECTIONS = {
    "receivables": "receivable",
    "receivables_overdue": "receivable",
    "payables": "payable",
    "payables_overdue": "payable",
}
_NO_RATE = "documents without an exchange rate"

_OPEN = """
WITH opened AS (
    SELECT i.*, i.total - coalesce((
        SELECT sum(p.amount) FROM invoice_payments p
         WHERE p.source = i.source AND p.paid_on <= :day
           AND (p.invoice_id = i.source_id OR p.credit_id = i.source_id)), 0) AS rest
      FROM invoices i
     WHERE i.direction = :direction AND i.status <> 'void' AND i.issued_on <= :day
       AND (i.settled_on IS NULL OR i.settled_on > :day)
), aged AS (
    SELECT *, CASE kind WHEN 'invoice' THEN rest ELSE -rest END AS open,
           CASE WHEN kind = 'invoice' THEN greatest(:day - due_on, 0) ELSE 0 END AS days_overdue
      FROM opened WHERE rest <> 0
)
SELECT number, contact, kind, issued_on, due_on, coalesce(days_overdue, 0) AS days_overdue,
       CASE WHEN coalesce(days_overdue, 0) = 0 THEN 'current' WHEN days_overdue <= 30 THEN '1–30'
            WHEN days_overdue <= 60 THEN '31–60' WHEN days_overdue <= 90 THEN '61–90'
            ELSE '90+' END AS bucket,
       currency, total::float8 AS total, open::float8 AS open,
       (open * rate)::float8 AS open_converted, source, source_id, last_seen
  FROM aged
"""


def open_documents(noun: str, day: date) -> pd.DataFrame:
    """Documents open at the end of `day`, longest overdue first; credit notes are negative.

    `noun`: receivables or payables. `total`, `open`: the document's currency; `open_converted`:
    company currency, NaN without an exchange rate. An invoice due on `day` is current; one
    without a due date is current too.
    """
    found: pd.DataFrame = database.frame(
        f"{_OPEN} ORDER BY days_overdue DESC, open_converted DESC NULLS LAST, source_id",
        direction=_DIRECTIONS[noun],
        day=day,
    )
    return found


def by_bucket(noun: str, day: date) -> pd.DataFrame:
    """Open balance in company currency by days overdue: columns ["ageing", "value"].

    Missing where no document of a bucket has a rate, and before the first document. The overdue
    KPIs have no current bucket.
    """
    wanted = BUCKETS[1:] if noun.endswith("_overdue") else BUCKETS
    begun = _begun(noun)
    if begun is None or day < begun:
        return pd.DataFrame({"ageing": wanted, "value": [None] * len(wanted)})
    sums = _sums(noun, day)
    values = [sums[bucket]["value"] if bucket in sums else 0.0 for bucket in wanted]
    return pd.DataFrame({"ageing": wanted, "value": pd.Series(values, dtype="float64")})


def overdue(noun: str, day: date) -> Figure:
    """Open balance past its due date, in company currency."""
    slug = f"{noun}_overdue"
    origin = feed("invoices")
    begun = _begun(noun)
    if begun is None:
        return Figure(slug, None, f"There are no {noun} yet; {STEPS[noun]}")
    if day < begun:
        return Figure(slug, None, f"The {noun} begin on {begun}; choose a later day.",
                      origin.source, origin.as_of, sample=origin.sample)  # fmt: skip
    sums = _sums(noun, day)
    late = [sums[bucket] for bucket in BUCKETS[1:] if bucket in sums]
    known = [float(found["value"]) for found in late if found["value"] is not None]
    gaps = sum(int(found["gaps"]) for found in late)
    if gaps and not known:
        return Figure(slug, None, f"{gaps} {_NO_RATE}; {RATES}", origin.source, origin.as_of,
                      sample=origin.sample)  # fmt: skip
    return Figure(slug, float(sum(known)), None, origin.source, origin.as_of,
                  excluded={_NO_RATE: gaps} if gaps else {}, sample=origin.sample)  # fmt: skip


def with_gaps(figure: Figure, noun: str, day: date) -> Figure:
    """The figure with its unconverted documents counted; no figure when none could be."""
    gaps = database.scalar(
        "SELECT count(*) FROM invoices WHERE rate IS NULL AND direction = :direction "
        "AND status <> 'void' AND issued_on <= :day AND (settled_on IS NULL OR settled_on > :day)",
        direction=_DIRECTIONS[noun],
        day=day,
    )
    if not gaps:
        return figure
    if figure.value is None:
        return replace(figure, reason=f"{gaps} {_NO_RATE}; {RATES}")
    return replace(figure, excluded={**figure.excluded, _NO_RATE: gaps})


def _begun(noun: str) -> date | None:
    """The day of the first document, whether it has a rate or not."""
    found: date | None = database.scalar(
        "SELECT least((SELECT min(day) FROM open_balance_changes WHERE direction = :direction), "
        "(SELECT min(issued_on) FROM invoices WHERE rate IS NULL AND direction = :direction "
        "AND status <> 'void'))",
        direction=_DIRECTIONS[noun],
    )
    return found


def _sums(noun: str, day: date) -> dict[str, Any]:
    rows = database.read(
        f"SELECT bucket, sum(open_converted) AS value, count(*) - count(open_converted) AS gaps "
        f"FROM ({_OPEN}) listed GROUP BY bucket",
        direction=_DIRECTIONS[noun],
        day=day,
    )
    return {row["bucket"]: row for row in rows}

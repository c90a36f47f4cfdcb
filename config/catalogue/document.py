"""The KPI catalogue as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable

from config.catalogue.shape import Bounds, Kpi

_AREAS = {
    "sales": "Sales", "finance": "Finance", "inventory": "Inventory", "production": "Production",
    "system": "System", "users": "Users",
}  # fmt: skip
_INTRODUCTION = """# KPIs

Made from the catalogue in `config/kpis.py` by `python manage.py kpi doc`; pages, alerts, API,
exports and reports read the same entries. Values of `%` run from 0 to 100. Bounds are the
defaults; managers change them in the app.
"""
_CONVENTIONS = """## How sales are read

- `unit_price` is the list price of one, tax included; `tax` is the tax within the line. Shops that
  put tax on top say so through their integration, and nothing is then taken off twice.
- `refunded` is goods given back, without tax and shipping, and counts on the company day of
  `refunded_at`. Fees, tax and shipping given back are told by integrations with the refund.
- An order counts by the company day of `ordered_at`. A time without an offset is in the company's
  zone; the hour that autumn repeats is read as its first pass, the one spring skips as its end.
- Lines whose status is `test`, `cancelled`, `canceled`, `void` or `voided` do not count. An order
  counts when one of its lines does.
- A file holds whole orders: each order in it replaces the stored one with all its lines, so lines
  left out of a corrected file are gone. With `--skip-bad` an order keeps its good lines only.
- A line is known by its order, its sku and its turn among the order's lines of that sku, so sorting
  a file differently changes nothing.
- Money is converted at the rate of the transaction's day (order or refund), the last known one of
  the 7 days before it at the earliest; without one it is left out and counted. A rate is taken as
  given or turned round; it is never chained through a third currency.
- COGS is quantity × unit cost of what was sold; a refund does not give the cost back.
- Orders by product are orders that hold the product: they add up over time, not over products.
"""


def page(kpis: Iterable[Kpi]) -> str:
    """The whole page, one table an area."""
    entries = list(kpis)
    parts = [_INTRODUCTION]
    for area, title in _AREAS.items():
        rows = [_row(entry) for entry in entries if entry.area == area]
        head = (
            "| KPI | slug | unit | better | formula | target, warning, critical | grain | source |"
        )
        parts.append(
            "\n".join([f"## {title}", "", head, "|---|---|---|---|---|---|---|---|", *rows])
        )
    return "\n\n".join([*(part.rstrip("\n") for part in parts), _CONVENTIONS])


def _row(entry: Kpi) -> str:
    better = {"higher": "higher", "lower": "lower", "neutral": "–"}[entry.direction]
    cells = [entry.title, f"`{entry.slug}`", entry.unit, better, entry.formula,
             _bounds(entry.bounds), entry.grain, entry.source]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _bounds(bounds: Bounds) -> str:
    shown = (bounds.target, bounds.warning, bounds.critical)
    return ", ".join("–" if bound is None else f"{bound:g}" for bound in shown)

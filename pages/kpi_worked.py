"""A KPI's formula with its numbers filled in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from components import units
from components.timespan import Period
from config.kpis import Kpi
from data import company
from data.queries import finance_board, production_board, sales_board
from data.queries.figure import Figure
from pages.company_data import kept

Days = tuple[date, date]


def line(version: str, chosen: Kpi, figure: Figure, span: Period) -> str:
    """Such as "119,768.29 / 1,657,718.13 × 365 = 26.4 d"; empty when there is no figure."""
    if figure.value is None:
        return ""
    result = units.text(figure.value, chosen.unit, compact=False)
    made = _PARTS.get(chosen.slug)
    if made is not None:
        return f"{made(version, span.days())} = {result}"
    if figure.numerator is None or figure.denominator is None:
        return f"= {result}"
    sign = "−" if chosen.slug == "working_capital" else "/"
    factor = {"%": " × 100", "days": " × 365"}.get(chosen.unit, "")
    return f"{_amount(figure.numerator)} {sign} {_amount(figure.denominator)}{factor} = {result}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _money(value: float) -> str:
    return units.money(value, compact=False)


def _net(version: str, days: Days) -> str:
    sums = kept(version, sales_board.sums, *days)
    tax = sums["gross"] - sums["discounts"] - sums["refunds"] - sums["net"]
    return (f"goods {_money(sums['gross'])} − discounts {_money(sums['discounts'])} − refunds "
            f"{_money(sums['refunds'])} − tax in prices {_money(tax)}")  # fmt: skip


def _total(version: str, days: Days) -> str:
    sums = kept(version, sales_board.sums, *days)
    return (f"net {_money(sums['net'])} + shipping {_money(sums['shipping'])} + tax "
            f"{_money(sums['tax'])}")  # fmt: skip


def _after_fees(version: str, days: Days) -> str:
    sums = kept(version, sales_board.sums, *days)
    return f"net {_money(sums['net_with_fees'])} − fees {_money(sums['fees'])}"


def _cycle(version: str, days: Days) -> str:
    day = min(days[1], company.today())
    found = kept(version, finance_board.figures, ("dio", "dso", "dpo"), (day,))
    dio, dso, dpo = (found[slug][0].value or 0.0 for slug in ("dio", "dso", "dpo"))
    return f"{dio:.1f} + {dso:.1f} − {dpo:.1f}"


def _oee(version: str, days: Days) -> str:
    parts = ("availability", "performance", "quality")
    found = kept(version, production_board.figures, parts, (days,))
    return " × ".join(units.text(found[slug][0].value, "percent") for slug in parts)


_PARTS: dict[str, Callable[[str, Days], str]] = {
    "net_revenue": _net,
    "total_sales": _total,
    "net_after_fees": _after_fees,
    "cash_conversion_cycle": _cycle,
    "oee": _oee,
}

"""A KPI's formula with its numbers filled in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date

from components import units
from components.timespan import Period
from config.kpis import Kpi
from data import company
from data.queries import finance_board, production_board, sales_board
from data.queries.figure import Figure
from pages.company_data import kept

Days = tuple[date, date]
# Its sign in the formula, its name and its amount.
Part = tuple[str, str, float]
# Times of production are kept in seconds.
_FACTORS = {"%": " × 100", "days": " × 365", "h": " / 3,600", "min": " / 60",
            "units/h": " × 3,600"}  # fmt: skip


def line(version: str, chosen: Kpi, figure: Figure, span: Period) -> str:
    """Such as "119,768.29 / 1,657,718.13 × 365 = 26.4 d"; empty when there is no figure."""
    if figure.value is None:
        return ""
    result = units.text(figure.value, chosen.unit, compact=False)
    if chosen.slug in _SUMS:
        return _sum(_SUMS[chosen.slug](version, span.days()), figure.value)
    if chosen.slug == "cash_conversion_cycle":
        return _cycle(version, span.days(), figure.value)
    if chosen.slug == "oee":
        return f"{_oee(version, span.days())} = {result}"
    if figure.numerator is None or figure.denominator is None:
        return f"= {result}"
    sign = "−" if chosen.slug == "working_capital" else "/"
    factor = _FACTORS.get(chosen.unit, "")
    return f"{_amount(figure.numerator)} {sign} {_amount(figure.denominator)}{factor} = {result}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def adding_up(values: Sequence[float], total: float, digits: int) -> list[float]:
    """The values rounded to so many digits such that they add up to the rounded total.

    The largest remainders are rounded up (Hamilton's method). Values that miss the total by more
    than rounding does stay as they are: nothing is hidden.
    """
    scaled = [round(value * 10**digits, 6) for value in values]
    if abs(sum(scaled) - total * 10**digits) > 0.01:
        return [round(value, digits) for value in values]
    whole = [math.floor(value) for value in scaled]
    missing = max(0, round(round(total, digits) * 10**digits) - sum(whole))
    by_rest = sorted(range(len(values)), key=lambda at: whole[at] - scaled[at])
    for at in by_rest[:missing]:
        whole[at] += 1
    return [value / 10**digits for value in whole]


def _sum(parts: list[Part], total: float) -> str:
    """Named amounts and what they come to, to the last digit shown."""
    signed = [-amount if sign == "−" else amount for sign, _, amount in parts]
    amounts = adding_up(signed, total, 2)
    told = [
        f"{sign} {name} {_money(-amount if sign == '−' else amount)}".lstrip()
        for (sign, name, _), amount in zip(parts, amounts, strict=True)
    ]
    return f"{' '.join(told)} = {_money(total)}"


def _money(value: float) -> str:
    return units.money(value, compact=False)


def _net(version: str, days: Days) -> list[Part]:
    sums = kept(version, sales_board.sums, *days)
    tax = sums["gross"] - sums["discounts"] - sums["refunds"] - sums["net"]
    return [("", "goods", sums["gross"]), ("−", "discounts", sums["discounts"]),
            ("−", "refunds", sums["refunds"]), ("−", "tax in prices", tax)]  # fmt: skip


def _total(version: str, days: Days) -> list[Part]:
    sums = kept(version, sales_board.sums, *days)
    return [("", "net", sums["net"]), ("+", "shipping", sums["shipping"]),
            ("+", "tax", sums["tax"])]  # fmt: skip


def _after_fees(version: str, days: Days) -> list[Part]:
    sums = kept(version, sales_board.sums, *days)
    return [("", "net", sums["net_with_fees"]), ("−", "fees", sums["fees"])]


def _cycle(version: str, days: Days, total: float) -> str:
    day = min(days[1], company.today())
    found = kept(version, finance_board.figures, ("dio", "dso", "dpo"), (day,))
    dio, dso, dpo = (found[slug][0].value or 0.0 for slug in ("dio", "dso", "dpo"))
    dio, dso, dpo = adding_up([dio, dso, -dpo], total, 1)
    return f"{dio:.1f} + {dso:.1f} − {-dpo:.1f} = {total:.1f} d"


def _oee(version: str, days: Days) -> str:
    """With a digit more than the result, or the product of what is shown could miss it."""
    parts = ("availability", "performance", "quality")
    found = kept(version, production_board.figures, parts, (days,))
    return " × ".join(f"{found[slug][0].value or 0.0:.2f} %" for slug in parts)


_SUMS: dict[str, Callable[[str, Days], list[Part]]] = {
    "net_revenue": _net,
    "total_sales": _total,
    "net_after_fees": _after_fees,
}

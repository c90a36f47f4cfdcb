"""The columns a dataset takes, and how text becomes a typed value or a reason why not.

Whole columns are converted at once; only values that fail are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from config.currencies import ISO_4217

Kind = Literal["text", "number", "instant", "day", "currency"]
Reasons = dict[int, str]
EARLIEST = datetime(2000, 1, 1)  # noqa: DTZ001
_DECIMAL = pa.decimal128(24, 6)
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$"
_DAY = r"^\d{4}-\d\d-\d\d$"


@dataclass(frozen=True)
class Field:
    """One column: its name, kind, whether each row must have it, and what bounds it.

    `fallback` stands where the file gives nothing. `longest` counts characters of a text; `places`
    are those after a number's point that are kept. `also`:
    what other systems call it, which the Import page proposes and a person confirms.
    """

    name: str
    kind: Kind
    help: str
    required: bool = False
    fallback: Any = None
    negative: bool = False
    largest: int = 10**11
    longest: int = 200
    upper: bool = False
    also: tuple[str, ...] = ()
    years_ahead: int = 1
    places: int = 6

    @property
    def decimal(self) -> Any:
        """The type of its numbers."""
        return _DECIMAL if self.places == _DECIMAL.scale else pa.decimal128(38, self.places)


@dataclass(frozen=True)
class Reading:
    """What values are read against: the company's zone and currency, and the clock."""

    zone: ZoneInfo
    currency: str
    now: datetime

    def latest(self, years: int) -> datetime:
        """That many years ahead, naive UTC: what lies beyond is a mistake."""
        return (self.now.astimezone(UTC) + timedelta(days=366 * years)).replace(tzinfo=None)


def convert(field: Field, texts: Any, reading: Reading) -> tuple[Any, Reasons]:
    """A text array as the field's typed array (null where blank or bad), and the reasons.

    numbers: the field's decimal; instants: naive UTC microseconds; days: date32; texts: string.
    """
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    typed, reasons = _CONVERTERS[field.kind](field, texts, reading)
    if field.required and texts.null_count:
        missing = np.flatnonzero(pc.is_null(texts).to_numpy(zero_copy_only=False))
        reasons = {**{int(row): "is missing" for row in missing}, **reasons}
    if field.fallback is not None or field.kind == "currency":
        blank = reading.currency if field.kind == "currency" else field.fallback
        if field.kind == "number":
            blank = Decimal(blank)
        typed = pc.if_else(pc.is_null(texts), pa.scalar(blank, typed.type), typed)
    return typed, reasons


def absent(field: Field, rows: int, reading: Reading) -> Any:
    """The field's array for a file that has no such column."""
    return convert(field, pa.nulls(rows, pa.string()), reading)[0]


def _text(field: Field, texts: Any, _: Reading) -> tuple[Any, Reasons]:
    long = pc.greater(pc.utf8_length(texts), field.longest)
    reasons = _reasons(long, texts, lambda _: f"is longer than {field.longest} characters")
    return (pc.utf8_upper(texts) if field.upper else texts), reasons


def _currency(_: Field, texts: Any, reading: Reading) -> tuple[Any, Reasons]:
    codes = pc.utf8_upper(texts)
    known = pc.is_in(codes, value_set=pa.array(sorted(ISO_4217)))
    wrong = pc.and_(pc.is_valid(codes), pc.invert(known))
    reasons = _reasons(
        wrong, texts, lambda text: f"{_quoted(text)} is not an ISO 4217 code such as GBP"
    )
    return codes, reasons


def _number(field: Field, texts: Any, _: Reading) -> tuple[Any, Reasons]:
    try:
        typed = texts.cast(field.decimal)
        reasons: Reasons = {}
    except pa.ArrowInvalid:
        typed, reasons = _odd_numbers(field, texts)
    large = pc.greater(pc.abs(typed), pa.scalar(Decimal(field.largest), typed.type))
    reasons.update(_reasons(large, texts, lambda text: f"{_quoted(text)} is too large"))
    if not field.negative:
        below = pc.less(typed, pa.scalar(Decimal(0), typed.type))
        reasons.update(_reasons(below, texts, lambda text: f"{_quoted(text)} is negative"))
    return typed, reasons


def _odd_numbers(field: Field, texts: Any) -> tuple[Any, Reasons]:
    """Numbers of which some are no plain decimals: exponents, long fractions, mistakes."""
    fits = pc.match_substring_regex(texts, _NUMBER)
    reasons = _reasons(pc.invert(fits), texts, _why_no_number)
    floats = pc.if_else(fits, texts, None).cast(pa.float64())
    large = pc.greater(pc.abs(floats), float(field.largest))
    reasons.update(_reasons(large, texts, lambda text: f"{_quoted(text)} is too large"))
    kept = pc.if_else(large, None, floats)
    return pc.round(kept, ndigits=field.places).cast(field.decimal, safe=False), reasons


def _why_no_number(text: str) -> str:
    if "," in text:
        return f"{_quoted(text)} has a comma; write thousands and decimals as 1234.50"
    if any(character in text for character in " \u00a0\u202f'") and text[:1].isdigit():
        return f"{_quoted(text)} has a thousands separator; write 1234.50"
    return f"{_quoted(text)} is not a number"


def _instant(field: Field, texts: Any, reading: Reading) -> tuple[Any, Reasons]:
    reasons: Reasons = {}
    try:
        typed = _to_utc(texts.cast(pa.timestamp("us")), reading.zone)
    except pa.ArrowInvalid:
        try:
            typed = texts.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            typed, reasons = _odd_instants(texts, reading)
    reasons.update(_out_of_range(field, typed, texts, reading))
    return typed, reasons


def _odd_instants(texts: Any, reading: Reading) -> tuple[Any, Reasons]:
    """Instants of which some have an offset and some not, or that are mistakes."""
    reasons: Reasons = {}
    known: dict[str, datetime | None] = {}
    values: list[datetime | None] = []
    for row, text in enumerate(texts.to_pylist()):
        if text is not None and text not in known:
            known[text] = _instant_of(text, reading.zone)
        values.append(known.get(text))
        if text is not None and known[text] is None:
            reasons[row] = (
                f"{_quoted(text)} is not a date and time; write 2026-01-31T14:30:00 or 2026-01-31"
            )
    return pa.array(values, pa.timestamp("us")), reasons


def _instant_of(text: str, zone: ZoneInfo) -> datetime | None:
    """Naive UTC; a time without an offset is the company's, the earlier one where it is twice."""
    if not text[:4].isdigit() or text[4:5] != "-":
        return None
    try:
        parsed = datetime.fromisoformat(text)
        if parsed.tzinfo is None:
            return pd.Timestamp(
                _to_utc(pa.array([parsed], pa.timestamp("us")), zone)[0].as_py()
            ).to_pydatetime()
        return parsed.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _to_utc(naive: Any, zone: ZoneInfo) -> Any:
    """Company times as naive UTC.

    The hour that autumn repeats is read as its first pass; the hour that spring skips as its end.
    """
    if zone.key == "UTC":
        return naive
    local = pd.Series(naive.to_numpy(zero_copy_only=False))
    localised = local.dt.tz_localize(
        zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
    )
    return pa.array(localised.dt.tz_convert("UTC").dt.tz_localize(None), pa.timestamp("us"))


def _day(field: Field, texts: Any, reading: Reading) -> tuple[Any, Reasons]:
    fits = pc.match_substring_regex(texts, _DAY)
    tell: Callable[[str], str] = lambda text: (  # noqa: E731
        f"{_quoted(text)} is not a date; write 2026-01-31"
    )
    reasons = _reasons(pc.invert(fits), texts, tell)
    days = pc.if_else(fits, texts, None)
    try:
        typed = days.cast(pa.date32())
    except pa.ArrowInvalid:
        real = [text is None or _is_day(text) for text in days.to_pylist()]
        reasons.update(_reasons(pc.invert(pa.array(real)), texts, tell))
        typed = pc.if_else(pa.array(real), days, None).cast(pa.date32())
    reasons.update(_out_of_range(field, typed.cast(pa.timestamp("us")), texts, reading))
    return typed, reasons


def _is_day(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007
    except ValueError:
        return False
    return True


def _out_of_range(field: Field, typed: Any, texts: Any, reading: Reading) -> Reasons:
    early = pc.less(typed, pa.scalar(EARLIEST, pa.timestamp("us")))
    late = pc.greater(typed, pa.scalar(reading.latest(field.years_ahead), pa.timestamp("us")))
    reasons = _reasons(early, texts, lambda text: f"{_quoted(text)} lies before the year 2000")
    ahead = "a year" if field.years_ahead == 1 else f"{field.years_ahead} years"
    reasons.update(
        _reasons(late, texts, lambda text: f"{_quoted(text)} lies more than {ahead} ahead")
    )
    return reasons


def _reasons(mask: Any, texts: Any, tell: Callable[[str], str]) -> Reasons:
    if not pc.any(mask).as_py():
        return {}
    rows = np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))
    return {int(row): tell(texts[int(row)].as_py()) for row in rows}


def _quoted(text: str) -> str:
    shown = text if len(text) <= 40 else text[:39] + "…"
    return f'"{shown}"'


_CONVERTERS: dict[Kind, Callable[[Field, Any, Reading], tuple[Any, Reasons]]] = {
    "text": _text,
    "number": _number,
    "instant": _instant,
    "day": _day,
    "currency": _currency,
}

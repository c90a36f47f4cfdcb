"""Figures that are explained, and the check that an explanation names no other number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

_NUMBER = re.compile(
    r"(?<![\w.])[−-]?\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+(?:\.\d+)?(?:\s?(?:k|m|bn)\b)?"
    r"|(?<![\w.])[−-]?\d+(?:\.\d+)?(?:\s?(?:k|m|bn)\b)?",
    re.I,
)
_SCALES = {"k": Decimal(1000), "m": Decimal(1_000_000), "bn": Decimal(1_000_000_000)}
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_VAGUE = re.compile(
    r"\b(half|halved|doubled?|twice|tripled?|threefold|twofold|thirds?|dozens?|hundreds?|"
    r"thousands?|millions?|billions?|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b",
    re.I,
)
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\+?\d[\d ()-]{8,}\d")


@dataclass(frozen=True)
class Figure:
    """One figure as a page shows it: `Net revenue`, 1234.5, `GBP`, `previous period`."""

    name: str
    value: float | None
    unit: str
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """What is explained: a KPI or an alert over a period."""

    subject: str
    period: str
    figures: tuple[Figure, ...]

    def plain(self) -> dict[str, Any]:
        """As it is sent: without anything that looks like an address or a telephone number."""
        return {
            "subject": _clean(self.subject),
            "period": self.period,
            "figures": [
                {
                    "name": _clean(each.name),
                    "value": "no data" if each.value is None else each.value,
                    "unit": each.unit,
                    "note": _clean(each.note),
                }
                for each in self.figures
            ],
        }


@dataclass(frozen=True)
class Narrative:
    """Sentences, or the reason why there are none."""

    sentences: tuple[str, ...]
    reason: str | None
    model: str = ""

    @classmethod
    def none(cls, reason: str) -> Narrative:
        """No narrative, and why."""
        return cls((), reason)

    @property
    def text(self) -> str:
        """All sentences."""
        return " ".join(self.sentences)


def stray_numbers(text: str, figures: Figures) -> list[str]:
    """Numbers in the text that are not among the figures, as they are written there."""
    known = _known(figures)
    stray = [found for found in _NUMBER.findall(text) if not _matches(found, known)]
    stray += [
        word for word in re.findall(r"[a-z]+", text.lower())
        if word in _WORDS and Decimal(_WORDS[word]) not in known
    ]  # fmt: skip
    return [*stray, *(found.group(0) for found in _VAGUE.finditer(text))]


def _known(figures: Figures) -> list[Decimal]:
    """Every number that was given: the values, and those within names, notes and period."""
    values = [Decimal(str(each.value)) for each in figures.figures if each.value is not None]
    words = [figures.subject, figures.period]
    words += [part for each in figures.figures for part in (each.name, each.note, each.unit)]
    named = [_read(found)[0] for word in words for found in re.findall(r"\d[\d,]*(?:\.\d+)?", word)]
    return [abs(each) for each in (*values, *named) if each.is_finite()]


def _matches(written: str, known: list[Decimal]) -> bool:
    """Whether a given figure, rounded as the number is written, is that number."""
    number, places = _read(written)
    for value in known:
        if value == abs(number):
            return True
        if value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) == abs(number):
            return True
    return False


def _read(written: str) -> tuple[Decimal, int]:
    """The number, and to how many decimal places it is written (negative: tens, thousands)."""
    plain = written.strip().replace("−", "-")
    found = re.search(r"(bn|k|m)$", plain, re.I)
    scale = _SCALES[found.group(0).lower()] if found else Decimal(1)
    digits = re.sub(r"[^\d.-]", "", plain)
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return Decimal("NaN"), 0
    places = len(digits.partition(".")[2]) - (len(str(scale)) - 1)
    return number * scale, places


def _clean(text: str) -> str:
    return _PERSONAL.sub("(left out)", text)

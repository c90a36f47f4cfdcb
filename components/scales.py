"""The scale of an axis: large figures are divided once, so that ticks stay short."""

from __future__ import annotations

from dataclasses import dataclass

from components import units
from data import company


@dataclass(frozen=True)
class Scale:
    """Figures are sent divided by `divide`; ticks and tooltips wear `prefix` and `suffix`.

    `letter`: the k, M or B that the suffix opens with; zero has none.
    """

    divide: float
    prefix: str
    suffix: str
    digits: int = 2
    letter: str = ""

    @property
    def tick(self) -> str:
        """Template of an axis label."""
        return f"{self.prefix}{{value}}{self.suffix}"

    @property
    def zero(self) -> str:
        """The label of zero: £0, not £0k."""
        return f"{self.prefix}0{self.suffix.removeprefix(self.letter)}"

    @property
    def tooltip(self) -> str:
        """The printf format that Streamlit reads in place of a function."""
        prefix, suffix = (part.replace("%", "%%") for part in (self.prefix, self.suffix))
        return f"{prefix}%,.{self.digits}f{suffix}"


_BYTES = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))


def scale(unit: str, largest: float) -> Scale:
    """The scale for figures up to `largest` in `unit` (see `components.units`)."""
    known = units.canonical(unit)
    size = 0.0 if units.missing(largest) else abs(largest)
    if known == "percent":
        return Scale(1, "", " %", 1)
    if known == "share":
        return Scale(0.01, "", " %", 1)
    if known in ("bytes", "bytes_per_second"):
        divide, name = next(step for step in _BYTES if size >= step[0] or step[0] == 1)
        return Scale(divide, "", f" {name}" + ("/s" if known == "bytes_per_second" else ""), 1)
    if known in ("seconds", "milliseconds"):
        return _time(1.0 if known == "seconds" else 1000.0, size)
    divide, letter = _thousands(size)
    sign = units.sign(company.currency()) if known == "money" else ""
    return Scale(
        divide, sign, letter + units.suffix(known), 2 if divide > 1 or known != "count" else 0,
        letter,
    )  # fmt: skip


def _thousands(size: float) -> tuple[float, str]:
    """Figures below ten thousand are short as they are."""
    if size < 1e4:
        return 1.0, ""
    return (1e3, "k") if size < 1e6 else (1e6, "M") if size < 1e9 else (1e9, "B")


def _time(second: float, size: float) -> Scale:
    """`second` is how many of the given units make one."""
    for limit, length, name, digits in (
        (1, 0.001, "ms", 1),
        (300, 1, "s", 2),
        (7_200, 60, "min", 1),
        (172_800, 3_600, "h", 2),
    ):
        if size < limit * second:
            return Scale(length * second, "", f" {name}", digits)
    return Scale(86_400 * second, "", " d")

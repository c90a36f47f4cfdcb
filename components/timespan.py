"""Periods of time as people mean them: whole company days, or instants up to now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, cast, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from components import presets

Against = Literal["previous", "year", "none"]
Family = Literal["business", "live"]
DEFAULTS: dict[Family, str] = {"business": "30d", "live": "15m"}
COMPARED: dict[Family, Against] = {"business": "previous", "live": "none"}
_LONGEST = timedelta(days=366 * 20)


@dataclass(frozen=True)
class Period:
    """`start` ≤ instant < `end`, both aware UTC; `whole_days` when it is made of company days.

    `preset` is its name in the URL, "" for absolute limits. `against` is the comparison chosen
    by the person; `refresh` the seconds between two refreshes, None while paused.
    """

    start: datetime
    end: datetime
    zone: ZoneInfo
    preset: str = ""
    whole_days: bool = True
    against: Against = "previous"
    refresh: float | None = None
    family: Family = "business"

    @classmethod
    def of_days(cls, first: date, last: date, zone: ZoneInfo, preset: str = "") -> Period:
        """The company days from `first` to `last`, both inclusive."""
        return cls(_midnight(first, zone), _midnight(last + timedelta(1), zone), zone, preset)

    @property
    def first_day(self) -> date:
        """Company day that the period begins on."""
        return self.start.astimezone(self.zone).date()

    @property
    def last_day(self) -> date:
        """Last company day that the period touches (inclusive)."""
        return (self.end - timedelta(microseconds=1)).astimezone(self.zone).date()

    def days(self) -> tuple[date, date]:
        """First and last company day, both inclusive: `day BETWEEN :first AND :last`."""
        return self.first_day, self.last_day

    def day_count(self) -> int:
        """How many company days it touches."""
        return (self.last_day - self.first_day).days + 1

    @property
    def seconds(self) -> float:
        """Real seconds from start to end, a day with a clock change included."""
        return (self.end - self.start).total_seconds()

    def running(self, now: datetime) -> bool:
        """Whether it is not over yet, so that its last day is partial."""
        return self.end > now

    def previous(self) -> Period:
        """The period before: the calendar unit before, to the same day; else as long, just before.

        Month to date on the 31st compares with the whole of a shorter month before it.
        """
        if not self.whole_days:
            length = self.end - self.start
            return self._moved(self.start - length, self.start)
        first, last = presets.before(self.preset, self.first_day, self.last_day)
        return self._days(first, last)

    def last_year(self) -> Period:
        """The same dates a year earlier; 29 February compares with 28, whole months with whole."""
        if not self.whole_days:
            return self._moved(
                _year_before(self.start, self.zone), _year_before(self.end, self.zone)
            )
        first, last = presets.year_before(self.first_day, self.last_day)
        return self._days(first, last)

    def compared(self) -> Period | None:
        """The period that the person compares with, None for no comparison."""
        choices = {"previous": self.previous, "year": self.last_year}
        return choices[self.against]() if self.against in choices else None

    def label(self) -> str:
        """What it is called on the screen."""
        if self.preset in presets.TITLES:
            return presets.TITLES[self.preset]
        if self.whole_days:
            first, last = self.days()
            return _date(first) if first == last else f"{_date(first)} – {_date(last)}"
        begin, end = (at.astimezone(self.zone) for at in (self.start, self.end))
        return f"{_date(begin.date())} {begin:%H:%M} – {_date(end.date())} {end:%H:%M}"

    def query(self) -> dict[str, str]:
        """Its parameters in a URL; `resolve` reads them back."""
        if self.preset:
            found = {"range": self.preset}
        elif self.whole_days:
            found = {"from": self.first_day.isoformat(), "to": self.last_day.isoformat()}
        else:
            local = (at.astimezone(self.zone) for at in (self.start, self.end))
            found = dict(zip(("from", "to"), (f"{at:%Y-%m-%dT%H:%M}" for at in local), strict=True))
        return found | ({} if self.against == COMPARED[self.family] else {"against": self.against})

    def link(self, page: str, **more: str) -> str:
        """Address of another page with this period, for tiles and links."""
        return f"{page}?{urlencode(self.query() | more)}"

    def at(self, now: datetime) -> Period:
        """The same choice at a later moment: a relative range moves on, an absolute one stays."""
        if self.preset in presets.SPANS and not self.whole_days:
            return replace(self, start=now - presets.SPANS[self.preset], end=now)
        if self.preset in presets.DAYS:
            first, last = presets.DAYS[self.preset](now.astimezone(self.zone).date())
            moved = self.of_days(first, last, self.zone)
            return replace(self, start=moved.start, end=moved.end)
        return self

    def _days(self, first: date, last: date) -> Period:
        moved = self.of_days(first, last, self.zone)
        return replace(self, start=moved.start, end=moved.end, preset="", refresh=None)

    def _moved(self, start: datetime, end: datetime) -> Period:
        return replace(self, start=start, end=end, preset="", refresh=None)


class BadPeriod(Exception):
    """A period in a URL that cannot be read; its text is one sentence."""


def resolve(
    query: Mapping[str, str], now: datetime, zone: ZoneInfo, family: Family = "business"
) -> Period:
    """The period that URL parameters mean at `now`. Raises BadPeriod with one sentence."""
    against = _against(query.get("against", COMPARED[family]))
    if "from" in query or "to" in query:
        found = _absolute(query.get("from", ""), query.get("to", ""), now, zone, family)
    else:
        found = _relative(query.get("range", DEFAULTS[family]), now, zone, family)
    return replace(found, against=against, family=family)


def default(now: datetime, zone: ZoneInfo, family: Family = "business") -> Period:
    """The period of a page opened without one."""
    found = _relative(DEFAULTS[family], now, zone, family)
    return replace(found, against=COMPARED[family], family=family)


def _against(given: str) -> Against:
    for known in get_args(Against):
        if given == known:
            return cast(Against, known)
    raise BadPeriod(f"The link compares with “{given[:40]}”, which is not a comparison.")


def _relative(name: str, now: datetime, zone: ZoneInfo, family: Family) -> Period:
    if name not in presets.TITLES:
        raise BadPeriod(f"The link asks for the range “{name[:40]}”, which does not exist.")
    today = now.astimezone(zone).date()
    if name in presets.SPANS and (family == "live" or name not in presets.DAYS):
        return Period(now - presets.SPANS[name], now, zone, name, whole_days=False)
    first, last = presets.DAYS[name](today)
    return Period.of_days(first, last, zone, name)


def _absolute(begin: str, end: str, now: datetime, zone: ZoneInfo, family: Family) -> Period:
    first, last = _parsed(begin, "from", zone), _parsed(end or begin, "to", zone)
    if isinstance(first, datetime) and isinstance(last, datetime):
        found = Period(first, last, zone, whole_days=False)
    else:
        found = Period.of_days(_day(first, zone), _day(last, zone), zone)
    if found.start >= found.end:
        raise BadPeriod("The link asks for a range that ends before it begins.")
    if found.end - found.start > _LONGEST:
        raise BadPeriod("The link asks for a range of more than 20 years.")
    return found


def _parsed(given: str, name: str, zone: ZoneInfo) -> date | datetime:
    """A day, or an instant when a time of day is given. Raises BadPeriod."""
    try:
        if len(given) == 10:
            found = date.fromisoformat(given)
            if not 1970 <= found.year <= 2200:
                raise ValueError
            return found
        at = datetime.fromisoformat(given)
        if not 1970 <= at.year <= 2200:
            raise ValueError
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except ValueError:
        raise BadPeriod(
            f"The link's “{name}” is “{given[:40]}”, which is not a date such as 2026-03-31."
        ) from None


def _day(given: date | datetime, zone: ZoneInfo) -> date:
    return given.astimezone(zone).date() if isinstance(given, datetime) else given


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _year_before(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    day = presets.same_day_last_year(local.date())
    return datetime.combine(day, local.time(), zone).astimezone(UTC)


def _date(day: date) -> str:
    return f"{day.day} {day:%b %Y}"

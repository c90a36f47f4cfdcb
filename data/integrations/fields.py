"""Reads a vendor's JSON object field by field; what is missing or new is said in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from data.integrations.errors import Unexpected
from data.integrations.records import Fault

T = TypeVar("T")


class Malformed(Exception):
    """One record cannot be taken over; carries the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.problem)
        self.fault = fault


class Fields:
    """One object of an answer. `what` names it to a person: `order 1001`."""

    __slots__ = ("notes", "raw", "what")
    raw: dict[str, Any]

    def __init__(self, raw: Any, what: str, notes: list[Fault] | None = None) -> None:
        self.what = what
        self.notes: list[Fault] = [] if notes is None else notes
        if type(raw) is not dict:
            raise Malformed(Fault(what, "", f"{what} is not an object"))
        self.raw = raw

    def wrong(self, name: str, problem: str) -> Malformed:
        """The error that field `name` has that problem."""
        return Malformed(Fault(self.what, name, f"{name} of {self.what} {problem}"))

    def get(self, name: str) -> Any:
        """A field that must be there and not null."""
        value = self.raw.get(name)
        if value is None:
            raise self.wrong(name, "is missing")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """A string; `default` when it is missing or null."""
        value = self.raw.get(name)
        if value is None:
            if default is None:
                raise self.wrong(name, "is missing")
            return default
        return storable(str(value))

    def flag(self, name: str) -> bool:
        """A boolean; missing is no."""
        return bool(self.raw.get(name))

    def number(self, name: str, default: Decimal | None = None) -> Decimal:
        """A number, however it is written."""
        value = self.raw.get(name)
        if value is None or value == "":
            if default is None:
                raise self.wrong(name, "is missing")
            return default
        return self._decimal(name, value)

    def number_or_none(self, name: str) -> Decimal | None:
        """A number, None when it is missing."""
        value = self.raw.get(name)
        return None if value is None or value == "" else self._decimal(name, value)

    def instant(self, name: str) -> datetime:
        """An ISO 8601 instant with its offset, in UTC."""
        value = self.instant_or_none(name)
        if value is None:
            raise self.wrong(name, "is missing")
        return value

    def instant_or_none(self, name: str) -> datetime | None:
        """An instant, None when it is missing."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            raise self.wrong(name, f"is not a date: {str(value)[:40]}") from None
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)

    def part(self, name: str) -> Fields:
        """An object inside this one."""
        return Fields(self.get(name), self.what, self.notes)

    def part_or_none(self, name: str) -> Fields | None:
        """An object inside this one, None when it is missing or null."""
        value = self.raw.get(name)
        return None if value is None else Fields(value, self.what, self.notes)

    def parts(self, name: str, required: bool = True) -> list[Fields]:
        """The objects of a list inside this one."""
        value = self.raw.get(name)
        if value is None and not required:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, "is missing" if value is None else "is not a list")
        return [Fields(each, self.what, self.notes) for each in value]

    def choice(self, name: str, known: Iterable[str], instead: str) -> str:
        """An enum value; a new one is noted and counts as `instead`."""
        value = self.text(name, "")
        if value in known:
            return value
        said = f"{name} of {self.what} is {value or 'missing'}, which this version does not know"
        self.notes.append(Fault(self.what, name, f"{said}; it counts as {instead}"))
        return instead

    def _decimal(self, name: str, value: Any) -> Decimal:
        try:
            read = Decimal(str(value))
        except InvalidOperation:
            read = Decimal("NaN")
        if not read.is_finite():
            raise self.wrong(name, f"is not a number: {str(value)[:40]}")
        return read


def records(
    raw: Iterable[Any], make: Callable[[Any, list[Fault]], T], title: str
) -> tuple[list[T], tuple[Fault, ...]]:
    """Every record that can be made, and a fault for each that cannot.

    When none of them can be made the answer itself has changed: raises Unexpected, so that the
    cursor stays where it is.
    """
    made: list[T] = []
    faults: list[Fault] = []
    broken = 0
    for each in raw:
        try:
            made.append(make(each, faults))
        except Malformed as error:
            broken += 1
            faults.append(error.fault)
    if broken and not made:
        raise Unexpected(
            f"{title} has changed its answers: {faults[-1].problem}; nothing was taken over, "
            "an update of this product is needed."
        )
    return made, tuple(faults)


def listed(document: Any, name: str, title: str) -> list[Any]:
    """The list under `name` of an answer. Raises Unexpected when it is not there."""
    value = document.get(name) if isinstance(document, Mapping) else None
    if not isinstance(value, list):
        raise Unexpected(
            f"{title} answered without its list of {name}; nothing was taken over, the next run "
            "tries again."
        )
    return value


def storable(value: str) -> str:
    """Without what JSON can hold and PostgreSQL cannot: NUL, and half of a character's pair."""
    if value.isascii() and value.isprintable():
        return value
    kept = value.encode("utf-8", "replace").decode()
    return "".join(letter for letter in kept if letter >= " " or letter in "\t\n\r")


def day(value: str) -> date:
    """The calendar date at the start of an ISO string."""
    return date.fromisoformat(value[:10])

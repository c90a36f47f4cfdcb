"""The rules of this installation: read, saved, reset, imported and exported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Connection, RowMapping, text

from alerts import incidents, rulefile
from alerts.rules import Rule, problems
from config import alert_rules
from data import database

_COLUMNS = "id, definition, origin, muted_until, muted_reason, error, error_since"


class RuleRefused(Exception):
    """A rule that is not saved; its text is one sentence."""


class UnknownRule(LookupError):
    """No rule has that name; its text is one sentence."""


@dataclass(frozen=True)
class Kept:
    """A rule as it stands in the database. origin: the name of the default it came from."""

    id: int
    rule: Rule
    origin: str | None
    muted_until: datetime | None
    muted_reason: str | None
    error: str | None
    error_since: datetime | None


@lru_cache(maxsize=20_000)
def _parsed(definition: str) -> Rule:
    """As it was saved: what is refused today may stand from a version before."""
    (rule,) = rulefile.parse(definition, check=lambda _rule: ())
    return rule


@lru_cache(maxsize=1)
def defaults() -> tuple[Rule, ...]:
    """The rules that come with a new installation."""
    return tuple(rulefile.parse(alert_rules.DEFAULT_RULES, "config/alert_rules.py"))


def kept(opened: Connection | None = None) -> list[Kept]:
    """All rules, by name."""
    statement = f"SELECT {_COLUMNS} FROM alert_rules ORDER BY name"
    if opened is None:
        rows = database.read(statement)
    else:
        rows = opened.execute(text(statement)).mappings().all()
    return [_kept(row) for row in rows]


def _kept(row: RowMapping) -> Kept:
    values = dict(row)
    return Kept(rule=_parsed(values.pop("definition")), **values)


def find(name: str) -> Kept:
    """The rule of that name. Raises UnknownRule."""
    row = database.one(f"SELECT {_COLUMNS} FROM alert_rules WHERE name = :name", name=name)
    if row is None:
        raise UnknownRule(f'No rule is called "{name}"; `alerts list` prints the names.')
    return _kept(row)


def save(rule: Rule, author: str, before: str | None = None) -> None:
    """Add a rule, or change the one called `before`. Raises RuleRefused, UnknownRule.

    A changed rule keeps the state of its label sets, so that a firing alert is not lost.
    """
    for _, sentence in problems(rule):
        raise RuleRefused(sentence)
    with database.transaction() as opened:
        _lock(opened)
        taken = opened.execute(
            text(
                "SELECT definition FROM alert_rules "
                "WHERE name = :name AND name IS DISTINCT FROM :before"
            ),
            {"name": rule.name, "before": before},
        ).scalar()
        if before is None and taken == rulefile.spell([rule]):
            return  # pressed twice
        if taken is not None:
            raise RuleRefused(f'Another rule is called "{rule.name}"; choose another name.')
        if before is None:
            _insert(opened, rule, author, origin=None)
        elif not _update(opened, rule, author, before):
            raise UnknownRule(f'No rule is called "{before}" any more; somebody removed it.')


def remove(name: str) -> None:
    """Forget a rule; its alerts that are firing are resolved. Raises UnknownRule."""
    with database.transaction() as opened:
        _lock(opened)
        _let_go(opened, name)
        gone = opened.execute(text("DELETE FROM alert_rules WHERE name = :name"), {"name": name})
        if not gone.rowcount:
            raise UnknownRule(f'No rule is called "{name}"; somebody removed it.')


def _let_go(opened: Connection, name: str) -> None:
    """Resolve what the rule fired, and tell those who heard of it."""
    rows = opened.execute(
        text(
            "SELECT i.id FROM alert_incidents i JOIN alert_rules r ON r.id = i.rule_id "
            "WHERE i.resolved_at IS NULL AND r.name = :name"
        ),
        {"name": name},
    ).all()
    now = datetime.now(UTC)
    book = incidents.Book.load(opened, now)
    incidents.resolve(opened, {incident: None for (incident,) in rows}, book, now)


def take_over(rules: Iterable[Rule], author: str) -> tuple[int, int]:
    """Save rules by name, all or none: how many are new and how many replaced one."""
    new = changed = 0
    with database.transaction() as opened:
        _lock(opened)
        for rule in rules:
            if _update(opened, rule, author, rule.name):
                changed += 1
            else:
                _insert(opened, rule, author, origin=None)
                new += 1
    return new, changed


def install_defaults() -> None:
    """Give each default rule once: an upgrade brings new ones, and removed ones stay removed."""
    offered = {row["rule"] for row in database.read("SELECT rule FROM alert_installation")}
    if offered.issuperset(rule.name for rule in defaults()):
        return
    with database.transaction() as opened:
        _lock(opened)
        for rule in defaults():
            new = opened.execute(text(_OFFER), {"rule": rule.name}).rowcount
            if new and rule.name not in _there(opened):
                _insert(opened, rule, "Sentia", origin=rule.name)


_OFFER = "INSERT INTO alert_installation VALUES (now(), :rule) ON CONFLICT DO NOTHING"


def _there(opened: Connection) -> set[str]:
    """The names of the rules, and of the defaults that they came from."""
    rows = opened.execute(text("SELECT name, origin FROM alert_rules")).all()
    return {name for row in rows for name in row}


def reset(name: str, author: str) -> None:
    """Put a default rule back as it came. Raises UnknownRule when it is not one."""
    found = find(name)
    for rule in defaults():
        if rule.name == found.origin:
            save(rule, author, before=name)
            return
    raise UnknownRule(f'"{name}" did not come with the product, so there is nothing to reset to.')


def restore_missing(author: str) -> int:
    """Add the default rules that were removed; returns how many."""
    with database.transaction() as opened:
        _lock(opened)
        there = _there(opened)
        missing = [rule for rule in defaults() if rule.name not in there]
        for rule in missing:
            _insert(opened, rule, author, origin=rule.name)
    return len(missing)


def mute(name: str, until: datetime | None, reason: str | None, author: str) -> None:
    """Keep the rule judged but silent until then; None ends it. Raises UnknownRule."""
    mute_each([name], until, reason, author)


def mute_each(
    names: Sequence[str], until: datetime | None, reason: str | None, author: str
) -> None:
    """The same for several, all or none. Raises UnknownRule."""
    with database.transaction() as opened:
        muted = opened.execute(
            text(
                "UPDATE alert_rules SET muted_until = :until, muted_reason = :reason, "
                "updated_by = :author WHERE name = ANY(:names) RETURNING name"
            ),
            {"until": until, "reason": reason, "author": author, "names": list(names)},
        ).scalars().all()  # fmt: skip
        for name in names:
            if name not in muted:
                raise UnknownRule(f'No rule is called "{name}"; somebody removed it.')


def _lock(opened: Connection) -> None:
    opened.execute(text("LOCK TABLE alert_rules IN SHARE ROW EXCLUSIVE MODE"))


def _insert(opened: Connection, rule: Rule, author: str, origin: str | None) -> None:
    opened.execute(
        text(
            "INSERT INTO alert_rules (name, definition, origin, updated_by) "
            "VALUES (:name, :definition, :origin, :author)"
        ),
        {
            "name": rule.name,
            "definition": rulefile.spell([rule]),
            "origin": origin,
            "author": author,
        },
    )


def _update(opened: Connection, rule: Rule, author: str, before: str) -> bool:
    done = opened.execute(
        text(
            "UPDATE alert_rules SET name = :name, definition = :definition, error = NULL, "
            "error_since = NULL, version = version + 1, updated_by = :author, updated_at = now() "
            "WHERE name = :before"
        ),
        {
            "name": rule.name,
            "definition": rulefile.spell([rule]),
            "author": author,
            "before": before,
        },
    )
    return bool(done.rowcount)

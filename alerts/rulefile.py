"""Rules as TOML: read with the line of every mistake, written so that reading gives the same."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from alerts import durations
from alerts.rules import AGGREGATES, BOUNDS, NO_DATA, OPERATORS, SEVERITIES, Rule, problems

_HEADER = re.compile(r"^\s*\[\[\s*rule\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*rule\s*\.\s*\"?([A-Za-z_]+)\"?\s*\]")
_KEY = re.compile(r"^\s*\"?([A-Za-z0-9_-]+)\"?\s*(?:=|\.)")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ENDLESS = re.compile(r"[0-9_]{4300}")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


LARGEST = 5_000_000  # bytes
_MOST_TOLD, _MOST_SHOWN = 20, 80


class RuleFileError(Exception):
    """What is wrong with a rule file: one sentence a mistake, each with its line."""

    def __init__(self, sentences: list[str]) -> None:
        shown = sentences[:_MOST_TOLD]
        if more := len(sentences) - len(shown):
            shown = [*shown, f"And {more:,} more mistakes; correct these first."]
        super().__init__("\n".join(shown))
        self.sentences = sentences


Check = Callable[[Rule], Iterable[tuple[str, str]]]


def parse(text: str, source: str = "The file", check: Check = problems) -> list[Rule]:
    """All rules of a TOML text. Raises RuleFileError naming `source` and the lines.

    `check` gives (key, sentence) pairs for what makes a rule unusable.
    """
    text = text.removeprefix("\ufeff")
    document = _document(text, source)
    wrong = [
        f"{source}: {_shown(key)} is not known here; rules stand under [[rule]]."
        for key in document
        if key != "rule"
    ]
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RuleFileError([f"{source}: write each rule under its own [[rule]]."])
    if not tables and not wrong:
        wrong.append(f"{source} holds no [[rule]].")
    rules: dict[str, Rule] = {}
    lines = _lines(text)
    for index, table in enumerate(tables):
        where = lines[index] if index < len(lines) else {"": 1}
        wrong += [
            f"{source}, line {line}: {said}" for line, said in _take(table, where, rules, check)
        ]
    if wrong:
        raise RuleFileError(wrong)
    return list(rules.values())


def decoded(content: bytes, source: str) -> str:
    """The text of a file's bytes. Raises RuleFileError."""
    if len(content) > LARGEST:
        raise RuleFileError([f"{source} is larger than {LARGEST // 1_000_000} MB; split it."])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RuleFileError(
            [f"{source}, line {line}: this is not UTF-8 text; save it as UTF-8."]
        ) from None


def _document(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleFileError([_syntax(error, text, source)]) from None
    except RecursionError:
        raise RuleFileError([f"{source} is nested too deeply to be rules."]) from None
    except ValueError:  # Python reads integers of at most 4,300 digits
        line = next((n for n, one in enumerate(text.splitlines(), 1) if _ENDLESS.search(one)), 1)
        raise RuleFileError([f"{source}, line {line}: a number is too long to read."]) from None


def _take(
    table: dict[str, Any], where: dict[str, int], rules: dict[str, Rule], check: Check
) -> list[tuple[int, str]]:
    """Read one table into `rules`; returns its mistakes with their lines."""
    rule, mistakes = _rule(table)
    if rule is not None:
        mistakes = list(check(rule))
        if rule.name in rules:
            mistakes.append(("name", f"The name {_shown(rule.name)} is taken by an earlier rule."))
        rules[rule.name] = rule
    return [(where.get(key, where[""]), said) for key, said in mistakes]


def _rule(table: dict[str, Any]) -> tuple[Rule | None, list[tuple[str, str]]]:
    mistakes = [
        (key, f"{_shown(key)} is not a key of a rule; the keys are {', '.join(_READ)}.")
        for key in table
        if key not in _READ
    ]
    mistakes += [("", f'A rule needs "{key}".') for key in ("name", "signal") if key not in table]
    given: dict[str, Any] = {}
    for key, value in table.items():
        try:
            if key in _READ:
                given[_FIELD.get(key, key)] = _READ[key](key, value)
        except ValueError as error:
            mistakes.append((key, str(error)))
    if mistakes:
        return None, mistakes
    return Rule(**given), []


def _syntax(error: tomllib.TOMLDecodeError, text: str, source: str) -> str:
    found = _PLACE.search(str(error))
    line = found.group(1) if found and found.group(1) else str(len(text.splitlines()) or 1)
    what = _PLACE.sub("", str(error)).rstrip(".")
    return f"{source}, line {line}: this is not TOML: {what[:1].lower()}{what[1:]}."


def _lines(text: str) -> list[dict[str, int]]:
    """For each [[rule]]: line of the header under "", and of each key."""
    found: list[dict[str, int]] = []
    inside: str | None = None
    table: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if inside is None:
            table = _note(line, number, found, table)
        inside = _still_open(line, inside)
    return found


def _note(line: str, number: int, found: list[dict[str, int]], table: str | None) -> str | None:
    """Record what stands on this line; returns the sub-table the next lines belong to."""
    if _HEADER.match(line):
        found.append({"": number})
        return None
    if not found:
        return None
    if header := _TABLE.match(line):
        found[-1].setdefault(header.group(1), number)
        return header.group(1)
    if table is None and (key := _KEY.match(line)):
        found[-1].setdefault(key.group(1), number)
    return table


def _still_open(line: str, inside: str | None) -> str | None:
    """The delimiter of the multi-line string that goes on after this line, if one does."""
    for mark in re.findall(r'"""|\'\'\'', line):
        if inside is None:
            inside = mark
        elif inside == mark:
            inside = None
    return inside


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text in quotes, not {_shown(value)}.")
    return value


def _duration(key: str, value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f'{key} must be a duration in quotes such as "5m", not {_shown(value)}.')
    try:
        return durations.parse(value)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _one_of(choices: tuple[str, ...]) -> Callable[[str, object], str]:
    def read(key: str, value: object) -> str:
        if value not in choices:
            raise ValueError(f"{key} must be one of {', '.join(choices)}, not {_shown(value)}.")
        return str(value)

    return read


def _number_or_bound(key: str, value: object) -> float | str:
    if isinstance(value, str) and value in BOUNDS:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(
            f"{key} must be a number or the KPI's own bound ({', '.join(BOUNDS)}), "
            f"not {_shown(value)}."
        )
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{key} is too large a number.") from None


def _label_table(key: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f'{key} must be a table such as {{ team = "line 1" }}.')
    for name, text in value.items():
        if not _LABEL.fullmatch(name):
            raise ValueError(
                f"{key}: {_shown(name)} is not a label name; use letters, digits and _."
            )
        if not isinstance(text, str):
            raise ValueError(f"{key}: the label {_shown(name)} must be text in quotes.")
    return dict(sorted(value.items()))


def _text_list(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f'{key} must be a list of names such as ["mail"].')
    return tuple(value)


def _truth(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false, not {_shown(value)}.")
    return value


def _shown(value: object) -> str:
    """The value as TOML writes it, cut short where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:  # an integer of more than 4,300 digits
        return "a number without end"
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


_FIELD = {"for": "for_"}
_READ: dict[str, Callable[[str, object], Any]] = {
    "name": _text,
    "signal": _text,
    "aggregate": _one_of(AGGREGATES),
    "window": _duration,
    "op": _one_of(OPERATORS),
    "threshold": _number_or_bound,
    "change_over": _duration,
    "for": _duration,
    "keep_firing_for": _duration,
    "every": _duration,
    "staleness": _duration,
    "no_data": _one_of(NO_DATA),
    "severity": _one_of(SEVERITIES),
    "match": _label_table,
    "labels": _label_table,
    "channels": _text_list,
    "repeat": _duration,
    "escalation": _text,
    "runbook": _text,
    "description": _text,
    "enabled": _truth,
}
_ALWAYS = {"name", "signal", "aggregate", "op", "for", "keep_firing_for", "every", "severity"}


def spell(rules: Iterable[Rule]) -> str:
    """The TOML of these rules; `parse` gives the same rules back."""
    return "\n".join(_table(rule) for rule in rules)


def _table(rule: Rule) -> str:
    defaults = {field.name: field.default for field in fields(Rule)}
    lines = ["[[rule]]"]
    for key in _READ:
        name = _FIELD.get(key, key)
        value = getattr(rule, name)
        if key in _ALWAYS or value not in (None, {}, defaults[name]):
            lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, timedelta):
        return f'"{durations.spell(value)}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{name} = {_value(text)}" for name, text in sorted(value.items()))
        return f"{{ {pairs} }}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

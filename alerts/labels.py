"""Label sets: one spelling each, so that the same alert is always found again; and matchers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import re2

MatchOperator = Literal["=", "!=", "=~", "!~"]
_PATTERN = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:\"([^\"]*)\"|([^,\"]*))\s*")

_REFUSED = (re2.error, UnicodeError)


class MatcherError(ValueError):
    """A matcher that cannot be used; its text is one sentence."""


def spell(labels: Mapping[str, str]) -> str:
    """The one JSON text of a label set."""
    return json.dumps(dict(sorted(labels.items())), ensure_ascii=False, separators=(",", ":"))


def fingerprint(source: str, labels: Mapping[str, str]) -> str:
    """Names an alert for good: where it comes from and its labels."""
    return hashlib.sha256(f"{source}\n{spell(labels)}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Matcher:
    """`name op value`; =~ and !~ match the whole value by regular expression."""

    name: str
    op: MatchOperator
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a label set passes; a label that is not there counts as empty."""
        given = labels.get(self.name, "")
        if self.op in ("=", "!="):
            return (given == self.value) is (self.op == "=")
        try:
            return (_compiled(self.value).fullmatch(given) is not None) is (self.op == "=~")
        except _REFUSED:  # stored by a version that took more: it keeps nothing quiet
            return False

    def __str__(self) -> str:
        """As Alertmanager writes it."""
        return f'{self.name}{self.op}"{self.value}"'


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> Any:
    """By the library that Prometheus matches with: its time grows with the value, not beyond."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """`rule="CPU high", line=~"1|2"` as matchers. Raises MatcherError."""
    found: list[Matcher] = []
    place = 0
    while place < len(text):
        match = _PATTERN.match(text, place)
        if match is None or (match.end() < len(text) and text[match.end()] != ","):
            raise MatcherError(
                f'"{text}" is not a list of matchers; write it as rule="CPU high", line=~"1|2".'
            )
        name, op, quoted, bare = match.groups()
        found.append(matcher(name, op, quoted if quoted is not None else bare.strip()))
        place = match.end() + 1
    if not found:
        raise MatcherError('Give at least one matcher, for example severity="warning".')
    return tuple(found)


def matcher(name: str, op: str, value: str) -> Matcher:
    """One matcher, checked. Raises MatcherError."""
    if op not in get_args(MatchOperator):
        raise MatcherError(f'"{op}" is not one of =, !=, =~, !~.')
    if len(value) > 500:
        raise MatcherError("A matcher's value has at most 500 characters.")
    try:
        if op in ("=~", "!~"):
            _compiled(value)
    except _REFUSED as error:
        why = error.args[0].decode() if isinstance(error, re2.error) else "it is no text"
        raise MatcherError(f'"{value}" is not a regular expression: {why}.') from None
    return Matcher(name, op, value)  # type: ignore[arg-type]


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether every matcher passes."""
    return all(matcher.matches(labels) for matcher in matchers)


def seen_by_matchers(rule: str, severity: str, labels: Mapping[str, str]) -> dict[str, str]:
    """What matchers see of an alert: its labels, `rule` (also as `alertname`) and `severity`."""
    return {**labels, "rule": rule, "alertname": rule, "severity": severity}

"""One interval's judgement inside one transaction: verdicts, states, incidents, notifications."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from alerts import incidents, states
from alerts import labels as label_sets
from alerts.decide import INACTIVE, Reading, Verdict, decide
from alerts.rulebook import Kept
from alerts.rules import Rule
from alerts.series import Series

_NEW = states.Held({}, INACTIVE)


@dataclass(frozen=True)
class Due:
    """A rule to judge, its threshold as a number, and a reading a label set; or its error."""

    kept: Kept
    rule: Rule
    error: str | None = None
    found: tuple[tuple[str, Series, float | None], ...] = ()


class Judgement:
    """Collects what changes while rules are judged, and writes it at the end."""

    def __init__(
        self, opened: Connection, now: datetime, held: dict[int, dict[str, states.Held]]
    ) -> None:
        self._opened = opened
        self._now = now
        self._held = held
        self._book: incidents.Book | None = None
        self._rows: list[states.Write] = []
        self._changed: list[dict[str, Any]] = []
        self._errors: list[tuple[int, str | None]] = []
        self.after: dict[int, dict[str, states.Held]] = {}
        self.series = 0

    @property
    def changes(self) -> int:
        """How many label sets changed their state."""
        return len(self._changed)

    @property
    def book(self) -> incidents.Book:
        """Routing and silences, loaded when the first change needs them."""
        if self._book is None:
            self._book = incidents.Book.load(self._opened, self._now)
        return self._book

    def rule(self, due: Due) -> None:
        """Judge every label set of a rule; an error leaves them all as they were."""
        if due.error != due.kept.error:
            self._errors.append((due.kept.id, due.error))
        before = self._held.get(due.kept.id, {})
        after = self.after[due.kept.id] = dict(before)
        if due.error is not None:
            return
        if not due.rule.enabled:
            self._stop(due, before, after)
            return
        absent = dict.fromkeys(before)
        for key, series, value in due.found:
            absent.pop(key, None)
            held = before.get(key)
            if held is None and value is None:
                continue
            known = held or states.Held(dict(series.labels), INACTIVE)
            after[key] = self._label_set(due, key, known, value, new=held is None)
        for key in absent:
            after[key] = self._label_set(due, key, before[key], None, new=False)

    def _label_set(
        self, due: Due, key: str, held: states.Held, value: float | None, *, new: bool
    ) -> states.Held:
        self.series += 1
        verdict = decide(due.rule, Reading(value), held.state, self._now)
        if not verdict.changed and not new and verdict.state.name in ("inactive", "no_data"):
            return held
        incident = held.incident
        if verdict.changed:
            incident = self._change(due, held, verdict)
        self._write(due, key, verdict, incident)
        return states.Held(held.labels, verdict.state, incident, self._now)

    def _change(self, due: Due, held: states.Held, verdict: Verdict) -> int | None:
        """Open or close the incident that the change is about; returns the one that is open."""
        incident = held.incident
        if verdict.state.name == "firing":
            fired = self._fired(due, held.labels, verdict)
            incident = incidents.fire(self._opened, fired, self.book, self._now)
        elif held.state.name == "firing" and incident is not None:
            incidents.resolve(self._opened, incident, self.book, self._now, verdict.value)
        self._changed.append(
            {
                "rule_id": due.kept.id,
                "incident_id": incident,
                "labels": label_sets.spell(held.labels),
                "from_state": held.state.name,
                "to_state": verdict.state.name,
                "reason": verdict.reason,
                "value": _jsonable(verdict.value),
                "active_since": verdict.state.active_since,
            }
        )
        return incident if verdict.state.name == "firing" else None

    def _fired(self, due: Due, labels: Mapping[str, str], verdict: Verdict) -> incidents.Fired:
        rule, muted = due.rule, due.kept.muted_until
        return incidents.Fired(
            source="rule",
            key=str(due.kept.id),
            rule_id=due.kept.id,
            rule_name=rule.name,
            labels={**labels, **rule.labels},
            severity=rule.severity,
            active_since=verdict.state.active_since or self._now,
            value=verdict.value,
            threshold=rule.threshold if isinstance(rule.threshold, float | int) else None,
            condition=rule.condition,
            description=rule.description,
            runbook=rule.runbook,
            signal=rule.signal,
            channels=rule.channels,
            repeat=rule.repeat,
            escalation=rule.escalation,
            muted=muted is not None and muted > self._now,
        )

    def _stop(
        self, due: Due, before: dict[str, states.Held], after: dict[str, states.Held]
    ) -> None:
        """A rule that was switched off lets go of its alerts."""
        for key, held in before.items():
            if held.state.name in ("pending", "firing"):
                verdict = Verdict(INACTIVE, "condition does not hold", None, changed=True)
                self._change(due, held, verdict)
                self._write(due, key, verdict, None)
                after[key] = states.Held(held.labels, INACTIVE, None, self._now)

    def _write(self, due: Due, key: str, verdict: Verdict, incident: int | None) -> None:
        bound = due.rule.threshold
        self._rows.append(
            states.Write(
                due.kept.id,
                key,
                verdict.state,
                verdict.value,
                float(bound) if isinstance(bound, float | int) else None,
                verdict.reason,
                self._now,
                self._now,
                incident,
            )
        )

    def write(self) -> None:
        """Put it all into the transaction."""
        states.write(self._opened, self._rows)
        if self._changed:
            self._opened.execute(
                text(_CHANGES),
                {"now": self._now, "changes": json.dumps(self._changed, default=str)},
            )
        for rule, error in self._errors:
            self._opened.execute(
                text(
                    "UPDATE alert_rules SET error = :error, error_since = CASE WHEN "
                    "CAST(:error AS text) IS NULL THEN NULL ELSE coalesce(error_since, :now) END "
                    "WHERE id = :rule"
                ),
                {"rule": rule, "error": error, "now": self._now},
            )


def _jsonable(value: float | None) -> float | str | None:
    """JSON has no NaN and no infinities; PostgreSQL reads them as text."""
    return value if value is None or math.isfinite(value) else str(value)


# The change to pending belongs to the incident it became: it is given when that fires.
_CHANGES = """
WITH made AS (
    INSERT INTO alert_changes
        (rule_id, incident_id, labels, at, from_state, to_state, reason, value)
    SELECT rule_id, incident_id, labels, :now, from_state, to_state, reason, value
    FROM jsonb_to_recordset(CAST(:changes AS jsonb)) AS given (rule_id bigint, incident_id bigint,
        labels jsonb, from_state text, to_state text, reason text, value float8)
)
UPDATE alert_changes c SET incident_id = given.incident_id
FROM jsonb_to_recordset(CAST(:changes AS jsonb)) AS given (rule_id bigint, incident_id bigint,
    labels jsonb, to_state text, active_since timestamptz)
WHERE given.to_state = 'firing' AND c.rule_id = given.rule_id AND c.labels = given.labels
  AND c.at = given.active_since AND c.to_state = 'pending' AND c.incident_id IS NULL
"""

"""One interval's judgement inside one transaction: verdicts, states, incidents, notifications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from alerts import arrays, incidents, states
from alerts.decide import INACTIVE, Reading, Verdict, decide
from alerts.rulebook import Kept
from alerts.rules import Rule
from alerts.series import Series


@dataclass(frozen=True)
class Due:
    """A rule to judge, its threshold as a number, and a reading a label set; or its error."""

    kept: Kept
    rule: Rule
    error: str | None = None
    found: tuple[tuple[str, Series, float | None], ...] = ()


@dataclass(slots=True)
class _Judged:
    """One label set's verdict, and the incident that it is about."""

    due: Due
    key: str
    held: states.Held
    verdict: Verdict
    incident: int | None

    @property
    def changed(self) -> bool:
        return self.verdict.changed

    @property
    def begins(self) -> bool:
        return self.changed and self.verdict.state.name == "firing"

    @property
    def ends(self) -> bool:
        return self.changed and self.held.state.name == "firing"


class Judgement:
    """Collects what changes while rules are judged, and writes it at the end."""

    def __init__(
        self, opened: Connection, now: datetime, held: dict[int, dict[str, states.Held]]
    ) -> None:
        self._opened = opened
        self._now = now
        self._held = held
        self._judged: list[_Judged] = []
        self._errors: list[tuple[int, str | None]] = []
        self.after: dict[int, dict[str, states.Held]] = {}
        self.series = 0
        self.changes = 0

    def rule(self, due: Due) -> None:
        """Judge every label set of a rule; an error leaves them all as they were."""
        if due.error != due.kept.error:
            self._errors.append((due.kept.id, due.error))
        before = self._held.get(due.kept.id, {})
        self.after[due.kept.id] = dict(before)
        if due.error is not None:
            return
        if not due.rule.enabled:
            self._stop(due, before)
            return
        absent = dict.fromkeys(before)
        for key, series, value in due.found:
            absent.pop(key, None)
            held = before.get(key)
            known = held or states.Held(dict(series.labels), INACTIVE)
            self._label_set(due, key, known, value, new=held is None)
        for key in absent:
            self._label_set(due, key, before[key], None, new=False)

    def _label_set(
        self, due: Due, key: str, held: states.Held, value: float | None, *, new: bool
    ) -> None:
        self.series += 1
        verdict = decide(due.rule, Reading(value), held.state, self._now)
        if verdict.changed or new or verdict.state.name in ("pending", "firing"):
            self._judged.append(_Judged(due, key, held, verdict, held.incident))

    def _fired(self, one: _Judged) -> incidents.Fired:
        due, verdict = one.due, one.verdict
        rule, muted = due.rule, due.kept.muted_until
        return incidents.Fired(
            source="rule",
            key=str(due.kept.id),
            rule_id=due.kept.id,
            rule_name=rule.name,
            labels={**one.held.labels, **rule.labels},
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

    def _stop(self, due: Due, before: dict[str, states.Held]) -> None:
        """A rule that was switched off lets go of its alerts."""
        for key, held in before.items():
            if held.state.name in ("pending", "firing"):
                verdict = Verdict(INACTIVE, "condition does not hold", None, changed=True)
                self._judged.append(_Judged(due, key, held, verdict, held.incident))

    def write(self) -> None:
        """Put it all into the transaction, each kind of row in one statement."""
        changed = [one for one in self._judged if one.changed]
        self.changes = len(changed)
        self._incidents(changed)
        self._remember()
        if changed:
            self._opened.execute(text(_CHANGES), self._columns(changed))
        self._write_beginnings(changed)
        self._write_errors()

    def _write_beginnings(self, changed: list[_Judged]) -> None:
        """Give the change to pending of what fires now to its incident."""
        waited = [one for one in changed if one.begins and one.held.state.name == "pending"]
        if not waited:
            return
        began = {one.verdict.state.active_since for one in waited}
        given = self._columns(waited) | {
            "every_rule": arrays.column({one.due.kept.id for one in waited}),
            "every_beginning": arrays.column(began),
        }
        self._opened.execute(text(_ALL_AT_ONCE))
        self._opened.execute(text(_BEGINNINGS), given)

    def _incidents(self, changed: list[_Judged]) -> None:
        """Close the incidents that end, then open those that begin."""
        begun = [one for one in changed if one.begins]
        ended = {one.incident: one.verdict.value for one in changed if one.ends and one.incident}
        if not begun and not ended:
            return
        book = incidents.Book.load(self._opened, self._now)
        incidents.resolve(self._opened, ended, book, self._now)
        fired = incidents.fire(self._opened, [self._fired(one) for one in begun], book, self._now)
        for one, incident in zip(begun, fired, strict=True):
            one.incident = incident

    def _remember(self) -> None:
        """The state of each label set from now on, here and in the database."""
        rows = []
        for one in self._judged:
            state, rule = one.verdict.state, one.due.kept.id
            incident = one.incident if state.name == "firing" else None
            self.after[rule][one.key] = states.Held(one.held.labels, state, incident, self._now)
            bound = one.due.rule.threshold
            limit = float(bound) if isinstance(bound, float | int) else None
            rows.append(
                states.Write(rule, one.key, state, one.verdict.value, limit, one.verdict.reason,
                             incident)
            )  # fmt: skip
        states.write(self._opened, rows, self._now)

    def _columns(self, changed: list[_Judged]) -> dict[str, object]:
        """The parameters of _CHANGES."""
        verdicts = [one.verdict for one in changed]
        return {
            "now": self._now,
            "rules": arrays.column(one.due.kept.id for one in changed),
            "incidents": arrays.column(one.incident for one in changed),
            "labels": arrays.column(one.key for one in changed),
            "before": arrays.column(one.held.state.name for one in changed),
            "after": arrays.column(verdict.state.name for verdict in verdicts),
            "reasons": arrays.column(verdict.reason for verdict in verdicts),
            "values": arrays.column(verdict.value for verdict in verdicts),
            "began": arrays.column(verdict.state.active_since for verdict in verdicts),
        }

    def _write_errors(self) -> None:
        for rule, error in self._errors:
            self._opened.execute(
                text(
                    "UPDATE alert_rules SET error = :error, error_since = CASE WHEN "
                    "CAST(:error AS text) IS NULL THEN NULL ELSE coalesce(error_since, :now) END "
                    "WHERE id = :rule"
                ),
                {"rule": rule, "error": error, "now": self._now},
            )


_GIVEN = """
unnest(CAST(:rules AS bigint[]), CAST(:incidents AS bigint[]), CAST(:labels AS text[]),
    CAST(:before AS text[]), CAST(:after AS text[]), CAST(:reasons AS text[]),
    CAST(:values AS float8[]), CAST(:began AS timestamptz[])) WITH ORDINALITY
    AS given (rule_id, incident_id, labels, from_state, to_state, reason, value, began, place)
"""
_CHANGES = f"""
INSERT INTO alert_changes (rule_id, incident_id, labels, at, from_state, to_state, reason, value)
SELECT rule_id, incident_id, labels::jsonb, :now, from_state, to_state, reason, value
FROM {_GIVEN} ORDER BY place
"""
# The change to pending belongs to the incident it became: it is given when that fires. Without
# nested loops the many that began together are joined at once, not compared each with each.
_ALL_AT_ONCE = "SET LOCAL enable_nestloop = off"
_BEGINNINGS = f"""
UPDATE alert_changes c SET incident_id = given.incident_id FROM {_GIVEN}
WHERE c.rule_id = given.rule_id AND c.labels = given.labels::jsonb AND c.at = given.began
  AND c.to_state = 'pending' AND c.incident_id IS NULL
  AND c.rule_id = ANY(CAST(:every_rule AS bigint[]))
  AND c.at = ANY(CAST(:every_beginning AS timestamptz[]))
"""

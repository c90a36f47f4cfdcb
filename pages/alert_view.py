"""One alert's own page: its story, its series, who was told, what was done before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import streamlit as st

from alerts import people, rulebook, store
from alerts.labels import Matcher
from components import charts, empty, guard, tables, tiles, units
from components.charts import Mark, Threshold
from components.heading import heading
from components.markup import escape
from components.panel import panel
from data.integrations import narrative, openai
from pages import alert_parts as parts

_AROUND = timedelta(hours=1)
_LATE = "The alert is over, or somebody has it already."
_DONE = {
    "acknowledge": "acknowledged",
    "release": "handed back",
    "note": "the note is written down",
    "wake": "the snooze is over",
    "snooze": "snoozed",
    "silence": "silenced",
}


def show(number: int) -> None:
    """The alert of that number, or that there is none."""
    now = datetime.now(UTC)
    found = store.alert(number, now)
    if found is None:
        empty.state(f"There is no alert {number}.", "It may be older than 400 days.", "alerts",
                    "All alerts")  # fmt: skip
        return
    with heading(found.rule, found.label_text or found.description):
        parts.link("← All alerts", "alerts")
    parts.say_what_was_done()
    _tiles(found, now)
    _actions(found, now)
    with panel("Series", f"{found.signal or 'received from another system'} · {found.condition}"):
        _chart(found, now)
    with panel("What happened", "on your clock"):
        story = parts.local(store.timeline(number), "at")
        headings = {"at": "At", "what": "What", "who": "Who", "text": "Text"}
        tables.table(story, name=f"alert-{number}-timeline", columns=headings)
    _more(found)


def _more(found: store.Alert) -> None:
    """What helps to act: runbook, explanation, who was told, what was done before."""
    with panel("Runbook"):
        _runbook(found)
    with panel("Explain", "a short text that names only the figures shown here"):
        _explain(found)
    with panel("Notifications"):
        told = parts.local(store.deliveries(incident=found.id), "made_at")
        tables.table(told, key="alert-deliveries",
                     name=f"alert-{found.id}-notifications", nothing="Nobody was told.",
                     columns={"made_at": "Written", "channel": "Channel", "event": "What",
                              "result": "Result", "attempts": "Attempts", "error": "Error",
                              "fallback_of": "Instead of"})  # fmt: skip
    with panel("Similar alerts", "same rule, the same labels first"):
        _alike(found)


def _tiles(found: store.Alert, now: datetime) -> None:
    unit = parts.unit_of(found.signal)
    end = found.resolved_at or now
    tiles.row(
        [
            tiles.Tile("Value", found.value, unit, reason="The signal gave no data.",
                       note=found.condition),
            tiles.Tile("Firing for" if found.resolved_at is None else "Fired for",
                       (end - found.fired_at).total_seconds() / 60, "minutes",
                       note=f"since {_clock(found.active_since)}"),
        ]
    )  # fmt: skip
    state = [found.status, found.severity]
    if found.acknowledged_by:
        state.append(f"{found.acknowledged_by} has it")
    if found.quiet:
        state.append(found.quiet)
    st.html(f'<p role="status"><b>{escape(" · ".join(state))}</b></p>')


def _clock(at: datetime) -> str:
    return f"{at.astimezone(guard.clock()):%Y-%m-%d %H:%M:%S}"


def _actions(found: store.Alert, now: datetime) -> None:
    if not parts.may("acknowledge"):
        return
    if st.query_params.get("do") == "acknowledge" and found.acknowledged_at is None:
        st.info("Press Acknowledge to take this alert on.")
    with st.form(f"alert-{found.id}", clear_on_submit=True, border=False):
        note = st.text_input("Note", max_chars=2000)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pressed = _buttons(found, now)
            length = st.selectbox("For", list(parts.SNOOZES), width=120)
            is_open = found.resolved_at is None
            pressed["snooze"] = st.form_submit_button("Snooze", disabled=not is_open)
            pressed["silence"] = st.form_submit_button("Silence", disabled=not is_open)
    until, ids = now + parts.SNOOZES[length], [found.id]
    matchers = [Matcher("rule", "=", found.rule)]
    matchers += [Matcher(name, "=", text) for name, text in sorted(found.labels.items())]
    acts: dict[str, parts.Act] = {
        "acknowledge": lambda who: None if people.acknowledge(ids, who, note, now) else _LATE,
        "release": lambda who: people.release(ids, who, now),
        "note": lambda who: people.note(found.id, who, note, now),
        "wake": lambda who: people.wake(ids, who, now),
        "snooze": lambda who: people.snooze(ids, until, who, now),
        "silence": lambda who: people.silence(matchers, now, until, note, who),
    }
    for what, act in acts.items():
        if pressed.get(what):
            _do(what, found, act)


def _buttons(found: store.Alert, now: datetime) -> dict[str, bool]:
    """What can be done about it as it stands, and which of it was pressed."""
    is_open = found.resolved_at is None
    take = is_open and found.acknowledged_at is None
    pressed = {
        "acknowledge": st.form_submit_button("Acknowledge", type="primary", disabled=not take)
    }
    if is_open and not take:
        pressed["release"] = st.form_submit_button("Hand back")
    pressed["note"] = st.form_submit_button("Add note")
    if is_open and found.snoozed_until is not None and found.snoozed_until > now:
        pressed["wake"] = st.form_submit_button("End the snooze")
    return pressed


def _do(what: str, found: store.Alert, act: parts.Act) -> None:
    needs = "silence" if what == "silence" else "acknowledge"
    done = f"Alert {found.id}: {_DONE[what]}."
    if parts.carry_out(needs, what, str(found.id), lambda person: act(person.name), done):
        st.query_params.pop("do", None)
        st.rerun()


def _chart(found: store.Alert, now: datetime) -> None:
    end = min(now, (found.resolved_at or now) + _AROUND)
    series = store.series_of(found, found.active_since - _AROUND, end)
    if series is None or series.empty:
        empty.state("This signal keeps no history.", "Its values stand in the timeline below.")
        return
    lines = [] if found.threshold is None else [Threshold(found.threshold, "threshold")]
    marks = [Mark(found.fired_at, "fired")]
    if found.resolved_at is not None:
        marks.append(Mark(found.resolved_at, "resolved"))
    low, high = parts.ends(series, found.threshold)
    charts.show(
        f"alert-{found.id}-series",
        charts.time_series(
            series.to_frame(found.rule),
            low=low,
            high=high,
            unit=parts.unit_of(found.signal),
            thresholds=lines,
            marks=marks,
            title=found.rule,
        ),
    )


def _runbook(found: store.Alert) -> None:
    if found.description:
        st.text(found.description)
    if found.runbook and found.runbook.startswith(("https://", "http://")):
        st.link_button("Open the runbook", found.runbook, icon=":material/menu_book:")
    elif found.runbook:
        st.text(found.runbook)
    else:
        empty.state("This rule has no runbook.", "Add a link to it in the rule.")
    if parts.may("edit") and found.source == "rule":
        try:
            rulebook.find(found.rule)
        except rulebook.UnknownRule:
            return
        parts.link("Edit the rule", f"alerts?view=Rules&rule={quote(found.rule)}")


def _explain(found: store.Alert) -> None:
    if missing := openai.available():
        empty.state("Explanations are off.", missing)
        return
    if not st.button("Explain this alert", key="alert-explain", icon=":material/auto_awesome:"):
        return
    guard.require("alerts")
    unit = parts.unit_of(found.signal)
    figures = [
        narrative.Figure("value", found.value, unit, found.condition),
        narrative.Figure("threshold", found.threshold, unit),
        narrative.Figure("times it fired before", float(len(store.alike(found))), "times"),
    ]
    period = f"{_clock(found.active_since)} to {_clock(found.resolved_at or datetime.now(UTC))}"
    subject = f"Alert {found.rule} ({found.severity}): {found.description}"
    told = openai.explain(narrative.Figures(subject, period, tuple(figures)))
    if told.text:
        st.write(told.text)
    else:
        empty.state(told.reason or "There is no explanation.")


def _alike(found: store.Alert) -> None:
    frame = store.alike(found)
    shown = parts.local(frame, "fired_at", "resolved_at")
    shown["lasted"] = [units.text(value, "minutes") for value in frame["minutes"]]
    parts.linked(shown, name=f"alert-{found.id}-similar", nothing="It has never fired before.",
                 columns={"fired_at": "Fired", "resolved_at": "Resolved", "lasted": "Lasted",
                          "acknowledged_by": "Acknowledged by", "same": "Same labels"})  # fmt: skip

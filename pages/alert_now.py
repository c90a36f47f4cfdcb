"""What fires now, what is about to, and what is kept quiet; live."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from alerts import people, rulebook, store
from alerts.labels import Matcher
from auth.people import Person
from components import alert_card, empty, guard, tables, tiles
from components.panel import panel
from components.period import Period
from components.runs import refreshed
from pages import alert_parts as parts

_MOST_CARDS = 50
_PENDING = {
    "rule": "Rule",
    "labels": "Labels",
    "since": "Since",
    "value": "Value",
    "threshold": "Threshold",
}


def show(chosen: Period) -> None:
    """Tiles, the alerts that fire and what can be done about them, pending and silenced ones."""
    parts.say_what_was_done()
    if st.toggle("Sound when an alert fires", key="sound", bind="query-params"):
        st.caption(
            "On a board that nobody has clicked since it was opened, the browser keeps silent "
            "unless sound is allowed for this site in the browser's settings."
        )
    refreshed(_live, chosen.refresh)()


def _live() -> None:
    guard.require("alerts")
    now = datetime.now(UTC)
    found = store.open_alerts(now)
    rules = store.rule_states()
    loud = [alert for alert in found if alert.status != "silenced"]
    quiet = [alert for alert in found if alert.status == "silenced"]
    _tiles(loud, quiet, rules, now)
    if st.session_state.get("sound"):
        _sound(loud)
    with panel("Firing", f"{len(loud)} now"):
        search = st.text_input("Search", placeholder="Rule, label or severity", key="alerts-search",
                               label_visibility="collapsed")  # fmt: skip
        shown = [alert for alert in loud if search.lower() in _text(alert)]
        _cards(shown, now, "Nothing is firing." if not loud else "No alert matches.")
        if shown:
            _actions(shown, now)
    with panel("Pending", "the condition holds, not yet for long enough"):
        tables.table(
            _readable(store.pending()),
            name="pending-alerts",
            nothing="Nothing is pending.",
            columns=_PENDING,
        )
    with panel("Silenced", "firing, but not telling anybody"):
        _cards(quiet, now, "Nothing is silenced.")


def _tiles(
    loud: Sequence[store.Alert], quiet: Sequence[store.Alert], rules: pd.DataFrame, now: datetime
) -> None:
    critical = sum(alert.severity == "critical" for alert in loud)
    unowned = sum(alert.acknowledged_at is None for alert in loud)
    counts = [
        ("Critical", critical, 0),
        ("Firing", len(loud), None),
        ("Nobody has it", unowned, 0),
        ("Pending", int(rules["pending"].sum()), None),
        ("Silenced", len(quiet), None),
        ("Rules in error", int(rules["error"].notna().sum()), 0),
    ]
    tiles.row(
        [
            tiles.Tile(title, value, better="lower", critical=limit, source="alert rules",
                       as_of=now)
            for title, value, limit in counts
        ]
    )  # fmt: skip


def _text(alert: store.Alert) -> str:
    return f"{alert.rule} {alert.label_text} {alert.severity} {alert.status}".lower()


def _cards(found: Sequence[store.Alert], now: datetime, nothing: str) -> None:
    if not found:
        empty.state(nothing)
        return
    blocks = [alert_card.html(parts.card(alert, now), now) for alert in found[:_MOST_CARDS]]
    st.html(f'<div role="list">{"".join(blocks)}</div>')
    if len(found) > _MOST_CARDS:
        st.caption(f"{len(found) - _MOST_CARDS} more; search to find them.")


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    def spelled(labels: dict[str, str]) -> str:
        return ", ".join(f"{name}={text}" for name, text in sorted(labels.items()))

    named = frame.assign(labels=[spelled(labels) for labels in frame["labels"]])
    return parts.local(named, "since")


def _actions(found: Sequence[store.Alert], now: datetime) -> None:
    """Acknowledge, snooze, silence or mute several alerts at once."""
    if not parts.may("acknowledge"):
        return
    names = {alert.id: f"{alert.rule} {alert.label_text}".strip() for alert in found}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picked = st.multiselect("Alerts", list(names), format_func=lambda i: names.get(i, str(i)),
                                placeholder="All that are shown", key="alerts-picked")  # fmt: skip
        note = st.text_input("Note", key="alerts-note", max_chars=2000)
        ids = picked or _seen(names)
        if st.button("Acknowledge", type="primary", key="alerts-acknowledge"):
            _do("acknowledge", ids, lambda who: people.acknowledge(ids, who, note, now))
        length = st.selectbox("For", list(parts.SNOOZES), key="alerts-snooze-for", width=120)
        until = now + parts.SNOOZES[length]
        if st.button("Snooze", key="alerts-snooze"):
            _do("snooze", ids, lambda who: people.snooze(ids, until, who, now))
        chosen = [alert for alert in found if alert.id in ids]
        if parts.may("silence") and st.button("Silence", key="alerts-silence"):
            _silence(chosen, until, note, now)
        if parts.may("edit") and st.button("Mute rules", key="alerts-mute"):
            _mute({alert.rule for alert in chosen if alert.source == "rule"}, until, note)


def _seen(names: Iterable[int]) -> list[int]:
    """What stood here when a button was pressed: not an alert that fires since."""
    before = st.session_state.get("alerts-seen", names)
    st.session_state["alerts-seen"] = set(names)
    return [number for number in names if number in before]


def _do(what: str, ids: Sequence[int], act: Callable[[str], int]) -> None:
    """Say how many it was done to: a second press, or another tab, finds fewer."""
    on = ", ".join(map(str, ids))

    def told(person: Person) -> str:
        return f"{parts.count(act(person.name))} {what}d."

    if parts.carry_out("acknowledge", what, on, told, ""):
        st.rerun()


def _silence(found: Sequence[store.Alert], until: datetime, note: str, now: datetime) -> None:
    """One silence an alert, matching its rule and exactly its labels."""

    def matchers(alert: store.Alert) -> list[Matcher]:
        labels = [Matcher(name, "=", text) for name, text in sorted(alert.labels.items())]
        return [Matcher("rule", "=", alert.rule), *labels]

    def act(who: str) -> None:
        people.silence_each([matchers(alert) for alert in found], now, until, note, who)

    on = ", ".join(str(alert.id) for alert in found)
    done = f"{parts.count(len(found))} silenced."
    if parts.carry_out("silence", "silence", on, lambda person: act(person.name), done):
        st.rerun()


def _mute(rules: Collection[str], until: datetime, note: str) -> None:
    """The rules of the alerts say nothing until then."""

    def act(who: str) -> None:
        if not rules:
            raise people.Refused("These alerts come from another system; silence them instead.")
        rulebook.mute_each(sorted(rules), until, note.strip() or "no reason given", who)

    done = "1 rule muted." if len(rules) == 1 else f"{len(rules)} rules muted."
    on = ", ".join(sorted(rules))
    if parts.carry_out("edit", "mute rule", on, lambda person: act(person.name), done):
        st.rerun()


def _sound(loud: Sequence[store.Alert]) -> None:
    """A short tone on a wall board when an alert fires that was not there before."""
    known = st.session_state.get("alerts-known")
    ids = {alert.id for alert in loud}
    st.session_state["alerts-known"] = ids
    if known is not None and ids - known:
        heard = st.session_state.get("alerts-heard", 0)
        st.session_state["alerts-heard"] = heard + 1
        st.audio(_tone(heard % 1000), format="audio/wav", autoplay=True, width=1)


@st.cache_data(max_entries=10, show_spinner=False)
def _tone(number: int) -> bytes:
    """Streamlit plays the same sound once a visit: each has a sample of silence more."""
    import io
    import wave

    import numpy as np

    at = np.arange(0, 0.6, 1 / 16000)
    pitch = np.where(at < 0.3, 880, 660)
    samples = (np.sin(2 * np.pi * pitch * at) * 9000).astype("<i2")
    target = io.BytesIO()
    with wave.open(target, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(16000)
        opened.writeframes(samples.tobytes() + b"\0\0" * number)
    return target.getvalue()

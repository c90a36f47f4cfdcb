"""Silences and maintenance windows: what is kept quiet, until when, by whom and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import get_args

import pandas as pd
import streamlit as st

from alerts import people, quiet, store
from alerts.labels import Matcher, parse_matchers
from components import guard, tables
from components.panel import panel
from components.period import Period
from data import company
from pages import alert_parts as parts

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HINT = 'rule="CPU high", instance=~"web-.*"'


def show(_chosen: Period) -> None:
    """Both lists, each with its form for those who may silence."""
    guard.require("alerts")
    parts.say_what_was_done()
    now = datetime.now(UTC)
    with panel("Silences", "from now until an instant"):
        _silences(now)
        if parts.may("silence"):
            _new_silence(now)
    with panel("Maintenance windows", f"by the clock of {company.zone().key}"):
        _windows(now)
        if parts.may("silence"):
            _new_window()


def _silences(now: datetime) -> None:
    found = store.silences(now)
    frame = pd.DataFrame(
        {
            "matchers": [_spelled(one["matchers"]) for one in found],
            "state": [_state(one, now) for one in found],
            "ends": [_clock(one["ends_at"]) for one in found],
            "reason": [one["reason"] for one in found],
            "author": [one["author"] for one in found],
        }
    )
    tables.table(frame, name="silences", nothing="Nothing is silenced.",
                 columns={"matchers": "Alerts", "state": "State", "ends": "Until",
                          "reason": "Reason", "author": "By"})  # fmt: skip
    running = {one["id"]: one for one in found if one["ends_at"] > now}
    if running and parts.may("silence"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            names = {number: _spelled(one["matchers"]) for number, one in running.items()}
            picked = st.selectbox(
                "Silence", list(names), key="silence-picked", format_func=names.__getitem__
            )
            if st.button("End it now", key="silence-end"):
                _do("end silence", str(picked), lambda _who: people.end_silence(picked, now),
                    "ended")  # fmt: skip


def _new_silence(now: datetime) -> None:
    with (
        st.form("new-silence", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        matchers = st.text_input("Alerts that match", placeholder=_HINT)
        length = st.selectbox("For", list(parts.SNOOZES), index=1, width=120)
        reason = st.text_input("Reason", max_chars=2000)
        if st.form_submit_button("Silence", type="primary"):
            until = now + parts.SNOOZES[length]
            _do("silence", matchers, lambda who: people.silence(
                parse_matchers(matchers), now, until, reason, who), "silenced")  # fmt: skip


def _windows(now: datetime) -> None:
    found = store.windows()
    frame = pd.DataFrame(
        {
            "name": [one.name for one in found],
            "matchers": [_spelled(one.matchers) for one in found],
            "when": [_when(one) for one in found],
            "state": [
                "open" if quiet.open_until(one, now, company.zone()) else "" for one in found
            ],
            "reason": [one.reason for one in found],
            "author": [one.author for one in found],
        }
    )
    tables.table(frame, name="maintenance-windows", nothing="No maintenance is planned.",
                 columns={"name": "Window", "matchers": "Alerts", "when": "When", "state": "Now",
                          "reason": "Reason", "author": "By"})  # fmt: skip
    if found and parts.may("silence"):
        by_id = {one.id: one for one in found}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            picked = st.selectbox("Window", list(by_id), key="window-picked",
                                  format_func=lambda i: by_id[i].name)  # fmt: skip
            if st.button("Remove", key="window-remove"):
                _do("remove window", by_id[picked].name,
                    lambda _who: people.remove_window(picked), "removed")  # fmt: skip


def _when(window: quiet.Window) -> str:
    length = f"{window.starts:%H:%M} for {window.minutes} min"
    if window.repeats == "once":
        return f"{window.first_day} {length}"
    days = ", ".join(_DAYS[number] for number in window.weekdays)
    until = f" until {window.last_day}" if window.last_day else ""
    return f"{window.repeats}{f' on {days}' if days else ''} at {length}{until}"


def _new_window() -> None:
    with st.form("new-window", border=False):
        with st.container(horizontal=True):
            name = st.text_input("Name")
            matchers = st.text_input("Alerts that match", placeholder=_HINT, key="window-matchers")
            reason = st.text_input("Reason", key="window-reason")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            first = st.date_input("First day", company.today())
            starts = st.time_input("From", time(22))
            minutes = st.number_input("Minutes", 1, 10080, 60)
            repeats: quiet.Repeats = st.selectbox("Repeats", get_args(quiet.Repeats))
            days = st.multiselect("On", _DAYS, placeholder="for weekly")
            last = st.date_input("Last day", None)
            pressed = st.form_submit_button("Plan", type="primary")
    if pressed and isinstance(first, date):
        _do("plan window", name, lambda who: people.plan_window(
            name, parse_matchers(matchers), first_day=first, starts=starts,
            minutes=int(minutes), repeats=repeats, weekdays=[_DAYS.index(day) for day in days],
            last_day=last if isinstance(last, date) else None, reason=reason,
            author=who), "planned")  # fmt: skip


def _spelled(matchers: Sequence[Matcher]) -> str:
    return ", ".join(map(str, matchers))


def _state(one: dict[str, datetime], now: datetime) -> str:
    if one["ends_at"] <= now:
        return "over"
    return "holds" if one["starts_at"] <= now else "to come"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(guard.clock()):%Y-%m-%d %H:%M}"


def _do(what: str, on: str, act: parts.Act, done: str) -> None:
    if parts.carry_out("silence", what, on, lambda person: act(person.name), f"{on}: {done}."):
        st.rerun()

"""On call: who has it this week, exceptions, and whom an unanswered alert goes to next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import streamlit as st

from alerts import channelbook, durations, oncall
from alerts.rota import Rota
from alerts.routing import Step
from components import guard, tables
from components.panel import panel
from components.period import Period
from data import company
from pages import alert_parts as parts

_WEEKS = 8


def show(_chosen: Period) -> None:
    """Rotas and policies, each with its form for those who may edit."""
    guard.require("alerts")
    parts.say_what_was_done()
    rotas = oncall.rotas()
    with panel("Rotas", f"handed over weekly, by the clock of {company.zone().key}"):
        _rotas(rotas)
        if parts.may("edit"):
            _new_rota()
            _exceptions(rotas)
    with panel("Escalation policies", "steps until somebody acknowledges"):
        _policies()
        if parts.may("edit"):
            _new_policy(rotas)


def _rotas(rotas: Sequence[Rota]) -> None:
    now, zone = datetime.now(UTC), company.zone()
    rows = []
    for rota in rotas:
        for week in range(_WEEKS):
            at = now + timedelta(weeks=week)
            holder = rota.on_call(at, zone)
            rows.append(
                {
                    "rota": rota.name,
                    "week": "now" if week == 0 else f"{at.astimezone(zone):%Y-%m-%d}",
                    "member": holder[0] if holder else "nobody",
                    "channel": holder[1] if holder else "",
                }
            )
    frame = pd.DataFrame(rows) if rows else parts.empty_frame("rota", "week", "member", "channel")
    tables.table(frame, name="on-call", nothing="There is no rota.",
                 columns={"rota": "Rota", "week": "Week of", "member": "On call",
                          "channel": "Told by"})  # fmt: skip


def _new_rota() -> None:
    with st.expander("Add or replace a rota"), st.form("new-rota", border=False):
        name = st.text_input("Name")
        with st.container(horizontal=True):
            first = st.date_input("First day", company.today())
            handover = st.time_input("Handed over at", time(9))
        typed = st.text_area("Members in order, each as name: channel", placeholder="Night: pager")
        if st.form_submit_button("Save the rota", type="primary") and isinstance(first, date):
            _do("save rota", name,
                lambda who: oncall.save_rota(name, first, handover, _members(typed), who),
                "saved")  # fmt: skip


def _members(typed: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in typed.splitlines() if line.strip())
    return {name.strip(): channel.strip() for name, _, channel in pairs}


def _exceptions(rotas: Sequence[Rota]) -> None:
    if not rotas:
        return
    by_name = {rota.name: rota for rota in rotas}
    with st.expander("Somebody stands in"):
        picked = st.selectbox("Rota", list(by_name), key="stand-in-rota")
        with st.form("stand-in", border=False):
            member = st.selectbox("Member", [name for name, _ in by_name[picked].members])
            with st.container(horizontal=True):
                first = st.date_input("From the start of", company.today())
                last = st.date_input("To the end of", company.today())
            pressed = st.form_submit_button("Put in")
        if st.button("Remove this rota", key="rota-remove"):
            _do("remove rota", picked, lambda _who: oncall.remove_rota(picked), "removed")
    if pressed and isinstance(first, date) and isinstance(last, date) and member:
        starts, ends = _midnight(first), _midnight(last + timedelta(days=1))
        _do("stand in", picked,
            lambda who: oncall.stand_in(picked, member, starts, ends, who), "changed")  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), company.zone())


def _policies() -> None:
    rows = [
        {"policy": name, "after": durations.spell(step.after), "to": ", ".join(step.to)}
        for name, steps in oncall.policies().items()
        for step in steps
    ]
    frame = pd.DataFrame(rows) if rows else parts.empty_frame("policy", "after", "to")
    tables.table(frame, name="escalation-policies", nothing="There is no policy.",
                 columns={"policy": "Policy", "after": "After", "to": "Tells"})  # fmt: skip


def _new_policy(rotas: Sequence[Rota]) -> None:
    targets = [row.name for row in channelbook.listed()] + [f"rota:{rota.name}" for rota in rotas]
    with st.expander("Add, replace or remove a policy"), st.form("new-policy", border=False):
        name = st.text_input("Name")
        steps = []
        for number, delay in enumerate(("15m", "30m", "1h"), start=1):
            with st.container(horizontal=True):
                after = st.text_input(f"Step {number} after", delay, width=120)
                to = st.multiselect(f"Step {number} tells", targets)
            if to:
                steps.append((after, tuple(to)))
        pressed = st.form_submit_button("Save the policy", type="primary")
        remove = st.form_submit_button("Remove the policy of that name")
    if pressed:
        _do("save policy", name, lambda who: oncall.save_policy(
            name, [Step(durations.parse(after), to) for after, to in steps], who),
            "saved")  # fmt: skip
    if remove:
        _do("remove policy", name, lambda _who: oncall.remove_policy(name), "removed")


def _do(what: str, on: str, act: parts.Act, done: str) -> None:
    if parts.carry_out("edit", what, on, lambda person: act(person.name), f"{on}: {done}."):
        st.rerun()

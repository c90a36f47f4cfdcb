"""On call: who has it this week, exceptions, and whom an unanswered alert goes to next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import streamlit as st

from alerts import channelbook, durations, oncall
from alerts.rota import PREFIX, Rota
from alerts.routing import Step
from components import guard, tables
from components.panel import panel
from components.period import Period
from data import company
from pages import alert_parts as parts

_WEEKS = 8
_NEW_ROTA, _NEW_POLICY = "New rota", "New policy"
_DELAYS = ["15m", "30m", "1h"]
Stored = Mapping[str, tuple[Step, ...]]


def show(_chosen: Period) -> None:
    """Rotas and policies, each with its form for those who may edit."""
    guard.require("alerts")
    parts.say_what_was_done()
    rotas = oncall.rotas()
    with panel("Rotas", f"handed over weekly, by the clock of {company.zone().key}"):
        _rotas(rotas)
        if parts.may("edit"):
            _edit_rota(rotas)
            _exceptions(rotas)
    with panel("Escalation policies", "steps until somebody acknowledges"):
        stored = oncall.policies()
        _policies(stored)
        if parts.may("edit"):
            _edit_policy(stored, rotas)


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


def _edit_rota(rotas: Sequence[Rota]) -> None:
    by_name = {rota.name: rota for rota in rotas}
    with st.expander("Add or change a rota"):
        picked = st.selectbox("Rota", [_NEW_ROTA, *by_name], key="rota-picked")
        _rota_form(by_name.get(picked))


def _rota_form(before: Rota | None) -> None:
    """Starts from what is stored, or empty for a new one."""
    old = before.name if before else ""
    with st.form(f"rota-{old}", border=False):
        name = old or st.text_input("Name")
        with st.container(horizontal=True):
            first = st.date_input("First day", before.first_day if before else company.today())
            handover = st.time_input("Handed over at", before.handover if before else time(9))
        lines = [f"{who}: {channel}" for who, channel in before.members] if before else []
        typed = st.text_area("Members in order, each as name: channel", "\n".join(lines),
                             placeholder="Night: pager")  # fmt: skip
        saved = st.form_submit_button("Save the rota", type="primary")
    if saved and isinstance(first, date):
        _do("save rota", name,
            lambda who: oncall.save_rota(name, first, handover, _members(typed), who),
            "saved")  # fmt: skip
    if old:
        with st.popover("Remove"):
            st.write("Rules and policies that name it tell their other channels.")
            if st.button("Remove the rota", key="rota-remove"):
                _do("remove rota", old, lambda _who: oncall.remove_rota(old), "removed")


def _members(typed: str) -> list[tuple[str, str]]:
    pairs = (line.partition(":") for line in typed.splitlines() if line.strip())
    return [(name.strip(), channel.strip()) for name, _, channel in pairs]


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
    if pressed and isinstance(first, date) and isinstance(last, date) and member:
        starts, ends = _midnight(first), _midnight(last + timedelta(days=1))
        _do("stand in", picked,
            lambda who: oncall.stand_in(picked, member, starts, ends, who), "changed")  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), company.zone())


def _policies(stored: Stored) -> None:
    rows = [
        {"policy": name, "after": durations.spell(step.after), "to": ", ".join(step.to)}
        for name, steps in stored.items()
        for step in steps
    ]
    frame = pd.DataFrame(rows) if rows else parts.empty_frame("policy", "after", "to")
    tables.table(frame, name="escalation-policies", nothing="There is no policy.",
                 columns={"policy": "Policy", "after": "After", "to": "Tells"})  # fmt: skip


def _edit_policy(stored: Stored, rotas: Sequence[Rota]) -> None:
    targets = [row.name for row in channelbook.listed()]
    targets += [f"{PREFIX}{rota.name}" for rota in rotas]
    with st.expander("Add or change a policy"):
        picked = st.selectbox("Policy", [_NEW_POLICY, *stored], key="policy-picked")
        old = picked if picked in stored else ""
        with st.form(f"policy-{old}", border=False):
            name = old or st.text_input("Name")
            steps = _steps(stored.get(old, ()), targets)
            saved = st.form_submit_button("Save the policy", type="primary")
        if saved:
            _do("save policy", name, lambda who: oncall.save_policy(
                name, [Step(durations.parse(after), to) for after, to in steps], who),
                "saved")  # fmt: skip
        if old:
            with st.popover("Remove"):
                st.write("Alerts of rules that name it are not escalated any more.")
                if st.button("Remove the policy", key="policy-remove"):
                    _do("remove policy", old, lambda _who: oncall.remove_policy(old), "removed")


def _steps(now: Sequence[Step], targets: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The stored steps and room for more; those that tell nobody are left out."""
    delays = [durations.spell(step.after) for step in now]
    delays += _DELAYS[len(delays) :] or ["1h"]
    found = []
    for number, delay in enumerate(delays):
        told = [name for name in now[number].to if name in targets] if number < len(now) else []
        with st.container(horizontal=True):
            after = st.text_input(f"Step {number + 1} after", delay, width=120)
            to = st.multiselect(f"Step {number + 1} tells", targets, told)
        if to:
            found.append((after.strip(), tuple(to)))
    return found


def _do(what: str, on: str, act: parts.Act, done: str) -> None:
    if parts.carry_out("edit", what, on, lambda person: act(person.name), f"{on}: {done}."):
        st.rerun()

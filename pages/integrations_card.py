"""One connection as a card: state, what it means, age, what is left, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from auth import audit, roles
from auth.people import Person
from components import guard, units
from components.markup import escape, prose
from data.integrations import connections, probe, status
from data.integrations.status import Loading, Standing

_BADGES = {
    status.CONNECTED: ("sx-good", "✓"),
    status.DEGRADED: ("sx-warning", "▲"),
    status.FAILING: ("sx-critical", "✕"),
    status.PAUSED: ("sx-info", "‖"),
    status.NOT_CONFIGURED: ("sx-info", "○"),
}


def show(each: Standing, person: Person) -> None:
    """The card, with the buttons that the person's role allows."""
    name = each.connection.name
    with st.container(border=True, key=f"integration-{name}"):
        st.html(html(each, datetime.now(UTC)))
        for loading in each.loading:
            _progress(loading)
        if each.state != status.NOT_CONFIGURED:
            with st.container(horizontal=True):
                _buttons(each, person)


def html(each: Standing, now: datetime) -> str:
    """Title, state and figures as HTML."""
    tone, symbol = _BADGES[each.state]
    badge = (
        f'<span class="sx-badge {tone}" role="img" aria-label="{escape(each.state)}">'
        f"{symbol}</span>"
    )
    head = (
        '<div class="sx-panel-head" style="display:flex;gap:.5rem;align-items:center">'
        f'{badge}<h3 class="sx-panel-title">{escape(each.connection.title)}</h3>'
        f'<span class="sx-note">{escape(each.state)}</span></div>'
    )
    said = each.error or (each.message if each.state == status.CONNECTED else "") or ""
    words = f'<p style="margin:.35rem 0">{prose(said)}</p>' if said else ""
    facts = " · ".join(escape(fact) for fact in _facts(each, now))
    return f'{head}{words}<div class="sx-note">{facts}</div>'


def _facts(each: Standing, now: datetime) -> list[str]:
    if each.state == status.NOT_CONFIGURED:
        return ["Open Connect below to set it up."]
    facts = []
    if each.connection.every is not None:
        old = "no synchronisation yet" if each.last_sync is None else _ago(each.last_sync, now)
        facts.append(f"last success {old}" if each.last_sync else old)
        facts.append(f"{_counted(each.rows_today, 'record')} today")
    facts.append(f"{_counted(each.calls_today, 'call')} today")
    if each.running:
        facts.append("running now")
    elif each.next_sync is not None:
        facts.append(f"next run {_in(each.next_sync, now)}")
    if each.probed_at is not None:
        facts.append(f"tested {_ago(each.probed_at, now)} in {each.response_ms or 0:.0f} ms")
    facts += [_quota(name, line) for name, line in each.quota.items() if _tells(name, line)]
    if each.problems:
        facts.append(f"{_counted(each.problems, 'problem')} in the last run, see Runs")
    if each.differences:
        facts.append(f"{_counted(each.differences, 'total')} off the vendor's, see Differences")
    return facts


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _tells(name: str, line: Mapping[str, float | None]) -> bool:
    """A day's allowance always; a short one only when much of it is used."""
    left, limit = line.get("remaining") or 0, line.get("limit")
    return "today" in name or not limit or left < limit / 2


def _quota(name: str, line: Mapping[str, float | None]) -> str:
    limit = line.get("limit")
    of = f" of {limit:,.0f}" if limit else ""
    return f"{line.get('remaining') or 0:,.0f}{of} {name} left"


def _progress(loading: Loading) -> None:
    ends = ""
    if loading.ends_at is not None:
        ends = f", about {units.age(loading.ends_at - datetime.now(UTC))} left"
    of = f" of {loading.expected:,}" if loading.expected else ""
    share = loading.done / loading.expected if loading.expected else 0.0
    st.progress(min(1.0, share), text=f"First load of {loading.stream}: {loading.done:,}{of}{ends}")


def _buttons(each: Standing, person: Person) -> None:
    name = each.connection.name
    if not roles.can(person.role, "integrations", "sync"):
        return
    if st.button("Test", key=f"test-{name}", icon=":material/network_check:"):
        guard.require("integrations", "sync")
        probe.test(name)
        st.rerun(scope="fragment")
    if each.connection.every is None:
        return
    waiting = each.running or each.connection.requested_at is not None
    if st.button("Sync now", key=f"sync-{name}", icon=":material/sync:", disabled=waiting):
        _act(name, "sync")
        connections.request(name)
        st.rerun(scope="fragment")
    if roles.can(person.role, "integrations", "credentials"):
        paused = each.connection.paused
        words, icon = ("Resume", "play_arrow") if paused else ("Pause", "pause")
        if st.button(words, key=f"pause-{name}", icon=f":material/{icon}:"):
            _act(name, words.lower(), "credentials")
            connections.pause(name, not paused)
            st.rerun(scope="fragment")


def _act(name: str, what: str, action: str = "sync") -> None:
    person = guard.require("integrations", action)
    audit.record(
        f"integration {what}", actor=person, on=f"integration {name}", address=guard.address()
    )


def _ago(at: datetime, now: datetime) -> str:
    return f"{units.age(now - at)} ago"


def _in(at: datetime, now: datetime) -> str:
    return "now" if at <= now else f"in {units.age(at - now)}"

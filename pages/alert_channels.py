"""The channels: how each stands, what it delivered, its settings and a test."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from alerts import channelbook, store
from alerts.channelbook import ChannelRow
from alerts.channels import KINDS, TITLES
from alerts.channels.config import Field
from alerts.delivery import base_url
from components import empty, guard, tables
from components.panel import panel
from components.period import Period
from pages import alert_parts as parts

_NEW = "New channel"


def show(_chosen: Period) -> None:
    """The list, the delivery history, and settings for those who may edit."""
    guard.require("alerts")
    parts.say_what_was_done()
    rows = channelbook.listed()
    with panel("Channels", "in the order of fallback"):
        _list(rows)
    if parts.may("edit"):
        with panel("Settings", "secrets are stored encrypted and never shown again"):
            _editor(rows)
    with panel("Deliveries", "the newest 500"):
        _deliveries(rows)


def _list(rows: Sequence[ChannelRow]) -> None:
    if not rows:
        empty.state(
            "Nobody is told of alerts yet.", "Add a channel below; an e-mail address will do."
        )
        return
    frame = pd.DataFrame(
        {
            "name": [row.name for row in rows],
            "kind": [TITLES.get(row.kind, row.kind) for row in rows],
            "state": ["on" if row.enabled else "off" for row in rows],
            "default": [row.is_default for row in rows],
            "last_ok": [row.last_ok_at for row in rows],
            "last_error": [row.last_error or "" for row in rows],
        }
    )
    tables.table(parts.local(frame, "last_ok"), name="alert-channels",
                 columns={"name": "Channel", "kind": "Kind", "state": "State",
                          "default": "Told by default", "last_ok": "Last delivery",
                          "last_error": "Last error"})  # fmt: skip


def _editor(rows: Sequence[ChannelRow]) -> None:
    by_name = {row.name: row for row in rows}
    picked = st.selectbox("Channel", [_NEW, *by_name], key="channel-picked")
    row = by_name.get(picked)
    kind = row.kind if row else st.selectbox("Kind", list(KINDS), format_func=TITLES.__getitem__,
                                             key="channel-kind")  # fmt: skip
    with st.form(f"channel-{picked}-{kind}", border=False):
        name = row.name if row else st.text_input("Name", max_chars=60)
        with st.container(horizontal=True):
            given = {field.name: _input(field, row) for field in KINDS[kind].FIELDS}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            is_default = st.checkbox("Told by default", row.is_default if row else True)
            enabled = st.checkbox("On", row.enabled if row else True)
            limit = st.number_input("Messages a minute at most", 1, 1000,
                                    row.per_minute if row else 30)  # fmt: skip
        saved = st.form_submit_button("Save", type="primary")
    if saved:
        _do("save channel", name or "", lambda who: channelbook.save(
            name or "", kind, given, who, enabled=enabled, is_default=is_default,
            per_minute=int(limit)), "saved")  # fmt: skip
    if row:
        _buttons(row)


def _input(field: Field, row: ChannelRow | None) -> str:
    now = row.fields.get(field.name, field.default) if row else field.default
    if field.choices:
        return str(st.selectbox(field.label, field.choices, help=field.help or None,
                                index=field.choices.index(now or field.choices[0])))  # fmt: skip
    if not field.secret:
        return st.text_input(field.label, now, help=field.help or None)
    is_set = row is not None and field.name in row.secrets_set
    hint = "stored; leave empty to keep it" if is_set else ""
    return st.text_input(field.label, type="password", placeholder=hint, help=field.help or None,
                         autocomplete="new-password")  # fmt: skip


def _buttons(row: ChannelRow) -> None:
    with st.container(horizontal=True):
        if st.button("Test", key="channel-test", icon=":material/send:"):
            _do("test channel", row.name,
                lambda _who: channelbook.try_out(row.name, f"{base_url()}/alerts"),
                "delivered the test")  # fmt: skip
        if st.button("Move up", key="channel-up"):
            _do("move channel", row.name, lambda _who: channelbook.move_up(row.name), "moved up")
        with st.popover("Remove"):
            st.write("What waits for it is given up; rules that name it use the default channels.")
            if st.button("Remove the channel", key="channel-remove"):
                _do("remove channel", row.name, lambda _who: channelbook.remove(row.name),
                    "removed")  # fmt: skip


def _do(what: str, on: str, act: parts.Act, done: str) -> None:
    if parts.carry_out("edit", what, on, lambda person: act(person.name), f"{on}: {done}."):
        st.rerun()


def _deliveries(rows: Sequence[ChannelRow]) -> None:
    names = ["", *(row.name for row in rows)]
    chosen = st.selectbox("Of", names, format_func=lambda name: name or "all channels",
                          key="deliveries-of", width=200)  # fmt: skip
    found = parts.local(store.deliveries(chosen or None), "made_at", "sent_at")
    tables.table(found, name="alert-deliveries",
                 nothing="Nothing has been delivered yet.",
                 columns={"made_at": "Written", "channel": "Channel", "event": "What",
                          "rule": "Rule", "result": "Result", "attempts": "Attempts",
                          "sent_at": "Sent", "error": "Error",
                          "fallback_of": "Instead of"})  # fmt: skip

"""The rules: how each stands, and an editor that shows while you type what it would have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from alerts import advice, channelbook, oncall, rulebook, rulefile, store
from alerts.rules import Rule, problems
from components import guard, tables
from components.panel import panel
from components.period import Period
from pages import alert_parts as parts
from pages import alert_preview, alert_rule_form

_NEW = "New rule"


def show(_chosen: Period) -> None:
    """The list, then the editor for those who may edit."""
    guard.require("alerts")
    parts.say_what_was_done()
    rulebook.install_defaults()
    kept = rulebook.kept()
    with panel("Rules", f"{len(kept)} rules"):
        _list(kept)
    if parts.may("edit"):
        _editor(kept)
        with panel("As a file", "all rules as TOML, to keep or to carry over"):
            _files(kept)


def _list(kept: Sequence[rulebook.Kept]) -> None:
    by_name = {one.rule.name: one for one in kept}
    frame = store.rule_states()
    frame = frame[frame["name"].isin(list(by_name))].copy()  # others save and remove meanwhile
    rules = [by_name[name].rule for name in frame["name"]]
    now = datetime.now(UTC)
    frame["state"] = [_state(by_name[name], now) for name in frame["name"]]
    frame["signal"] = [rule.signal for rule in rules]
    frame["condition"] = [rule.condition for rule in rules]
    frame["severity"] = [rule.severity for rule in rules]
    tables.table(
        frame,
        name="alert-rules",
        columns={"name": "Rule", "state": "State", "severity": "Severity", "signal": "Signal",
                 "condition": "Condition", "firing": "Firing", "pending": "Pending",
                 "no_data": "No data", "series": "Label sets"},
    )  # fmt: skip


def _state(kept: rulebook.Kept, now: datetime) -> str:
    if not kept.rule.enabled:
        return "off"
    if kept.error:
        return f"in error: {kept.error}"
    if kept.muted_until is not None and kept.muted_until > now:
        until = f"{kept.muted_until.astimezone(guard.clock()):%Y-%m-%d %H:%M}"
        return f"muted until {until}: {kept.muted_reason or 'no reason given'}"
    return "on"


def _editor(kept: Sequence[rulebook.Kept]) -> None:
    by_name = {one.rule.name: one for one in kept}
    names = [_NEW, *by_name]
    given = st.query_params.get("rule")
    with panel("Editor", "the chart below shows what the rule would have done in the last 30 days"):
        start = names.index(given) if given in by_name else 0
        name = st.selectbox("Rule", names, index=start, key="rule-picked")
        before = by_name.get(name)
        rule = alert_rule_form.form(before.rule if before else None, name)
        unnamed = isinstance(rule, Rule) and not rule.name.strip()
        if isinstance(rule, Rule) and unnamed:
            st.caption("Give the rule a name to save it.")
            rule = replace(rule, name=_NEW)
        wrong = _wrong(rule)
        for sentence in wrong:
            parts.say_wrong(sentence)
        if isinstance(rule, Rule) and not wrong:
            alert_preview.show(rule)
        _buttons(rule, before, usable=not wrong and not unnamed)


def _wrong(rule: Rule | str) -> list[str]:
    if isinstance(rule, str):
        return [rule]
    found = [sentence for _, sentence in problems(rule)]
    return found or list(
        advice.refusals(rule, [row.name for row in channelbook.listed()], oncall.policies())
    )


def _buttons(rule: Rule | str, before: rulebook.Kept | None, *, usable: bool) -> None:
    old = before.rule.name if before else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        save = st.button("Save", type="primary", disabled=not usable, key="rule-save")
        if save and isinstance(rule, Rule):
            _do("save rule", rule.name, lambda who: rulebook.save(rule, who, before=old), "saved")
        if before is None or old is None:
            return
        if before.origin and st.button("Reset to default", key="rule-reset"):
            _do("reset rule", old, lambda who: rulebook.reset(old, who), "reset")
        reason = st.text_input("Reason to mute", key="rule-mute-reason", max_chars=200, width=220)
        length = st.selectbox("Mute for", list(parts.SNOOZES), width=120, key="rule-mute-for")
        if st.button("Mute", key="rule-mute"):
            until = datetime.now(UTC) + parts.SNOOZES[length]
            why = reason.strip() or "no reason given"
            _do("mute rule", old, lambda who: rulebook.mute(old, until, why, who), "muted")
        if before.muted_until and st.button("Unmute", key="rule-unmute"):
            _do("unmute rule", old, lambda who: rulebook.mute(old, None, None, who), "unmuted")
        with st.popover("Remove"):
            st.write("Its firing alerts are resolved and its history stays.")
            if st.button("Remove the rule", key="rule-remove"):
                _do("remove rule", old, lambda _who: rulebook.remove(old), "removed")


def _do(what: str, on: str, act: parts.Act, done: str) -> None:
    if parts.carry_out("edit", what, on, lambda person: act(person.name), f"{on}: {done}."):
        st.query_params.pop("rule", None)
        st.rerun()


def _files(kept: Sequence[rulebook.Kept]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        taken = guard.taking("alert-rules")

        def spelt() -> str:
            taken(len(kept))
            return rulefile.spell(one.rule for one in kept)

        st.download_button("Export", spelt, "alert-rules.toml",
                           "application/toml", icon=":material/download:",
                           on_click="ignore")  # fmt: skip
        if st.button("Bring back removed defaults", key="rules-restore"):
            _do("restore rules", "defaults", rulebook.restore_missing, "restored")
    file = st.file_uploader("Import", type=["toml"], key="rules-import", max_upload_size=5)
    if file is None or not st.button("Take over these rules", key="rules-take-over"):
        return
    try:
        text = rulefile.decoded(file.getvalue(), file.name)
        rules = rulefile.parse(text, file.name, advice.usable)
    except rulefile.RuleFileError as error:
        parts.say_wrong(error)
        return
    _do("import rules", file.name, lambda who: rulebook.take_over(rules, who), "taken over")

"""The fields of a rule; what is typed becomes a rule, or a sentence about what cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from alerts import channelbook, durations, labels, oncall, signals
from alerts.backtest import spell_labels
from alerts.rules import AGGREGATES, BOUNDS, NO_DATA, OPERATORS, SEVERITIES, Rule
from alerts.signals import Signal

_EMPTY = Rule("", "system.cpu_pct", 85.0)
_SPANS = ("for_", "keep_firing_for", "every", "staleness", "repeat")


def form(before: Rule | None, name: str) -> Rule | str:
    """Draw the fields, filled from `before`; every change is seen at once by the preview."""
    rule = before or _EMPTY
    keys = f"rule-{name}-"
    given: dict[str, Any] = {}
    try:
        _what(rule, keys, given)
        _when(rule, keys, given)
        _who(rule, keys, given)
        with st.expander("More"):
            _more(rule, keys, given)
    except ValueError as error:
        return str(error)
    return Rule(**given)


def _what(rule: Rule, keys: str, given: dict[str, Any]) -> None:
    known = signals.catalogue()
    names = list(known)
    with st.container(horizontal=True):
        given["name"] = st.text_input("Name", rule.name, key=keys + "name", max_chars=120)
        given["signal"] = st.selectbox(
            "Signal",
            names,
            index=names.index(rule.signal) if rule.signal in names else None,
            format_func=lambda one: f"{known[one].title} · {one}",
            key=keys + "signal",
        )
        given["severity"] = _choice("Severity", SEVERITIES, rule.severity, keys + "severity")
    if given["signal"] is None:
        raise ValueError(f"No signal is called {rule.signal} here; choose one to watch.")
    with st.container(horizontal=True):
        given["aggregate"] = _choice("Value", AGGREGATES, rule.aggregate, keys + "aggregate")
        if given["aggregate"] != "last":
            window = durations.spell(rule.window) if rule.window else "5m"
            given["window"] = _span("over", window, keys + "window")
        given["op"] = _choice("is", OPERATORS, rule.op, keys + "op")
        if given["op"] != "absent":
            given["threshold"] = _threshold(rule, known[given["signal"]], keys)


def _threshold(rule: Rule, signal: Signal, keys: str) -> Any:
    start = rule.threshold if rule.threshold is not None else 0.0
    kinds = ["number", *BOUNDS] if signal.bound else ["number"]
    current = start if isinstance(start, str) and start in kinds else "number"
    if len(kinds) > 1:
        kind = _choice("Threshold", kinds, current, keys + "kind")
        if kind != "number":
            return kind
    number = start if isinstance(start, float | int) else 0.0
    return float(
        st.number_input(f"Number ({signal.unit or 'no unit'})", value=float(number), format="%g",
                        key=keys + "threshold")
    )  # fmt: skip


def _when(rule: Rule, keys: str, given: dict[str, Any]) -> None:
    titles = ("for", "keep firing for", "judged every", "stale after", "repeat every")
    with st.container(horizontal=True):
        for field, title in zip(_SPANS, titles, strict=True):
            given[field] = _span(title, durations.spell(getattr(rule, field)), keys + field)
        given["no_data"] = _choice("No data", NO_DATA, rule.no_data, keys + "no_data")


def _who(rule: Rule, keys: str, given: dict[str, Any]) -> None:
    names = [row.name for row in channelbook.listed()]
    names += [f"rota:{rota.name}" for rota in oncall.rotas()]
    policies = ["", *oncall.policies()]
    with st.container(horizontal=True):
        given["channels"] = tuple(
            st.multiselect("Tell", _with(names, rule.channels), default=list(rule.channels),
                           placeholder="The default channels", key=keys + "channels")
        )  # fmt: skip
        chosen = st.selectbox(
            "Escalation",
            _with(policies, [rule.escalation or ""]),
            index=_with(policies, [rule.escalation or ""]).index(rule.escalation or ""),
            format_func=lambda name: name or "none",
            key=keys + "escalation",
        )
        given["escalation"] = chosen or None
        given["runbook"] = (
            st.text_input("Runbook", rule.runbook or "", key=keys + "runbook") or None
        )


def _more(rule: Rule, keys: str, given: dict[str, Any]) -> None:
    given["description"] = st.text_input("What it means", rule.description, key=keys + "text")
    given["match"] = _labels("Only series with", rule.match, keys + "match")
    given["labels"] = _labels("Labels added to its alerts", rule.labels, keys + "labels")
    change = durations.spell(rule.change_over) if rule.change_over else ""
    typed = st.text_input("Judge the change in % over", change, placeholder="7d",
                          key=keys + "change")  # fmt: skip
    given["change_over"] = durations.parse(typed.strip()) if typed.strip() else None
    given["enabled"] = st.checkbox("Judge this rule", rule.enabled, key=keys + "enabled")


def _labels(title: str, now: Any, key: str) -> dict[str, str]:
    typed = st.text_input(title, spell_labels(now.items()), placeholder="line=1,shift=night",
                          key=key)  # fmt: skip
    if not typed.strip():
        return {}
    matchers = labels.parse_matchers(typed)
    if any(matcher.op != "=" for matcher in matchers):
        raise ValueError(f"{title}: write labels as line=1,shift=night.")
    return {matcher.name: matcher.value for matcher in matchers}


def _span(title: str, value: str, key: str) -> Any:
    return durations.parse(st.text_input(title, value, key=key, width=110).strip())


def _choice(title: str, choices: Sequence[str], now: str, key: str) -> Any:
    return st.selectbox(title, choices, index=list(choices).index(now), key=key, width=130)


def _with(known: Sequence[str], more: Sequence[str]) -> list[str]:
    return [*known, *(name for name in more if name not in known)]

"""What a rule would have done in the last 30 days, and what is suspicious about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

from alerts import advice, durations, rulefile, store
from alerts.backtest import spell_labels
from alerts.rules import Rule
from components import charts, empty, units
from components.charts import Mark, Threshold
from components.markup import sentences
from pages import alert_parts as parts

_LINES = 5
_MARKS = 30
_EVERY_S = 300


def show(rule: Rule) -> None:
    """The chart with each moment it would have fired, and how often it would have paged."""
    for sentence in advice.warnings(rule):
        st.warning(sentences(sentence))
    preview = _preview(rulefile.spell([rule]))
    for sentence in preview.warnings():
        st.warning(sentences(sentence))
    if not preview.series:
        empty.state("This signal has no history to try the rule on.",
                    "It is judged from now on once the rule is saved.")  # fmt: skip
        return
    fired = preview.firings
    st.write(
        f"In the last 30 days it would have paged {_times(len(fired))}, firing for "
        f"{units.age(preview.firing_time()) if fired else '0 s'} in all "
        f"(judged every {durations.spell(preview.judged_every)})."
    )
    _chart(preview)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _chart(preview: advice.Preview) -> None:
    rule = preview.rule
    frame = pd.DataFrame(
        {
            spell_labels(one.labels) or rule.signal: store.as_pandas(one)
            for one in preview.series[:_LINES]
        }
    )
    bound = rule.threshold
    lines = [Threshold(float(bound), "threshold")] if isinstance(bound, float | int) else []
    charts.show(
        f"preview-{rule.name}",
        charts.time_series(
            frame,
            title=f"{rule.name}, last 30 days",
            unit=parts.unit_of(rule.signal),
            thresholds=lines if rule.change_over is None else [],
            marks=[Mark(change.at, "fires") for change in preview.firings[-_MARKS:]],
            span=(preview.end - timedelta(days=30), preview.end),
            low=None,
        ),
    )


@st.cache_resource(ttl=_EVERY_S, max_entries=30, show_spinner="Trying the rule on 30 days …")
def _preview(definition: str) -> advice.Preview:
    (rule,) = rulefile.parse(definition)
    return advice.Preview(rule, datetime.now(UTC))

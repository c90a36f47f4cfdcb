"""What the views of the Alerts page share: doing something as somebody, and saying so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from alerts import signals, store
from auth import audit, roles
from auth.people import Person
from components import empty, guard, tables
from components.alert_card import Card
from components.markup import escape, sentences
from data.database import DatabaseUnavailable

SNOOZES = {
    "30 min": timedelta(minutes=30),
    "2 h": timedelta(hours=2),
    "8 h": timedelta(hours=8),
    "1 day": timedelta(days=1),
    "1 week": timedelta(weeks=1),
}
_TOLD = "alerts-told"
Act = Callable[[str], object]


def may(action: str) -> bool:
    """Whether the person may do this to alerts; what they press is checked again."""
    return roles.can(guard.person().role, "alerts", action)


def carry_out(action: str, what: str, on: str, act: Callable[[Person], object], done: str) -> bool:
    """Check the permission, act, write it to the audit trail, and say so on the next run.

    What is said is `done`, or the sentence that `act` returns.
    """
    person = guard.require("alerts", action)
    try:
        result = act(person)
    except (DatabaseUnavailable, ValueError, LookupError) as error:
        say_wrong(error)
        return False
    except Exception as error:
        if not type(error).__module__.startswith("alerts."):
            raise
        say_wrong(error)
        return False
    audit.record(f"alerts.{what}", actor=person, on=on, address=guard.address())
    st.session_state[_TOLD] = result if isinstance(result, str) else done
    return True


def count(alerts: int) -> str:
    """`1 alert`, `2 alerts`."""
    return "1 alert" if alerts == 1 else f"{alerts} alerts"


def link(text: str, address: str) -> None:
    """A link within the product; it opens in the same tab."""
    st.html(
        f'<a href="{escape(address)}" target="_self" style="color:var(--sx-accent)">'
        f"{escape(text)}</a>"
    )


def ends(series: pd.Series[float], threshold: float | None) -> tuple[float | None, float | None]:
    """The ends of an axis that shows the series and its threshold; None to fit."""
    finite = series[series.abs() < float("inf")]
    if threshold is None or finite.empty:
        return None, None
    least, most = float(finite.min()), float(finite.max())
    if least <= threshold <= most:
        return None, None
    low = min(least, threshold)
    low = 0.0 if low >= 0 else low
    return low, max(most, threshold) if threshold > most else None


def say_what_was_done() -> None:
    """The result of what was pressed before this run."""
    if done := st.session_state.pop(_TOLD, None):
        st.toast(sentences(done))


def say_wrong(problem: object) -> None:
    """What is wrong in its own words, one sentence a line; a name in it is text, not Markdown."""
    st.error(sentences(problem))


@st.cache_data(ttl=10, max_entries=500, show_spinner=False)
def recent(signal: str, labels: tuple[tuple[str, str], ...], minute: int) -> list[float]:
    """About 60 values of an alert's series over the last hour; `minute` renews it."""
    end = datetime.fromtimestamp(minute * 60 + 60, UTC)
    try:
        found = signals.read(signal, end - timedelta(hours=1), end)
    except Exception:  # a card without its line is better than none
        return []
    for series in found:
        if set(series.labels) <= set(labels):
            values = store.as_pandas(series).replace([float("inf"), -float("inf")], None).dropna()
            return [float(value) for value in values.iloc[:: max(1, len(values) // 60)]]
    return []


def card(found: store.Alert, now: datetime) -> Card:
    """An alert as its card."""
    unit = unit_of(found.signal) if found.signal else ""
    said = found.condition if found.signal else found.description or found.condition
    spark: list[float] = []
    if found.signal:
        labels = tuple(sorted(found.labels.items()))
        spark = recent(found.signal, labels, int(now.timestamp()) // 60)
    return Card(
        title=found.rule,
        labels=found.label_text,
        severity=found.severity,
        since=found.active_since,
        condition=said,
        value=found.value,
        unit=unit,
        link=f"alerts?alert={found.id}",
        who=f"{found.acknowledged_by} has it" if found.acknowledged_by else "",
        quiet=found.quiet or "",
        spark=spark,
        threshold=found.threshold,
    )


@st.cache_data(ttl=300, show_spinner=False)
def _units() -> dict[str, str]:
    return {name: signal.unit for name, signal in signals.catalogue().items()}


def unit_of(signal: str | None) -> str:
    """The signal's unit, `number` when it is not known."""
    return _units().get(signal or "", "") or "number"


def local(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Instants as text of the reader's clock; empty where there is none."""
    shown = frame.copy()
    for column in columns:
        instants = pd.to_datetime(frame[column], utc=True).dt.tz_convert(guard.clock())
        shown[column] = instants.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("")
    return shown


def linked(frame: pd.DataFrame, *, name: str, columns: dict[str, str], nothing: str) -> None:
    """A table of alerts by `id`, each row leading to its alert, and its CSV."""
    if frame.empty:
        empty.state(nothing)
        return
    shown = frame.assign(open=[f"alerts?alert={number}" for number in frame["id"]])
    text = {
        column: shown[column].fillna("")
        for column in columns
        if shown[column].dtype in ("str", "object")
    }
    config: dict[str, Any] = {key: st.column_config.Column(title) for key, title in columns.items()}
    config["open"] = st.column_config.LinkColumn("Alert", display_text="Open")
    st.dataframe(
        shown.assign(**text)[[*columns, "open"]],
        hide_index=True,
        height=min(35 * len(shown) + 38, 420),
        column_config=config,
        key=name,
    )
    tables.download(frame[list(columns)], name=name)


def empty_frame(*columns: str) -> pd.DataFrame:
    """A frame without rows."""
    return pd.DataFrame({column: [] for column in columns})

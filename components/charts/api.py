"""The charts that pages call: a frame in, a drawing and its CSV out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pandas as pd
import streamlit as st

from components import tables


@dataclass(frozen=True)
class Threshold:
    """A horizontal line that a figure should not cross."""

    value: float
    label: str
    tone: Literal["target", "warning", "critical"] = "warning"


@dataclass(frozen=True)
class Mark:
    """A dated note on a chart."""

    at: datetime
    text: str


def time_series(
    frame: pd.DataFrame,
    *,
    key: str,
    unit: str = "count",
    names: Mapping[str, str] | None = None,
    kind: Literal["line", "area", "stacked"] = "line",
    thresholds: Sequence[Threshold] = (),
    ghost: pd.Series | None = None,
    marks: Sequence[Mark] = (),
    low: float | None = 0,
    high: float | None = None,
    height: int = 220,
    csv: bool = True,
) -> None:
    """Series over time.

    frame: index of instants (aware) or days, one column a series; NaN and missing steps are gaps.
    names: column → name in the legend. ghost: the first series a period earlier, in the same
    order of rows; drawn as a pale line. key: unique on the page; makes updates happen in place.
    """
    st.line_chart(frame, height=height)
    _csv(frame, key, csv)


def stacked_bars(
    frame: pd.DataFrame,
    *,
    key: str,
    unit: str = "count",
    names: Mapping[str, str] | None = None,
    marks: Sequence[Mark] = (),
    height: int = 260,
    csv: bool = True,
) -> None:
    """Bars over days (index), one column a part; the parts add up."""
    st.bar_chart(frame, height=height)
    _csv(frame, key, csv)


def bars(
    frame: pd.DataFrame,
    *,
    key: str,
    label: str,
    value: str,
    unit: str = "count",
    horizontal: bool = True,
    target: float | None = None,
    select: bool = False,
    height: int | None = None,
    csv: bool = True,
) -> str | None:
    """One bar a row: `label` and `value` are columns. With `select`, the label clicked on."""
    st.bar_chart(frame.set_index(label)[value], horizontal=horizontal)
    _csv(frame, key, csv)
    return None


def waterfall(
    frame: pd.DataFrame,
    *,
    key: str,
    label: str,
    value: str,
    start: tuple[str, float],
    end: tuple[str, float],
    unit: str = "money",
    height: int = 300,
    csv: bool = True,
) -> None:
    """From `start` (name, figure) over signed changes to `end`; the changes add up."""
    _csv(frame, key, csv)


def pareto(
    frame: pd.DataFrame,
    *,
    key: str,
    label: str,
    value: str,
    unit: str = "count",
    height: int = 300,
    csv: bool = True,
) -> None:
    """Bars from large to small with the cumulated share as a line."""
    _csv(frame, key, csv)


def heatmap(
    frame: pd.DataFrame, *, key: str, unit: str = "count", height: int = 280, csv: bool = True
) -> None:
    """A matrix: index down, columns across, such as weekday × hour."""
    _csv(frame, key, csv)


def cohort(
    frame: pd.DataFrame, *, key: str, unit: str = "share", height: int = 320, csv: bool = True
) -> None:
    """Cohorts down, periods since the first across; cells of the future are empty."""
    _csv(frame, key, csv)


def _csv(frame: pd.DataFrame, key: str, wanted: bool) -> None:
    if wanted:
        tables.download(frame.reset_index(), name=key, key=f"{key}-csv")

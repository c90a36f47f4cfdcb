"""Performance: hosts, application and database, live, from the last 5 minutes to a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from components import banner, board, empty, guard, period, provenance, system_board, tables, tiles
from components import system_tables as known
from components.board import Places, Prepared
from components.heading import heading
from components.panel import panel
from components.timespan import Period
from config.settings import settings
from data.database import DatabaseUnavailable
from data.queries import metrics
from pages import Page

_POINTS = 600
_SLOW_S = 20.0
_ALL = "All hosts"


@dataclass(frozen=True)
class Snapshot:
    """One moment of the page, made once for everybody who watches the same range."""

    latest: metrics.Latest
    charts: tuple[Prepared, ...]
    tiles: str
    made: datetime


def render() -> None:
    """Tiles and charts that refresh in place; tables more slowly."""
    guard.require("performance")
    with heading("Performance", "Hosts, application and database, live"):
        age = st.empty()
        host = _host()
        chosen = period.picker("live", refresh=settings().sample_interval, compare=False)
    top = st.empty()
    places: Places = {}
    for group, charts in system_board.GROUPS.items():
        board.section(group)
        places |= board.slots(charts, lambda key: _frame(key, chosen, host))
    st.fragment(_tick, run_every=_every(chosen))(age, top, places, chosen, host)
    slow = None if chosen.refresh is None else max(_SLOW_S, chosen.refresh)
    st.fragment(_tables, run_every=slow)(chosen, host)


def _host() -> str | None:
    """One host or all, in the URL; not asked where there is one."""
    names = metrics.instances()["instance"].tolist()
    given = st.query_params.get("host")
    if len(names) < 2 and given is None:
        return None
    listed = [_ALL, *sorted({*names, *([given] if given else [])})]
    st.session_state["sx-host"] = given or _ALL
    st.selectbox("Host", listed, key="sx-host", on_change=_host_chosen, width=160,
                 label_visibility="collapsed")  # fmt: skip
    return given


def _host_chosen() -> None:
    name = st.session_state["sx-host"]
    st.query_params.pop("host", None)
    if name != _ALL:
        st.query_params["host"] = name


def _every(chosen: Period) -> float | None:
    """No oftener than a point of the range is wide."""
    if chosen.refresh is None:
        return None
    return max(chosen.refresh, min(60.0, chosen.seconds / _POINTS))


def _tick(age: Any, top: Any, places: Places, chosen: Period, host: str | None) -> None:
    """One refresh: what everybody sees is made once, then sent into its places."""
    try:
        guard.require("performance")
        seen = _snapshot(*_moment(chosen), host)
    except DatabaseUnavailable as error:
        top.html(banner.html(str(error), "critical"))
        return
    interval = timedelta(seconds=seen.latest.interval_s or settings().sample_interval)
    age.html(provenance.live("sample", seen.latest.at, 3 * interval, datetime.now(UTC)))
    top.html(seen.tiles)
    board.draw(places, seen.charts)


def _moment(chosen: Period) -> tuple[datetime, datetime]:
    """Start and end of the range, in steps of a tick so that all sessions ask the same."""
    step = _every(chosen) or settings().sample_interval
    now = datetime.fromtimestamp(datetime.now(UTC).timestamp() // step * step, UTC)
    moved = chosen.at(now)
    return moved.start, moved.end


@st.cache_resource(max_entries=16, ttl=120, show_spinner=False)
def _snapshot(start: datetime, end: datetime, host: str | None) -> Snapshot:
    latest = metrics.latest(host)
    history = _history(start, end, host)
    cores = metrics.parts("cpu", start, end, host, _POINTS)
    charts = [chart for group in system_board.GROUPS.values() for chart in group]
    prepared = tuple(
        board.prepare(system_board.cores(cores, chart), cores, (start, end))
        if chart.key == "cores"
        else board.prepare(chart, history, (start, end))
        for chart in charts
    )
    now = datetime.now(UTC)
    stale = timedelta(seconds=3 * (latest.interval_s or settings().sample_interval))
    source = host or (latest.instances[0] if len(latest.instances) == 1 else "all hosts")
    shown = system_board.tiles(latest.values, history, source, latest.at, stale)
    notes = "".join(banner.html(f"{what}: {why}", "warning") for what, why in latest.errors.items())
    return Snapshot(latest, prepared, notes + tiles.html(shown, now), now)


def _history(start: datetime, end: datetime, host: str | None) -> pd.DataFrame:
    """Every series of the page side by side under its catalogue name."""
    found = [metrics.series(system_board.STORED, start, end, host, _POINTS)]
    for kind, rate, errors, time in (
        ("request", "request_rate", "error_rate", "response_time"),
        ("page", "page_rate", "page_error_rate", "page_time"),
    ):
        asked: dict[str, Any] = {"kind": kind, "instance": host, "max_points": _POINTS}
        rates = metrics.rates(start, end, **asked)[["rate", "error_rate"]]
        found.append(rates.rename(columns={"rate": rate, "error_rate": errors}))
        found.append(metrics.quantiles(start, end, **asked).add_prefix(f"{time}_"))
    joined = pd.concat(found, axis=1)
    return joined[[name for name in joined.columns if not name.endswith(("_min", "_max"))]]


def _frame(key: str, chosen: Period, host: str | None) -> pd.DataFrame:
    """The frame of one chart as it is on the screen."""
    guard.require("performance")
    seen = _snapshot(*_moment(chosen), host)
    frame = next(ready.frame for ready in seen.charts if ready.chart.key == key)
    return frame.rename_axis("at").reset_index()


def _tables(chosen: Period, host: str | None) -> None:
    """Worker, slowest pages and requests, slowest statements."""
    guard.require("performance")
    moved = chosen.at(datetime.now(UTC))
    board.section("Worker and details")
    left, right = st.columns(2, gap="small")
    with left, panel("Jobs of the worker"):
        _table(metrics.jobs(), "jobs", known.JOBS)
    with right, panel("Processes"):
        _table(metrics.processes(), "process-list", known.PROCESSES)
    with left, panel("Slowest pages", chosen.label()):
        _table(metrics.slowest(moved.start, moved.end, "page", host), "pages", known.SLOWEST)
    with right, panel("Slowest requests", chosen.label()):
        _table(metrics.slowest(moved.start, moved.end, "request", host), "requests", known.SLOWEST)
    with panel("Slowest statements", "PostgreSQL, since its statistics were reset"):
        found = metrics.statements()
        if found.frame is None:
            empty.state(found.reason, found.step)
        else:
            _table(found.frame, "statements", known.STATEMENTS)


def _table(frame: pd.DataFrame, name: str, columns: known.Columns) -> None:
    tables.table(frame, name=name, columns=columns, formats=known.FORMATS)


PAGE = Page(
    slug="performance",
    title="Performance",
    icon=":material/monitoring:",
    section="System",
    resource="performance",
    render=render,
)

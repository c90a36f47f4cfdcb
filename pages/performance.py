"""Performance: hosts, application and database, live, from the last 5 minutes to a year."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st
import structlog

from auth import roles, sessions
from components import banner, board, empty, guard, period, provenance, system_board, tables, tiles
from components import system_tables as known
from components.board import Places, Prepared
from components.heading import heading
from components.once import Once
from components.panel import panel
from components.runs import refreshed
from components.tiles import Tile
from components.timespan import Period
from config.settings import settings
from data.database import DatabaseUnavailable
from data.metrics.application import Kind
from data.queries import metrics
from pages import Page

_log = structlog.get_logger()
_POINTS = 2_000
_SLOW_S = 20.0
_ALL = "All hosts"
_SLOWEST: dict[Kind, str] = {"page": "pages", "refresh": "refreshes", "request": "requests"}
Moment = tuple[datetime, datetime, str | None]


@dataclass(frozen=True)
class Seen:
    """One moment of the page, read once for everybody who watches the same range."""

    latest: metrics.Latest
    history: pd.DataFrame
    cores: pd.DataFrame
    tiles: str


_HOSTS: Once[list[str]] = Once(keep=2)
_SEEN: Once[Seen] = Once(keep=8)
_DRAWN: Once[tuple[Prepared, ...]] = Once(keep=16)


@dataclass(frozen=True)
class Asked:
    """What somebody chose to see."""

    view: str
    chosen: Period
    host: str | None

    def now(self) -> Moment:
        """Start, end and host, in steps of a tick so that all sessions ask the same."""
        step = _every(self.chosen) or settings().sample_interval
        now = datetime.fromtimestamp(datetime.now(UTC).timestamp() // step * step, UTC)
        moved = self.chosen.at(now)
        return moved.start, moved.end, self.host


def render() -> None:
    """Tiles and charts that refresh in place; tables more slowly."""
    guard.require("performance")
    with heading("Performance", "Hosts, application and database, live"):
        age = st.empty()
        host = _host()
        chosen = period.picker("live", refresh=settings().sample_interval, compare=False)
    top = st.empty()
    view, opened = board.views(tuple(system_board.VIEWS))
    asked = Asked(view, chosen, host)
    with opened:
        token = guard.token()
        places = board.slots(system_board.VIEWS[view], lambda key: _frame(key, asked, token))
    refreshed(_tick, _every(chosen))(age, top, places, asked)
    if view in _TABLES:
        slow = None if chosen.refresh is None else max(_SLOW_S, chosen.refresh)
        with opened:
            refreshed(_tables, slow)(asked)


def _host() -> str | None:
    """One host or all, in the URL; not asked where there is one."""
    tick = int(time.monotonic() // settings().sample_interval)
    names = _HOSTS.get(tick, _known_hosts)
    given = st.query_params.get("host")
    if len(names) < 2 and given is None:
        return None
    listed = [_ALL, *sorted({*names, *([given] if given else [])})]
    st.session_state["sx-host"] = given or _ALL
    st.selectbox("Host", listed, key="sx-host", on_change=_host_chosen, width=160,
                 label_visibility="collapsed")  # fmt: skip
    return given


def _known_hosts() -> list[str]:
    return list(metrics.instances()["instance"])


def _host_chosen() -> None:
    name = st.session_state["sx-host"]
    st.query_params.pop("host", None)
    if name != _ALL:
        st.query_params["host"] = name


def _every(chosen: Period) -> float | None:
    """No oftener than a point of the range is wide."""
    if chosen.refresh is None:
        return None
    return max(chosen.refresh, min(60.0, chosen.seconds / 720))


def _tick(age: Any, top: Any, places: Places, asked: Asked) -> None:
    """One refresh: what everybody sees is made once, then sent into its places."""
    try:
        guard.require("performance")
        moment = asked.now()
        seen, charts = _seen(moment), _charts(moment, asked.view)
    except DatabaseUnavailable as error:
        top.html(banner.html(str(error), "critical"))
        return
    except Exception as error:  # a refresh that fails must leave the last picture standing
        _log.error("a refresh failed", page="performance", exc_info=error)
        top.html(banner.html("The live figures cannot be read; the log says why.", "critical"))
        return
    interval = timedelta(seconds=seen.latest.interval_s or settings().sample_interval)
    age.html(provenance.live("sample", seen.latest.at, 3 * interval, datetime.now(UTC)))
    top.html(seen.tiles)
    board.draw(places, charts)


def _seen(moment: Moment) -> Seen:
    return _SEEN.get(moment, lambda: _read(*moment))


def _charts(moment: Moment, view: str) -> tuple[Prepared, ...]:
    """The drawings of one view, made once for everybody who has it open."""
    return _DRAWN.get((*moment, view), lambda: _drawn(moment, view))


def _read(start: datetime, end: datetime, host: str | None) -> Seen:
    latest = metrics.latest(host)
    history = _history(start, end, host)
    cores = metrics.parts("cpu", start, end, host, _POINTS)
    stale = timedelta(seconds=3 * (latest.interval_s or settings().sample_interval))
    source = host or (latest.instances[0] if len(latest.instances) == 1 else "all hosts")
    dated = Tile("", None, source=source, as_of=latest.at, stale_after=stale)
    shown = system_board.tiles(latest.values, history, dated)
    notes = "".join(banner.html(f"{what}: {why}", "warning") for what, why in latest.errors.items())
    return Seen(latest, history, cores, notes + tiles.html(shown, datetime.now(UTC)))


def _drawn(moment: Moment, view: str) -> tuple[Prepared, ...]:
    seen, span = _seen(moment), moment[:2]
    return tuple(
        board.prepare(system_board.cores(seen.cores, chart), seen.cores, span)
        if chart.key == "cores"
        else board.prepare(chart, seen.history, span)
        for chart in system_board.VIEWS[view]
    )


def _history(start: datetime, end: datetime, host: str | None) -> pd.DataFrame:
    """Every series of the page side by side under its catalogue name."""
    found = [metrics.series(system_board.STORED, start, end, host, _POINTS)]
    for kind, rate, errors, duration in (
        ("request", "request_rate", "error_rate", "response_time"),
        ("page", "page_rate", "page_error_rate", "page_time"),
    ):
        asked: dict[str, Any] = {"kind": kind, "instance": host, "max_points": _POINTS}
        rates = metrics.rates(start, end, **asked)[["rate", "error_rate"]]
        found.append(rates.rename(columns={"rate": rate, "error_rate": errors}))
        found.append(metrics.quantiles(start, end, **asked).add_prefix(f"{duration}_"))
    joined = pd.concat(found, axis=1)
    return joined[[name for name in joined.columns if not name.endswith(("_min", "_max"))]]


def _frame(key: str, asked: Asked, token: str | None) -> pd.DataFrame:
    """The frame of one chart as it is on the screen.

    A download is made outside any run of the page, so the permission is asked by the token.
    """
    person = sessions.resolve(token)
    if person is None:
        raise LookupError("the session has ended")
    roles.require(person, "performance")
    charts = _charts(asked.now(), asked.view)
    frame = next(ready.frame for ready in charts if ready.chart.key == key)
    return frame.rename_axis("at").reset_index()


def _tables(asked: Asked) -> None:
    """What the open view lists under its charts."""
    guard.require("performance")
    _TABLES[asked.view](asked)


def _worker(_: Asked) -> None:
    with panel("Jobs of the worker"):
        _table(metrics.jobs(), "jobs", known.JOBS, "No job has run yet.")
    with panel("Processes", "heard of within a day"):
        _table(metrics.processes(), "process-list", known.PROCESSES, "None has been heard of.")


def _slowest(asked: Asked) -> None:
    left, right = st.columns(2, gap="small")
    for side, kind in zip((left, left, right), _SLOWEST, strict=True):
        with side, panel(f"Slowest {_SLOWEST[kind]}", asked.chosen.label()):
            start, end, host = asked.now()
            found = metrics.slowest(start, end, kind, host)
            _table(found, f"slowest-{_SLOWEST[kind]}", known.SLOWEST, "None in this period.")


def _statements(_: Asked) -> None:
    with panel("Slowest statements", "since PostgreSQL's statistics were reset"):
        found = metrics.statements()
        if found.frame is None:
            empty.state(found.reason, found.step)
        else:
            _table(found.frame, "statements", known.STATEMENTS, "None yet.")


_TABLES: dict[str, Callable[[Asked], None]] = {
    "Application": _slowest,
    "Database": _statements,
    system_board.WORKER: _worker,
}


def _table(frame: pd.DataFrame, name: str, columns: known.Columns, nothing: str) -> None:
    tables.table(frame, name=name, columns=columns, formats=known.FORMATS, nothing=nothing)


PAGE = Page(
    slug="performance",
    title="Performance",
    icon=":material/monitoring:",
    section="System",
    resource="performance",
    render=render,
)

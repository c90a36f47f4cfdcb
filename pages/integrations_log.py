"""What a connection did: its runs down to the failing record, its calls, its differences."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from auth.people import Person
from components import charts, guard, tables
from components.panel import panel
from components.provenance import line
from data.integrations import log, stock_keepers
from data.integrations.status import Standing


def runs(each: Standing, _: Person) -> None:
    """Newest runs, and what the chosen one could not take as it stood."""
    name = each.connection.name
    frame = log.runs(name)
    with panel("Runs", "newest first"):
        tables.table(
            frame,
            name=f"{name}-runs",
            columns={
                "started_at": "Started",
                "kind": "Kind",
                "state": "State",
                "rows": "Records",
                "pages": "Pages",
                "faults": "Problems",
                "seconds": "Took",
                "error": "What happened",
            },
            formats={"rows": "count", "pages": "count", "faults": "count", "seconds": "seconds"},
            nothing="This connection has not run yet.",
        )
        line(each.connection.title, each.last_sync, each.connection.stale_after)
    troubled = [int(run) for run in frame.loc[frame["faults"] > 0, "id"]]
    if troubled:
        with panel("Problems", "records that could not be taken as they stood"):
            local = frame["started_at"].dt.tz_convert(guard.clock())
            started = dict(zip(frame["id"], local, strict=True))
            run = st.selectbox(
                "Run of", troubled, format_func=lambda one: f"{started[one]:%-d %b %Y, %H:%M:%S}"
            )
            tables.table(
                log.faults(run),
                name=f"{name}-problems",
                columns={"stream": "Stream", "record": "Record", "problem": "Problem"},
            )


def calls(each: Standing, _: Person) -> None:
    """Calls by hour of the last two days, and the newest ones."""
    name = each.connection.name
    with panel("Calls", "by hour, last 48 hours"):
        by_hour = log.calls(name)
        hours = pd.DatetimeIndex(by_hour.index).tz_convert(guard.clock())
        charts.show(
            f"calls-{name}",
            charts.stacked_bars(
                by_hour.set_axis(hours.strftime("%-d %b, %H:%M"), axis=0),
                title=f"Calls of {each.connection.title}",
                names={"answered": "Answered", "failed": "Failed"},
            ),
        )
    with panel("Newest calls"):
        tables.table(
            log.latest_calls(name),
            name=f"{name}-calls",
            columns={
                "at": "At",
                "operation": "Operation",
                "status": "Status",
                "ms": "Took",
                "retries": "Retries",
                "bytes": "Received",
                "error": "What happened",
            },
            formats={"ms": "milliseconds", "retries": "count", "bytes": "bytes"},
            nothing="No call was made yet.",
        )


def differences(each: Standing, _: Person) -> None:
    """Where the vendor counts otherwise, after last night's comparison."""
    with panel("Differences", "last 60 days, more than 0.5 % from the vendor's own totals"):
        tables.table(
            log.differences(each.connection.name),
            name=f"{each.connection.name}-differences",
            columns={
                "period": "Period",
                "measure": "Measure",
                "scope": "Where",
                "ours": "Here",
                "theirs": "At the vendor",
                "share": "Off by",
                "currency": "Currency",
            },
            formats={"share": "share", "ours": "number", "theirs": "number"},
            nothing="No difference was found in the nightly comparisons.",
        )
    kept = stock_keepers.several()
    if each.connection.name in set(kept["source"]):
        with panel("Stock that several sources count", "shops and warehouses count, books do not"):
            tables.table(
                kept.assign(counts=kept["counts"].map({True: "counts", False: "does not count"})),
                name=f"{each.connection.name}-keepers",
                columns={
                    "sku": "SKU",
                    "source": "Source",
                    "quantity": "On hand there",
                    "counts": "In stock figures",
                },
                formats={"quantity": "number"},
            )

"""The parts of the Finance page, each a panel that fails alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import charts, empty, hover_table, tables, tiles, units
from components.hover_table import Cell
from components.panel import panel
from components.timespan import Period
from config.kpis import KPIS
from data import company
from data.queries import bank, finance_board, finance_documents
from pages import company_data as books

TILES = (
    "cash", "cash_runway", "receivables", "payables", "receivables_overdue", "working_capital",
    "cash_conversion_cycle", "dso", "dio", "dpo", "current_ratio", "quick_ratio",
)  # fmt: skip
SPARKS = tuple(slug for slug in TILES if slug != "receivables_overdue")


def _today(chosen: Period) -> date:
    return min(chosen.days()[1], company.today())


def _page(version: str, chosen: Period) -> finance_board.Page:
    """All that is made of balances, read once."""
    first, last = chosen.days()
    found: finance_board.Page = books.kept(
        version, finance_board.page, TILES, SPARKS, books.closing_days(chosen), first,
        books.step(first, last),
    )  # fmt: skip
    return found


def headline(version: str, chosen: Period) -> None:
    """Every finance KPI as a tile; those without data say why."""
    found = _page(version, chosen)
    held = books.bounds(version)
    tiles.row(
        [books.tile(slug, found.figures[slug], found.points.get(slug), held, chosen)
         for slug in TILES],
        label="Finance",
    )  # fmt: skip


def cycle(version: str, chosen: Period) -> None:
    """The cash conversion cycle and its three parts over at least a year."""
    first, last = chosen.days()
    frame = _page(version, chosen).year[list(finance_board.CYCLE)]
    lines = books.thresholds(books.bounds(version)["cash_conversion_cycle"])
    names = {slug: KPIS[slug].title for slug in finance_board.CYCLE}
    begin = min(first, finance_board.year_before(last))
    with panel("Cash conversion cycle", "DIO + DSO − DPO, days", key="ccc"):
        charts.show(
            "finance-cycle",
            charts.time_series(
                frame,
                title="Cash conversion cycle",
                unit="days",
                names=names,
                thresholds=lines,
                height=260,
                marks=books.marks(begin, last, "cash_conversion_cycle"),
                nothing="The cycle needs 12 months of balances.",
            ),
        )


def cash(version: str, chosen: Period) -> None:
    """Bank balances over the period."""
    first, last = chosen.days()
    frame = _page(version, chosen).points
    with panel("Cash", "bank balances", key="cash"):
        charts.show(
            "finance-cash",
            charts.time_series(
                frame[["cash"]],
                title="Cash",
                unit="money",
                kind="area",
                names={"cash": "Cash"},
                low=None,
                marks=books.marks(first, last, "cash"),
            ),
        )


def working_capital(version: str, chosen: Period) -> None:
    """Working capital and its ratios by month."""
    frame = _page(version, chosen).year[list(finance_board.RATIOS)]
    with panel("Working capital", "current assets − current liabilities", key="working-capital"):
        charts.show(
            "finance-working-capital",
            charts.time_series(
                frame[["working_capital"]],
                unit="money",
                names={"working_capital": "Working capital"},
                low=None,
                title="Working capital",
                height=150,
            ),
            csv=False,
        )
        charts.show(
            "finance-ratios",
            charts.time_series(
                frame[["current_ratio", "quick_ratio"]],
                title="Current and quick ratio",
                unit="ratio",
                height=150,
                names={"current_ratio": "Current ratio", "quick_ratio": "Quick ratio"},
            ),
            csv=False,
        )
        tables.download(frame.reset_index(), name="working-capital")


def ageing(version: str, chosen: Period) -> None:
    """What is open by days overdue, both ways."""
    with panel("Ageing", "open balance by days overdue", key="ageing"):
        frame = books.kept(version, finance_board.ageing, _today(chosen))
        if frame["receivables"].isna().all():
            empty.state("There are no invoices yet.", "Import invoices or connect Xero.",
                        "imports", "Import")  # fmt: skip
            return
        shown = frame.set_index("bucket").astype("float64").fillna(0.0)
        charts.show(
            "finance-ageing",
            charts.stacked_bars(
                shown,
                title="Ageing",
                unit="money",
                names={"receivables": "Receivables", "payables": "Payables"},
                height=220,
                side_by_side=True,
            ),
        )


def freed(version: str, chosen: Period) -> None:
    """What a change of n days in each term frees in cash."""
    with panel("Cash freed by better terms", "days × 12-month flow / 365", key="freed"):
        days = st.slider("Days better", 1, 30, 5, key="freed-days")
        frame = _page(version, chosen).freed.copy()
        frame["freed"] = frame["per_day"] * days
        hover_table.table(_FREED, [_freed_row(row, days) for row in frame.to_dict("records")],
                          "Cash freed by better terms")  # fmt: skip
        tables.download(frame, name="cash-freed")
        total = frame["freed"].sum(min_count=3)
        if not pd.isna(total):
            st.caption(f"All three together: {units.money(float(total))}")


_FREED = (Cell("If"), Cell("Days now", number=True), Cell("A day is worth", number=True),
          Cell("Frees in cash", number=True))  # fmt: skip
_WAYS = {"Customers pay": "earlier", "Stock is held": "less", "Suppliers are paid": "later"}


def _freed_row(row: Any, days: int) -> list[Cell]:
    term, flow = row["term"], units.text(row["flow"], "money", compact=False)
    a_day = units.text(row["per_day"], "money", compact=False)
    return [
        Cell(f"{term} {days} d {_WAYS[term]}"),
        Cell(units.text(row["days_now"], "days"), number=True),
        Cell(a_day, f"{flow} in 12 months / 365", True),
        Cell(units.text(row["freed"], "money", compact=False), f"{days} × {a_day}", True),
    ]


def documents(version: str, chosen: Period) -> None:
    """Open invoices and credit notes, one by one."""
    with panel("Open documents", "credit notes are negative", key="documents"):
        left, right = st.columns(2)
        with left:
            noun = st.segmented_control("Which", ["receivables", "payables"], default="receivables",
                                        key="documents-noun", format_func=str.capitalize,
                                        label_visibility="collapsed") or "receivables"  # fmt: skip
        with right:
            bucket = st.segmented_control("Overdue", ["all", *finance_documents.BUCKETS],
                                          default="all", key="documents-bucket",
                                          label_visibility="collapsed") or "all"  # fmt: skip
        frame = books.kept(version, finance_documents.open_documents, noun, _today(chosen))
        shown = frame if bucket == "all" else frame[frame["bucket"] == bucket]
        tables.table(
            shown, name=f"open-{noun}", nothing="Nothing is open here.",
            columns={"number": "Number", "contact": "Contact", "issued_on": "Issued",
                     "due_on": "Due", "days_overdue": "Days overdue", "currency": "Currency",
                     "total": "Total", "open": "Open",
                     "open_converted": f"Open in {company.currency()}", "source": "Source"},
            formats={"days_overdue": "count", "total": "amount", "open": "amount",
                     "open_converted": "money"},
        )  # fmt: skip


def transactions(version: str, chosen: Period) -> None:
    """Money in and out, where a source tells single transactions."""
    frame = books.kept(version, bank.transactions, *chosen.days())
    if frame.empty:
        return
    with panel("Bank transactions", "money out is negative", key="bank-transactions"):
        kinds = frame["kind"].str.replace("-", " ").str.capitalize()
        tables.table(
            frame.assign(kind=kinds), name="bank-transactions",
            columns={"day": "Day", "account": "Account", "kind": "Kind", "contact": "Contact",
                     "currency": "Currency", "amount": "Amount",
                     "converted": f"In {company.currency()}", "source": "Source"},
            formats={"amount": "amount", "converted": "money"},
        )  # fmt: skip


def statements(version: str, chosen: Period) -> None:
    """Profit and loss of the period's months, and the newest balance sheet."""
    left, right = st.columns(2)
    with left, panel("Profit and loss", "months that the period touches", key="profit"):
        lines, gaps = books.kept(version, finance_board.profit, *chosen.days())
        tables.table(
            lines, name="profit-and-loss", height="content",
            columns={"category": "Position", "account": "Account", "amount": "Amount"},
            formats={"amount": "money"}, nothing="The ledger has no lines of these months; import "
            "the ledger or choose months that are over.",
        )  # fmt: skip
        if gaps:
            st.caption(f"Left out: {units.counted(gaps, 'lines without an exchange rate')}.")
    with right:
        found = _page(version, chosen).sheet
        with panel("Balance sheet", f"on {found[0]}" if found else "", key="sheet"):
            tables.table(
                found[1] if found else pd.DataFrame(), name="balance-sheet",
                columns={"category": "Position", "amount": "Amount"} if found else None,
                formats={"amount": "money"},
                nothing="There is no recent balance sheet; import the ledger or connect Xero.",
            )  # fmt: skip

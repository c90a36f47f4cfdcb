"""The parts of the Inventory page, each a panel that fails alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import charts, empty, hover_table, tables, tiles, units
from components.hover_table import Cell
from components.panel import panel
from components.tiles import Tile
from components.timespan import Period
from data import company
from data.integrations import stock_keepers
from data.queries import inventory_board, inventory_products
from pages import company_data as books

TILES = (
    "stock_value", "inventory_turns", "days_on_hand", "out_of_stock", "below_reorder_point",
    "overstock", "dead_stock", "expiring_stock",
)  # fmt: skip
_EXPORTED = (
    "sku", "title", "problem", "on_hand", "value", "mean", "cover", "abc", "on_order",
    "reorder_point", "safety", "point", "economic", "order", "why",
)  # fmt: skip


def _day(chosen: Period) -> date:
    return min(chosen.days()[1], company.today())


def _page(version: str, chosen: Period) -> Any:
    """Figures, stock value over time and products of the period's end, read once."""
    first, last = chosen.days()
    return books.kept(version, inventory_board.page, TILES, books.closing_days(chosen), first,
                      books.step(first, last))  # fmt: skip


def headline(version: str, chosen: Period) -> None:
    """Every inventory KPI as a tile."""
    asked, spark, _ = _page(version, chosen)
    held = books.bounds(version)
    tiles.row(
        [books.tile(slug, asked[slug], spark.get(slug), held, chosen) for slug in TILES],
        label="Inventory",
    )


def products(version: str, chosen: Period) -> None:
    """Each product with its cover, class and suggested order; formulas on hover."""
    with panel("Products", "hover a figure for its formula and inputs", key="products"):
        found = _page(version, chosen)[2]
        if found.empty:
            empty.state("There was no stock on this day.", "Choose a later day.")
            return
        hover_table.table(_headings(), [_row(row, chosen) for row in found.to_dict("records")],
                          "Products")  # fmt: skip
        tables.download(found[list(_EXPORTED)], name="inventory-products")


def _headings() -> list[Cell]:
    return [
        Cell("Product"), Cell("Attention"), Cell("On hand", number=True),
        Cell("Value", "On-hand quantity × unit cost", True),
        Cell("Cover", "On hand / units sold a day over the last 90 days", True),
        Cell("Class", "A: the first 80 % of usage value, B: to 95 %, C: the rest"),
        Cell("Reorder point", "Order when less than this is on hand", True),
        Cell("Safety stock", "z of the class's service level × deviation of daily demand × "
             "√lead time; A 99 %, B 98 %, C 95 %", True),
        Cell("EOQ", "√(2 × yearly demand × cost of an order / (25 % × unit cost))", True),
        Cell("Order now", "When on hand + on order is below the computed reorder point: what "
             "brings it back, at least the EOQ and the minimum order", True),
    ]  # fmt: skip


def _row(row: Any, chosen: Period) -> list[Cell]:
    safety, point, economic = row["formulas"] or (row["why"],) * 3
    ordered = 0 if pd.isna(row["on_order"]) else row["on_order"]
    set_point = units.text(row["reorder_point"], "count")
    return [
        Cell(row["sku"] if pd.isna(row["title"]) else row["title"], f"SKU {row['sku']}",
             link=chosen.link("inventory", sku=row["sku"])),
        Cell(row["problem"]), _figure(row["on_hand"], f"{ordered:,.0f} more on order"),
        _figure(row["value"], f"{row['on_hand']:,.0f} × {units.text(row['unit_cost'], 'money')}",
                "money"),
        _figure(row["cover"], f"{row['on_hand']:,.0f} / {row['mean']:.2f} a day", "days"),
        Cell(row["abc"], f"{row['mean']:.2f} a day × {units.text(row['unit_cost'], 'money')}"),
        _figure(row["reorder_point"], f"Set: {set_point}. Computed: {point}"),
        _figure(row["safety"], safety), _figure(row["economic"], economic),
        _figure(row["order"], f"On hand {row['on_hand']:,.0f} + on order {ordered:,.0f} against "
                f"{units.text(row['point'], 'count')}; minimum "
                f"{units.text(row['minimum_order'], 'count')}"
                if row["formulas"] else row["why"]),
    ]  # fmt: skip


def _figure(value: float | None, explained: str, unit: str = "count") -> Cell:
    rounded = value if value is None or pd.isna(value) or unit != "count" else round(value)
    return Cell(units.text(rounded, unit), explained, True)


def product(version: str, chosen: Period) -> None:
    """One product: its stock over time against its reorder point, and its batches."""
    found = _page(version, chosen)[2]
    if found.empty:
        return
    names = dict(zip(found["sku"], found["title"].fillna(found["sku"]), strict=True))
    wanted = st.query_params.get("sku", "")
    skus = list(names)
    with panel("One product", key="one-product"):
        sku = st.selectbox("Product", skus, index=skus.index(wanted) if wanted in names else 0,
                           format_func=lambda code: str(names[code]), key=f"product-{wanted}",
                           label_visibility="collapsed")  # fmt: skip
        row = found[found["sku"] == sku].iloc[0]
        tiles.row(_tiles(row), label="One product")
    left, right = st.columns(2)
    with left, panel("Stock over time", f"units of {names[sku]}", key="product-stock"):
        _stock(version, chosen, sku, row["reorder_point"])
    with right, panel("Batches on hand", key="product-batches"):
        tables.table(
            books.kept(version, inventory_board.batches, sku, _day(chosen)),
            name=f"batches-{sku}", formats={"quantity": "number", "value": "money"},
            columns={"location": "Location", "batch": "Batch", "expires_on": "Expires",
                     "quantity": "Quantity", "value": "Value"},
            nothing="Nothing of it is on hand.", height=250,
        )  # fmt: skip


def _stock(version: str, chosen: Period, sku: str, point: float) -> None:
    first, last = chosen.days()
    frame = books.kept(version, inventory_board.history, sku, first, last)
    lines = [] if pd.isna(point) else [charts.Threshold(float(point), "reorder point")]
    top = max([float(frame["on_hand"].max()), *(line.value for line in lines)]) * 1.08
    charts.show(
        f"stock-of-{sku}",
        charts.time_series(
            frame,
            title="Stock over time",
            height=250,
            names={"on_hand": "On hand"},
            kind="area",
            thresholds=lines,
            high=top if top > 0 else None,
            marks=books.marks(first, last, "stock_value"),
        ),
    )


def _tiles(row: pd.Series) -> list[Tile]:
    formulas = row["formulas"] or ("", "", "")
    why = str(row["why"])
    return [
        Tile("On hand", row["on_hand"], better="neutral"),
        Tile("Cover", row["cover"], "days", better="neutral",
             reason="Nothing was sold in the last 90 days."),
        Tile(f"Safety stock, class {row['abc']}", row["safety"], better="neutral",
             note=formulas[0], reason=why),
        Tile("Reorder point, computed", row["point"], better="neutral", note=formulas[1],
             reason=why),
        Tile("Economic order quantity", row["economic"], better="neutral", note=formulas[2],
             reason=why),
        Tile("Order now", row["order"], better="neutral", reason=why),
    ]  # fmt: skip


def keepers(version: str) -> None:
    """What is used of the counts of products that several sources count."""
    frame = books.kept(version, stock_keepers.several)
    if frame.empty:
        return
    with panel("Counted by several sources", "what is used is added up", key="keepers"):
        tables.table(
            frame, name="stock-keepers",
            columns={"sku": "SKU", "source": "Source", "quantity": "Its newest count",
                     "used": "Used for the stock"},
            formats={"quantity": "number", "used": "number"},
        )  # fmt: skip
        st.caption(
            "At one place the newest count stands, whoever made it. The books' total is used only "
            "where nobody else counts a product. What is not used is neither in its stock nor in "
            "its value."
        )


def value(version: str, chosen: Period) -> None:
    """Stock value over the period."""
    first, last = chosen.days()
    frame = _page(version, chosen)[1]
    with panel("Stock value", "on hand × unit cost of the day", key="stock-value"):
        charts.show(
            "inventory-value",
            charts.time_series(
                frame,
                title="Stock value",
                unit="money",
                kind="area",
                names={"stock_value": "Stock value"},
                marks=books.marks(first, last, "stock_value"),
            ),
        )


def expiring(version: str, chosen: Period) -> None:
    """Batches that expire within 30 days, or have."""
    with panel("Expiring", "within 30 days or expired already", key="expiring"):
        tables.table(
            books.kept(version, inventory_products.expiring, _day(chosen)), name="expiring",
            columns={"title": "Product", "location": "Location", "batch": "Batch",
                     "expires_on": "Expires", "days_left": "Days left", "quantity": "Quantity",
                     "value": "Value"},
            formats={"days_left": "count", "quantity": "number", "value": "money"},
            nothing="No batch expires within 30 days.",
        )  # fmt: skip

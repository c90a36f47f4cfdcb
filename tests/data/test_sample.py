"""The sample company: its books balance, its stories show, and it leaves without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise

import pytest

from data import database as db
from data import sample
from data.queries import kpi
from data.sample.load import SampleThere, load
from data.sample.remove import remove
from tests.data.company_files import own_database, take

TODAY = date(2026, 3, 17)
LINES = 8_000
pytestmark = pytest.mark.usefixtures("company")


@pytest.fixture(scope="module")
def company(postgres: Callable[[str], str]) -> Iterator[None]:
    """The sample company in a database of this module."""
    with own_database(postgres):
        load(LINES, today=TODAY)
        yield


def _number(sql: str) -> float:
    found = db.scalar(sql)
    assert found is not None
    return float(found)


def test_it_has_as_many_order_lines_as_asked_for() -> None:
    assert _number("SELECT count(*) FROM order_lines") == LINES
    assert sample.present()


def test_the_ledgers_revenue_is_the_business_pages_revenue_each_month() -> None:
    months = db.read(
        "SELECT month, sum(amount)::float8 AS revenue FROM ledger_lines "
        "WHERE category = 'revenue' GROUP BY month ORDER BY month"
    )
    shown = kpi.series("net_revenue", date(2023, 4, 1), date(2026, 2, 28), "month")
    assert len(months) == len(shown) == 35
    for row, value in zip(months, shown["value"], strict=True):
        assert row["revenue"] == pytest.approx(value, abs=0.05)


def test_the_balance_sheet_balances_every_month() -> None:
    rows = db.read(
        "SELECT month, sum(CASE WHEN category IN ('cash', 'receivables', 'inventory', "
        "'other_current_assets', 'fixed_assets') THEN amount ELSE -amount END) AS rest "
        "FROM ledger_lines WHERE statement = 'balance_sheet' GROUP BY month"
    )
    assert rows and all(abs(row["rest"]) < 0.01 for row in rows)


def test_equity_moves_by_the_profit_of_the_month() -> None:
    rows = db.read(
        "SELECT month, sum(amount) FILTER (WHERE category = 'equity') AS equity, "
        "sum(CASE WHEN category IN ('revenue', 'other_income') THEN amount ELSE -amount END) "
        "FILTER (WHERE statement = 'profit_and_loss') AS profit "
        "FROM ledger_lines GROUP BY month ORDER BY month"
    )
    for before, after in pairwise(rows):
        assert abs(after["equity"] - before["equity"] - after["profit"]) < 0.05


def test_stock_equals_the_sum_of_its_movements_and_is_never_negative() -> None:
    differing = db.read(
        "SELECT sku FROM (SELECT sku, sum(quantity) AS moved FROM stock_movements GROUP BY sku) m "
        "FULL JOIN (SELECT sku, sum(quantity) AS held FROM stock_spans "
        "WHERE until = 'infinity' GROUP BY sku) s USING (sku) "
        "WHERE coalesce(moved, 0) <> coalesce(held, 0)"
    )
    assert not differing
    assert _number("SELECT count(*) FROM stock_spans WHERE quantity < 0") == 0


def test_what_leaves_the_warehouse_is_what_was_ordered() -> None:
    sold = _number("SELECT sum(quantity) FROM order_lines WHERE counted")
    assert _number("SELECT -sum(quantity) FROM stock_movements WHERE kind = 'sale'") == sold


def test_what_the_lines_made_is_what_came_into_stock() -> None:
    made = _number("SELECT sum(good_count) FROM production_runs")
    assert _number("SELECT sum(quantity) FROM stock_movements WHERE kind = 'production'") == made


def test_receivables_equal_the_unpaid_invoices() -> None:
    figure = kpi.value("receivables", TODAY, TODAY)
    unpaid = _number(
        "SELECT sum((CASE kind WHEN 'invoice' THEN total ELSE -total END - coalesce("
        "(SELECT sum(CASE WHEN p.credit_id = i.source_id THEN -amount ELSE amount END) "
        "FROM invoice_payments p WHERE i.source_id IN (p.invoice_id, p.credit_id)), 0)) * rate) "
        "FROM invoices i WHERE direction = 'receivable'"
    )
    assert figure.value == pytest.approx(unpaid, abs=0.05)
    by_age = kpi.series("receivables", TODAY, TODAY, "ageing")
    assert by_age["value"].sum() == pytest.approx(unpaid, abs=0.05)


def test_the_roll_ups_are_those_of_the_orders() -> None:
    from data.ingest import rollups

    before = db.read("SELECT * FROM sales_daily ORDER BY day, channel, product_id")
    rollups.rebuild()
    assert db.read("SELECT * FROM sales_daily ORDER BY day, channel, product_id") == before


@pytest.mark.parametrize(
    ("slug", "least", "most"),
    [("dso", 10, 50), ("dio", 15, 90), ("dpo", 10, 60), ("cash_conversion_cycle", 5, 100),
     ("current_ratio", 1, 30), ("gross_margin_pct", 40, 70)],
)  # fmt: skip
def test_its_figures_are_those_of_a_real_company(slug: str, least: float, most: float) -> None:
    figure = kpi.value(slug, date(2026, 2, 1), date(2026, 2, 28))
    assert figure.value is not None and least < figure.value < most
    assert figure.sample


def test_the_stories_are_there() -> None:
    shop = kpi.series("net_revenue", date(2026, 2, 1), date(2026, 2, 28), "channel")
    before = kpi.series("net_revenue", date(2025, 11, 1), date(2025, 11, 28), "channel")
    then = before.set_index("channel")["value"]
    now = shop.set_index("channel")["value"]
    assert now["Marketplace"] < 0.45 * then["Marketplace"]
    assert (
        _number(
            "SELECT max(extract(epoch FROM ended_at - started_at)) / 3600 FROM production_stops"
        )
        > 100
    )
    assert _number("SELECT count(DISTINCT cost) FROM product_costs WHERE sku = 'RED-700'") == 2
    held = _number("SELECT sum(quantity) FROM stock_changes WHERE sku = 'BLACK-700' "
                   "AND day <= DATE '2026-03-17' - 40")  # fmt: skip
    assert held == 0


def test_loading_it_again_is_refused() -> None:
    with pytest.raises(SampleThere, match="loaded already"):
        load(LINES, today=TODAY)


def test_removing_it_leaves_what_is_real_and_nothing_else() -> None:
    take("invoices", "invoice_id,direction,issued_on,total\nA1,receivable,2026-01-10,100")
    take("movements", "movement_id,sku,moved_on,quantity\nM1,RED-700,2026-01-01,7")
    take("bank", "account,day,balance\nMain,2026-01-01,5")
    assert remove()
    assert not sample.present()
    tables = db.read(
        "SELECT c.table_name FROM information_schema.columns c WHERE c.column_name = 'source' "
        "AND c.table_schema = 'public' AND c.table_name NOT IN ('invoice_events')"
    )
    for row in tables:
        name = row["table_name"]
        assert _number(f"SELECT count(*) FROM {name} WHERE source = 'sample'") == 0, name
    for name in ("order_lines", "refunds", "sales_daily", "sales_daily_country", "sales_hourly"):
        assert _number(f"SELECT count(*) FROM {name}") == 0
    assert _number("SELECT sum(change) FROM open_balance_changes") == 100
    assert _number("SELECT sum(quantity) FROM stock_spans WHERE until = 'infinity'") == 7
    assert not remove()

"""What holds for any orders: breakdowns add up, ratios come from sums, nothing drifts."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.kpis import KPIS
from data import database as stored
from data.ingest import rollups
from data.queries import kpi, sales_board
from tests.data.order_files import take
from tests.data.test_sales import HEADER

START, END = date(2026, 1, 1), date(2026, 3, 31)
_cents = st.integers(0, 99_999).map(lambda number: f"{number / 100:.2f}")
_line = st.tuples(
    st.integers(1, 6),
    st.integers(0, 50),
    st.sampled_from(["web", "shop", ""]),
    st.sampled_from(["C1", "C2", ""]),
    st.sampled_from(["A", "B", "C"]),
    st.integers(0, 5),
    _cents,
    st.sampled_from(["0", "0.5", ""]),
    st.sampled_from(["", "1.25"]),
    st.sampled_from(["GBP", "USD"]),
    st.sampled_from(["paid", "cancelled", "test", ""]),
    st.sampled_from(["", "2.5"]),
    st.sampled_from(["GB", "FR", ""]),
)


def _row(line: tuple[object, ...]) -> str:
    number, day, channel, customer, sku, quantity, price, discount, refund, currency, *rest = line
    assert isinstance(day, int)
    at = START + timedelta(day)
    back = f"{refund},{at + timedelta(20)}" if refund else ","
    status, cost, country = rest
    return (f"{number},{at},{channel},{customer},{sku},{quantity},{price},{discount},1,2,{back},"
            f"{currency},{status},{cost},{country}")  # fmt: skip


files = st.lists(_line, min_size=1, max_size=12).map(lambda lines: [_row(line) for line in lines])
ADDITIVE = [entry.slug for entry in KPIS.values() if entry.area == "sales" and entry.additive]


@pytest.mark.usefixtures("database")
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(files, min_size=1, max_size=3))
def test_breakdowns_sum_to_totals_and_kept_figures_equal_made_ones(
    versions: list[list[str]],
) -> None:
    _forget()
    with tempfile.TemporaryDirectory() as folder:
        for rows in versions:
            take(Path(folder), HEADER, *rows)
        _breakdowns_add_up()
        kept = _rollups()
        take(Path(folder), HEADER, *versions[-1])
        assert _rollups() == kept
    rollups.rebuild()
    assert _rollups() == kept


def _breakdowns_add_up() -> None:
    for slug in ADDITIVE:
        total = kpi.value(slug, START, END).value
        for by in ("day", "week", "month", "channel", "country", "segment", "product"):
            if (slug, by) == ("orders", "product"):
                continue
            parts = kpi.series(slug, START, END, by)["value"]
            assert parts.sum() == pytest.approx(total or 0), (slug, by)
    halves = [(START, date(2026, 1, 31)), (date(2026, 2, 1), END)]
    for slug in ("average_order_value", "gross_margin_pct", "refund_rate"):
        whole = kpi.value(slug, START, END)
        figures = [sales_board.figures([slug], *half)[slug] for half in halves]
        top = sum(part.numerator or 0 for part in figures)
        bottom = sum(part.denominator or 0 for part in figures)
        assert (whole.numerator or 0) == pytest.approx(top)
        assert (whole.denominator or 0) == pytest.approx(bottom)


def _rollups() -> list[tuple[object, ...]]:
    return [
        tuple(row.values())
        for table in (*rollups.ROLLUPS, "sales_hourly")
        for row in stored.read(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
    ]


def _forget() -> None:
    stored.execute(
        "TRUNCATE orders, order_lines, refunds, customers, products, sales_daily, "
        "sales_daily_channel, sales_daily_country, sales_hourly, sales_sources, sales_state"
    )
    stored.execute(
        "INSERT INTO fx_rates (base, quote, day, rate, source, source_id) "
        "VALUES ('USD', 'GBP', '2026-01-03', 0.8, 'csv', 'a'), "
        "('USD', 'GBP', '2026-01-20', 0.7, 'csv', 'b') ON CONFLICT DO NOTHING"
    )

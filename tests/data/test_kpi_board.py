"""Many KPIs at once are what each alone is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from config.kpis import KPIS
from data import company
from data.queries import kpi, kpi_board
from data.sample.load import load
from tests.data.order_files import take

pytestmark = pytest.mark.usefixtures("database")
SLUGS = [slug for slug, entry in KPIS.items() if entry.area not in ("system", "users")]


def _alone(spans: list[tuple[date, date]]) -> dict[str, list[object]]:
    return {slug: [kpi.value(slug, *span) for span in spans] for slug in SLUGS}


def test_of_a_whole_company_they_are_the_same() -> None:
    load(3_000)
    today = company.today()
    spans = [(today - timedelta(29), today), (today - timedelta(59), today - timedelta(30))]
    assert kpi_board.figures(SLUGS, spans) == _alone(spans)
    lines = kpi_board.over_time(SLUGS, *spans[0], "week")
    assert set(lines) == {slug for slug in SLUGS if "week" in KPIS[slug].by}
    for slug in ("net_revenue", "dso", "stock_value", "oee", "on_time_delivery_pct"):
        assert lines[slug] == pytest.approx(
            list(kpi.series(slug, *spans[0], "week")["value"]), nan_ok=True
        )


def test_the_board_of_a_page_is_made_of_the_same_figures() -> None:
    load(3_000)
    today = company.today()
    spans = [(today - timedelta(29), today), (today - timedelta(59), today - timedelta(30))]
    judged, shown = SLUGS[::2], ["net_revenue", "cash_conversion_cycle", "stock_value", "oee"]
    found = kpi_board.board(judged, shown, spans, "day")
    alone = _alone(spans)
    assert found.judged == {slug: alone[slug][0] for slug in judged}
    assert found.shown == {slug: alone[slug] for slug in shown}
    assert found.lines == kpi_board.over_time(shown, *spans[0], "day")
    assert found.lines["stock_value"] == list(kpi.series("stock_value", *spans[0], "day")["value"])


def test_of_nothing_and_of_days_to_come_each_says_why(tmp_path: Path) -> None:
    today = company.today()
    spans = [(today, today), (today + timedelta(1), today + timedelta(2))]
    assert kpi_board.figures(SLUGS, spans) == _alone(spans)
    take(tmp_path, "order_id,ordered_at,sku,quantity,unit_price", f"1,{today},A,1,1")
    assert kpi_board.figures(["orders"], spans[:1])["orders"][0].value == 1

"""What every KPI of the catalogue must hold, and that all who show KPIs read it."""

from __future__ import annotations

import re
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from config.catalogue.document import page
from config.kpis import KPIS, Bounds, Kpi, UnknownKpi, judge, kpi
from data.queries import kpi as figures

FIXED = [
    "net_revenue", "total_sales", "orders", "units", "average_order_value", "gross_margin_pct",
    "refund_rate", "returning_customer_rate", "receivables", "payables", "cash", "dso", "dio",
    "dpo", "cash_conversion_cycle", "stock_value", "inventory_turns", "days_on_hand",
    "availability", "performance", "quality", "oee", "on_time_delivery_pct",
]  # fmt: skip
COMPUTED = [entry for entry in KPIS.values() if entry.area in ("sales", "finance", "inventory",
                                                               "production")]  # fmt: skip
DAY = date(2026, 1, 5)


def test_the_slugs_of_the_specification_are_there() -> None:
    assert set(FIXED) <= KPIS.keys()


@pytest.mark.parametrize("entry", KPIS.values(), ids=KPIS)
def test_each_entry_is_whole(entry: Kpi) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.slug)
    assert all((entry.title, entry.unit, entry.formula, entry.source, entry.grain))
    assert not entry.formula.endswith(".")
    bounds = [b for b in (entry.bounds.target, entry.bounds.warning, entry.bounds.critical)
              if b is not None]  # fmt: skip
    assert bounds == sorted(bounds, reverse=entry.direction == "higher")
    if bounds:
        assert entry.direction != "neutral"


def test_titles_are_told_apart() -> None:
    titles = [entry.title for entry in KPIS.values()]
    assert len(titles) == len(set(titles))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("entry", COMPUTED, ids=[entry.slug for entry in COMPUTED])
def test_each_kpi_says_why_it_has_no_value_on_an_empty_database(entry: Kpi) -> None:
    figure = figures.value(entry.slug, DAY, DAY)
    assert figure.slug == entry.slug
    assert figure.value is None
    assert figure.reason is not None
    assert figure.reason.endswith(".")
    assert "\n" not in figure.reason
    for by in entry.by:
        frame = figures.series(entry.slug, DAY, DAY, by)
        assert list(frame.columns) == [by, "value"]
        assert frame["value"].isna().all()


def test_every_area_with_figures_has_a_module_that_computes_them() -> None:
    for area in {entry.area for entry in COMPUTED}:
        module = import_module(figures._AREAS[area])
        assert callable(module.value)
        assert callable(module.series)


def test_an_unknown_kpi_is_refused_in_one_sentence() -> None:
    with pytest.raises(UnknownKpi, match=r'^No KPI is called "profit"; .*\.$'):
        kpi("profit")


@pytest.mark.parametrize(
    ("slug", "value", "status"),
    [
        ("cash_conversion_cycle", 55, "good"),
        ("cash_conversion_cycle", 60, "off_target"),
        ("cash_conversion_cycle", 65.1, "warning"),
        ("cash_conversion_cycle", 75.1, "critical"),
        ("cash_runway", 3, "good"),
        ("cash_runway", 2, "warning"),
        ("cash_runway", 1.4, "critical"),
        ("gross_margin_pct", 60, "good"),
        ("gross_margin_pct", 59.9, "off_target"),
        ("net_revenue", 5, "no_target"),
        ("net_revenue", None, "no_data"),
    ],
)
def test_a_value_is_judged_against_its_bounds(slug: str, value: float | None, status: str) -> None:
    assert judge(KPIS[slug], value) == status


def test_bounds_in_force_win_over_the_catalogues() -> None:
    assert judge(KPIS["net_revenue"], 5, Bounds(target=10)) == "off_target"


def test_what_is_no_number_is_no_data_and_never_good() -> None:
    assert judge(KPIS["oee"], float("nan")) == "no_data"


def test_the_documentation_is_the_catalogue() -> None:
    written = Path("docs/kpis.md").read_text(encoding="utf-8")
    assert written == page(KPIS.values()), "run `python manage.py kpi doc`"

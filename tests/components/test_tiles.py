"""Tiles: status by colour, symbol and word; changes; age; what stands where there is no figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from components import attention, banner, empty, kpi, provenance, sparkline, status, tiles
from components.attention import Item
from components.tiles import Tile
from config.kpis import KPIS, Bounds, judge

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _html(**given: object) -> str:
    return tiles.html([Tile(**{"title": "Net revenue", "value": 5.0, **given})], NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "found", "symbol"),
    [(79.0, "good", "✓"), (80.0, "good", "✓"), (80.1, "warning", "▲"), (85.1, "critical", "✕")],
)
def test_a_limit_is_shown_by_colour_symbol_and_word(value: float, found: str, symbol: str) -> None:
    shown = _html(value=value, unit="percent", better="lower", warning=80, critical=85)
    assert f"sx-tile sx-{found}" in shown
    assert f">{symbol}</span>" in shown
    assert f'aria-label="{status.WORDS[found]}"' in shown  # type: ignore[index]


def test_tiles_judge_as_the_catalogue_does() -> None:
    for entry in KPIS.values():
        held = entry.bounds
        for bound in (held.target, held.warning, held.critical):
            for value in () if bound is None else (bound * 0.9, bound, bound * 1.1):
                mine = status.judge(
                    value, entry.direction, held.target, held.warning, held.critical
                )
                assert mine == judge(entry, value, held)


def test_a_missing_figure_is_never_good() -> None:
    shown = _html(value=float("nan"), target=1, better="lower", reason="No orders.", step="Import.")
    assert "No data" in shown
    assert "No orders." in shown
    assert "Import." in shown
    assert "sx-good" not in shown


def test_a_fall_is_good_where_lower_is_better() -> None:
    assert "sx-delta sx-up" in _html(value=90, previous=100, better="lower")
    assert "sx-delta sx-down" in _html(value=90, previous=100, better="higher")
    assert "sx-delta sx-flat" in _html(value=90, previous=100, better="neutral")
    assert "sx-delta sx-flat" in _html(value=90, previous=0)


def test_what_was_zero_before_is_named_and_not_divided_by() -> None:
    shown = _html(value=4, previous=0)
    assert "was 0, vs previous" in shown
    assert "%" not in shown


def test_a_tile_says_both_comparisons_its_target_and_the_exact_figure() -> None:
    shown = _html(value=12_345.67, unit="money", previous=12_000, last_year=15_000, target=13_000)
    for words in ("+2.9 %", "vs previous", "−17.7 %", "vs last year", "Target ≥ £13k"):
        assert words in shown
    assert 'title="£12,345.67"' in shown


def test_what_people_type_cannot_become_html() -> None:
    shown = _html(title="<img src=x onerror=alert(1)>", source='"><b>', note="<i>", as_of=NOW)
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "<i>" not in shown


def test_a_source_turns_stale_when_it_stops() -> None:
    def line(seconds: int) -> str:
        at = NOW - timedelta(seconds=seconds)
        return provenance.html("host a", at, timedelta(seconds=15), NOW)

    assert "sx-stale" not in line(15)
    assert "sx-stale" in line(16)
    assert "stale, 16 s ago" in line(16)
    assert "sx-stale" in provenance.html("host a", None, timedelta(seconds=15), NOW)
    assert "sx-stale" not in provenance.html("orders", None, None, NOW)
    assert provenance.html("", NOW, None, NOW) == ""


def test_the_live_line_says_how_old_the_last_sample_is() -> None:
    fresh = provenance.live("sample", NOW - timedelta(seconds=3), timedelta(seconds=15), NOW)
    assert 'Last sample <span class="sx-age">3 s ago</span>' in fresh
    assert "sx-stale" not in fresh
    assert "No sample yet" in provenance.live("sample", None, timedelta(seconds=15), NOW)


def test_a_sparkline_keeps_its_gaps_and_stays_small() -> None:
    values = [1.0, 2.0, None, 4.0, 5.0]
    assert sparkline.html(values).count("M") == 4  # two runs, each an area and a line
    assert len(sparkline.html([float(i % 7) for i in range(5000)])) < 3_000
    assert "sx-drawn" not in sparkline.html([1.0])
    assert "sx-drawn" not in sparkline.html([None, None, None])
    assert "sx-drawn" in sparkline.html([3.0, 3.0, 3.0])


@pytest.mark.parametrize(("count", "across"), [(1, 1), (4, 4), (6, 6), (7, 4), (8, 4), (10, 5)])
def test_rows_of_tiles_are_of_even_length(count: int, across: int) -> None:
    assert f"--sx-n:{across}" in tiles.html([Tile("a", 1.0)] * count, NOW)


def test_a_kpis_tile_takes_unit_direction_and_bounds_from_the_catalogue() -> None:
    made = kpi.tile(KPIS["dso"], 40.0)
    assert (made.title, made.better, made.target) == (
        KPIS["dso"].title, KPIS["dso"].direction, KPIS["dso"].bounds.target,
    )  # fmt: skip
    assert made.status == "off_target"
    assert kpi.tile(KPIS["dso"], 40.0, bounds=Bounds(target=45)).status == "good"


def test_what_needs_attention_stands_with_the_worst_first() -> None:
    items = [
        Item("info", "Quality", "off"),
        Item("critical", "CPU", "99 %", "performance", NOW - timedelta(minutes=5), "Ada has it"),
        Item("warning", "DSO", "late"),
    ]
    shown = attention.html(items, NOW, "Calm.")
    assert shown.index("CPU") < shown.index("DSO") < shown.index("Quality")
    assert "since 5 min" in shown
    assert "Ada has it" in shown
    assert 'href="performance"' in shown
    assert "Calm." in attention.html([], NOW, "Calm.")


def test_commands_in_sentences_are_shown_as_code() -> None:
    assert "<code>make demo</code>" in empty.html("None yet.", "Run `make demo`.")
    assert 'role="alert"' in banner.html("Down.", "critical")
    assert 'role="status"' in banner.html("Sample.", "info")

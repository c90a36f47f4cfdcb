"""An alert's card tells the figure it was judged by, or what another system said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from components.alert_card import Card, html

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def card(unit: str, value: float | None, condition: str) -> str:
    since = NOW - timedelta(minutes=5)
    return html(Card("Disk", "", "critical", since, condition, value, unit, "alerts", ""), NOW)


def test_a_card_tells_its_figure_or_that_there_is_none() -> None:
    assert "91.5 % · last &gt; 80 · since 5 min" in card("%", 91.5, "last > 80")
    assert "no data · last &gt; 80" in card("%", None, "last > 80")


def test_another_systems_alert_has_words_instead_of_a_figure() -> None:
    told = card("", None, "92 % of /var")
    assert "92 % of /var · since 5 min" in told
    assert "no data" not in told

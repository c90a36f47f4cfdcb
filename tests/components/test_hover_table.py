"""Tables that explain themselves: what breaks into lines and what does not."""

from __future__ import annotations

from components import hover_table
from components.hover_table import Cell


def test_a_sentence_breaks_into_lines_so_that_the_columns_after_it_stay_on_the_screen() -> None:
    drawn = hover_table.html([Cell("Formula")], [[Cell("a long formula in words " * 4)]], "KPIs")
    assert '<td class="sx-words">' in drawn


def test_figures_and_short_words_stay_on_one_line() -> None:
    drawn = hover_table.html([Cell("KPI")], [[Cell("DSO"), Cell("1,000", number=True)]], "KPIs")
    assert 'class="sx-words"' not in drawn
    assert '<td class="sx-number">1,000' in drawn

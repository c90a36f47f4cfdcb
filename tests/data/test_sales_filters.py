"""Which breakdowns a filter of the Business page leaves."""

from __future__ import annotations

from datetime import date
from itertools import product
from pathlib import Path

import pytest

from data.queries import sales_board
from data.queries.sales import GROUPS, Filter
from tests.data.order_files import HEADER, take

FILTERS = tuple({name: "x'%\\"} for name in GROUPS)


@pytest.mark.usefixtures("database")
def test_every_breakdown_that_a_filter_knows_can_be_asked_for(tmp_path: Path) -> None:
    take(tmp_path, HEADER, "1,2026-01-05,A,2,10")
    days = (date(2026, 1, 1), date(2026, 1, 31))
    known = 0
    for chosen, by in product((Filter(), *(Filter(**given) for given in FILTERS)), GROUPS):
        if chosen.knows(by):
            known += 1
            assert len(sales_board.groups(["net_revenue"], *days, by, chosen)) == (
                chosen == Filter()
            )
            sales_board.contributions(by, days, days, chosen)
    assert known == 5 * 4 - 4

"""The profit and loss of the Finance page, worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from data.queries import finance_board
from tests.data.company_files import take

pytestmark = pytest.mark.usefixtures("database")
_MAY = (date(2026, 5, 3), date(2026, 5, 20))


def _rows() -> list[tuple[str, str, float]]:
    frame, _ = finance_board.profit(*_MAY)
    return [tuple(row) for row in frame.to_numpy()]


def test_each_position_is_followed_by_what_remains() -> None:
    take(
        "ledger",
        """
        statement,month,category,account,amount
        profit_and_loss,2026-05-01,operating_expenses,Wages,30
        profit_and_loss,2026-05-01,revenue,Sales,100
        profit_and_loss,2026-05-01,cogs,Goods,40
        profit_and_loss,2026-05-01,other_income,Interest,5
        profit_and_loss,2026-04-01,revenue,Sales,999
        """,
    )
    assert _rows() == [
        ("Revenue", "Sales", 100),
        ("Cost of goods sold", "Goods", 40),
        ("Gross profit", "", 60),
        ("Operating expenses", "Wages", 30),
        ("Operating profit", "", 30),
        ("Other income", "Interest", 5),
        ("Profit", "", 35),
    ]


def test_two_currencies_are_converted_at_the_months_end_and_a_gap_is_counted() -> None:
    take("rates", "day,currency,rate\n2026-05-31,EUR,0.5")
    take(
        "ledger",
        """
        statement,month,category,account,amount,currency
        profit_and_loss,2026-05-01,revenue,UK,100,GBP
        profit_and_loss,2026-05-01,revenue,EU,80,EUR
        profit_and_loss,2026-05-01,revenue,US,70,USD
        """,
    )
    assert _rows() == [("Revenue", "UK", 100), ("Revenue", "EU", 40), ("Profit", "", 140)]
    assert finance_board.profit(*_MAY)[1] == 1


def test_months_without_lines_have_no_profit_at_all() -> None:
    assert _rows() == []

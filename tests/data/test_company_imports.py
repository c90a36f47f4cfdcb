"""What the company's imports promise: whole files or nothing, twice the same changes nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from data import database as db
from data.ingest.report import ImportRefused
from tests.data.company_files import take

pytestmark = pytest.mark.usefixtures("database")

INVOICES = """
invoice_id,direction,issued_on,due_on,total,currency
A1,receivable,2026-01-10,2026-02-09,100.00,GBP
A2,receivable,2026-01-20,2026-02-19,50.00,GBP
"""


def _open(direction: str = "receivable") -> Decimal:
    found = db.scalar(
        "SELECT coalesce(sum(change), 0) FROM open_balance_changes WHERE direction = :d",
        d=direction,
    )
    assert isinstance(found, Decimal)
    return found


def test_the_same_file_twice_changes_nothing() -> None:
    assert take("invoices", INVOICES).counts == {"new": 2, "changed": 0}
    assert take("invoices", INVOICES).counts == {"new": 0, "changed": 0}
    assert _open() == 150


def test_a_corrected_file_corrects_the_balance() -> None:
    take("invoices", INVOICES)
    assert take("invoices", INVOICES.replace("50.00", "70.00")).counts["changed"] == 1
    assert _open() == 170
    take("invoices", INVOICES.replace("receivable,2026-01-20", "payable,2026-01-20"))
    assert _open() == 100
    assert _open("payable") == 50


def test_every_bad_row_is_named_and_nothing_is_taken() -> None:
    with pytest.raises(ImportRefused) as refused:
        take(
            "invoices",
            """
            invoice_id,direction,issued_on,total,currency
            A1,receivable,2026-01-10,100,GBP
            A2,sideways,2026-01-10,100,GBP
            A3,payable,2026-02-30,1e,ZZZ
            """,
        )
    report = refused.value.report
    assert report is not None
    assert {(error.line, error.column) for error in report.errors} == {
        (3, "direction"),
        (4, "issued_on"),
        (4, "total"),
        (4, "currency"),
    }
    assert db.scalar("SELECT count(*) FROM invoices") == 0


def test_rows_that_only_the_database_can_judge_are_named_too() -> None:
    with pytest.raises(ImportRefused) as refused:
        take(
            "invoices",
            """
            invoice_id,direction,issued_on,due_on,total
            A1,receivable,2026-01-10,2026-01-01,100
            A2,receivable,2026-01-10,2026-02-01,100
            A2,receivable,2026-01-11,2026-02-01,100
            """,
        )
    report = refused.value.report
    assert report is not None
    assert [(error.line, error.column) for error in report.errors] == [
        (2, "due_on"),
        (4, "invoice_id"),
    ]


def test_bad_rows_can_be_left_out() -> None:
    bad = INVOICES + "A3,receivable,2026-01-10,2026-01-01,9,GBP\n"
    report = take("invoices", bad, skip_bad=True)
    assert (report.bad_rows, report.counts["new"]) == (1, 2)


def test_a_partial_payment_leaves_the_rest_open_and_full_payment_settles() -> None:
    take("invoices", INVOICES)
    take("payments", "payment_id,invoice_id,paid_on,amount\nP1,A1,2026-02-01,40")
    assert _open() == 110
    assert db.scalar("SELECT settled_on FROM invoices WHERE source_id = 'A1'") is None
    take("payments", "payment_id,invoice_id,paid_on,amount\nP2,A1,2026-02-05,60")
    assert _open() == 50
    assert str(db.scalar("SELECT settled_on FROM invoices WHERE source_id = 'A1'")) == "2026-02-05"


def test_a_payment_moved_to_another_invoice_reopens_the_first() -> None:
    take("invoices", INVOICES)
    take("payments", "payment_id,invoice_id,paid_on,amount\nP1,A1,2026-02-01,50")
    take("payments", "payment_id,invoice_id,paid_on,amount\nP1,A2,2026-02-01,50")
    settled = {
        row["source_id"]: row["settled_on"]
        for row in db.read("SELECT source_id, settled_on FROM invoices")
    }
    assert settled["A1"] is None and settled["A2"] is not None
    assert _open() == 100


def test_a_paid_invoice_without_payments_is_open_until_its_paid_date() -> None:
    take(
        "invoices",
        """
        invoice_id,direction,issued_on,total,status,paid_on
        A1,receivable,2026-01-10,100,paid,2026-02-03
        """,
    )
    changes = {
        str(row["day"]): row["change"] for row in db.read("SELECT * FROM open_balance_changes")
    }
    assert changes == {"2026-01-10": 100, "2026-02-03": -100}


def test_stock_follows_movements_and_a_count_resets_it() -> None:
    take(
        "movements",
        """
        movement_id,sku,moved_on,quantity,kind
        M1,R,2026-01-01,100,opening
        M2,R,2026-01-03,-30,sale
        M3,R,2026-01-06,-5,sale
        """,
    )
    take("stock", "sku,counted_on,quantity\nR,2026-01-05,60")
    spans = db.read("SELECT from_day, quantity FROM stock_spans ORDER BY from_day")
    assert [(row["from_day"].day, row["quantity"]) for row in spans] == [
        (1, 100),
        (3, 70),
        (5, 60),
        (6, 55),
    ]
    assert take("stock", "sku,counted_on,quantity\nR,2026-01-05,60").counts["changed"] == 0


def test_a_new_cost_leaves_the_value_of_earlier_days_alone() -> None:
    take("products", "sku,cost,cost_from\nR,2,2026-01-01")
    take("movements", "movement_id,sku,moved_on,quantity\nM1,R,2026-01-01,10")
    take("products", "sku,cost,cost_from\nR,3,2026-02-01")
    changes = [
        (str(row["day"]), row["value"])
        for row in db.read("SELECT day, value FROM stock_changes ORDER BY day")
    ]
    assert changes == [("2026-01-01", 20), ("2026-02-01", 10)]


def test_a_product_file_that_does_not_tell_a_term_leaves_it() -> None:
    take("products", "sku,title,lead_time_days,price\nR,Red,14,25")
    take("products", "sku,price\nR,26")
    row = db.one("SELECT title, lead_time_days, price FROM products")
    assert row is not None
    assert dict(row) == {"title": "Red", "lead_time_days": 14, "price": 26}


def test_a_rate_that_arrives_late_closes_the_gap() -> None:
    take("invoices", "invoice_id,direction,issued_on,total,currency\nA1,payable,2026-01-10,100,EUR")
    assert _open("payable") == 0
    take("rates", "day,currency,rate\n2026-01-03,EUR,0.8")
    assert _open("payable") == 80


def test_a_rate_of_eight_days_before_is_too_old() -> None:
    take("rates", "day,currency,rate\n2026-01-02,EUR,0.8")
    take("invoices", "invoice_id,direction,issued_on,total,currency\nA1,payable,2026-01-10,100,EUR")
    assert _open("payable") == 0


@pytest.mark.parametrize(
    ("rates", "owed"),
    [
        (("2026-01-09,EUR,USD,1.25", "2026-01-03,USD,GBP,0.8"), 100),
        (("2026-01-09,USD,EUR,0.8", "2026-01-10,GBP,USD,1.25"), 100),
        (("2026-01-09,EUR,USD,1.25", "2026-01-02,USD,GBP,0.8"), 0),
        (("2026-01-09,EUR,USD,1.25", "2026-01-09,USD,GBP,0.8", "2026-01-04,EUR,GBP,0.9"), 90),
        (("2026-01-08,EUR,CHF,1", "2026-01-08,CHF,GBP,0.7", "2026-01-09,EUR,USD,1.25",
          "2026-01-09,USD,GBP,0.8"), 100),
    ],
)  # fmt: skip
def test_a_currency_without_a_rate_of_its_own_goes_through_a_third(
    rates: tuple[str, ...], owed: float
) -> None:
    """EUR to GBP: both legs at most 7 days old; a direct rate wins; the newest pair serves."""
    take("invoices", "invoice_id,direction,issued_on,total,currency\nA1,payable,2026-01-10,100,EUR")
    for rate in rates:
        take("rates", f"day,currency,quote,rate\n{rate}")
    assert _open("payable") == pytest.approx(owed)


@pytest.mark.parametrize("rate", ["0.0000496", "4.96e-5"])
def test_a_rate_of_a_small_unit_keeps_its_digits(rate: str) -> None:
    """1,000,000,000 IDR at 0.0000496 are 49,600.00 GBP; six decimals would make it 50,000."""
    header = "invoice_id,direction,issued_on,total,currency"
    take("invoices", f"{header}\nA1,payable,2026-01-10,1000000000,IDR")
    take("rates", f"day,currency,rate\n2026-01-09,IDR,{rate}")
    assert _open("payable") == 49_600
    take("invoices", f"{header},rate\nA1,payable,2026-01-10,2000000000,IDR,{rate}")
    assert _open("payable") == 99_200


def test_the_ledger_takes_any_day_of_the_month() -> None:
    take(
        "ledger",
        """
        statement,month,category,amount
        profit_and_loss,2026-01-31,revenue,1000
        balance_sheet,2026-01-15,cash,500
        """,
    )
    months = db.read("SELECT DISTINCT month FROM ledger_lines")
    assert [str(row["month"]) for row in months] == ["2026-01-01"]


@pytest.mark.parametrize(
    ("dataset", "text"),
    [
        ("purchase-orders", "order_id,sku,ordered_on,quantity\nPO1,R,2026-01-01,10"),
        ("bank", "account,day,balance\nMain,2026-01-01,1000.50"),
        ("rates", "day,currency,rate\n2026-01-02,EUR,0.8"),
        ("ledger", "statement,month,category,amount\nbalance_sheet,2026-01-01,cash,5"),
        ("products", "sku,cost,price,currency\nR,2.5,9,EUR"),
        ("deliveries", "delivery_id,order_id,promised_on,delivered_on\nD,O,2026-01-02,2026-01-03"),
        (
            "production-runs",
            "run_id,line,started_at,ended_at,total_count,good_count\n"
            "1,L1,2026-01-01T06:00,2026-01-01T14:00,100,98",
        ),
        (
            "production-stops",
            "stop_id,line,started_at,ended_at,reason\n"
            "1,L1,2026-01-01T07:00,2026-01-01T07:30,breakdown",
        ),
    ],
)
def test_each_dataset_is_idempotent(dataset: str, text: str) -> None:
    assert take(dataset, text).counts == {"new": 1, "changed": 0}
    assert take(dataset, text).counts == {"new": 0, "changed": 0}

"""Xero's bank transactions: cash between balances; and documents that payments do not explain."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from data import database as db
from data.integrations import reconcile, sync
from tests.data.integrations.fake import Answer
from tests.data.integrations.fake_xero import Books, FakeXero, credit, invoice, moved, ms, payment
from tests.data.integrations.scene import Time

SEEN = "2026-10-20T00:00:00"


@pytest.fixture
def ledger(books: Books, time: Time) -> Books:
    time.at = datetime(2026, 10, 31, 18, tzinfo=UTC).timestamp()
    books.accounts = [{"AccountID": "bank", "Name": "Current account", "Type": "BANK"}]
    for key, amount in (("2026-08", "1,000.00"), ("2026-09", "1,500.00"), ("2026-10", "1,350.00")):
        books.balance[key] = {"Bank": [("Current account", "bank", amount)]}
    books.bank = {"": [("Current account", "bank", "0|0|0|1,350.00")]}
    books.invoices = [invoice(1, SEEN, "800", "0", Status="PAID", Date=ms("2026-08-10"))]
    books.payments = [
        payment(1, SEEN, "2026-09-10", "800", "inv-1", Account={"AccountID": "bank", "Code": "1"}),
    ]
    books.bank_transactions = [
        moved(1, SEEN, "2026-09-20", "SPEND", "300"),
        moved(2, SEEN, "2026-10-05", "SPEND", "150"),
        moved(3, SEEN, "2026-09-21", "SPEND", "77", Status="DELETED"),
    ]
    return books


def cash() -> list[tuple[str, int]]:
    rows = db.read(
        "SELECT day::text AS day, balance FROM bank_balances WHERE day >= '2026-08-31' ORDER BY day"
    )
    return [(row["day"], int(row["balance"])) for row in rows]


def test_cash_between_two_balances_follows_the_banks_movements(
    xero: FakeXero, ledger: Books, time: Time
) -> None:
    assert sync.sync("xero", time.world).state == "done"
    assert cash() == [
        ("2026-08-31", 1000),
        ("2026-09-10", 1800),
        ("2026-09-20", 1500),
        ("2026-09-30", 1500),
        ("2026-10-05", 1350),
        ("2026-10-31", 1350),
    ]


def test_movements_that_do_not_add_up_fill_nothing(
    xero: FakeXero, ledger: Books, time: Time
) -> None:
    sync.sync("xero", time.world)
    voided = {"Status": "VOIDED", "UpdatedDateUTC": ms("2026-10-31T00:00:00")}
    assert ledger.bank_transactions is not None
    ledger.bank_transactions[0] |= voided
    sync.sync("xero", time.world)
    assert [day for day, _ in cash()] == ["2026-08-31", "2026-09-30", "2026-10-05", "2026-10-31"]


def test_an_app_without_the_bank_scope_still_has_its_books(
    xero: FakeXero, ledger: Books, time: Time
) -> None:
    ledger.bank_transactions = None
    assert sync.sync("xero", time.world).state == "done"
    assert db.scalar("SELECT count(*) FROM ledger_lines") > 0


def test_what_xero_says_is_open_wins_over_payments_that_are_not_known(
    xero: FakeXero, ledger: Books, time: Time
) -> None:
    """400 of 1,000 is open though no payment is listed; the listed one is not taken twice."""
    ledger.invoices = [invoice(2, SEEN, "1000", "400"), invoice(1, SEEN, "800", "0")]
    sync.sync("xero", time.world)
    assert _open() == 400
    later = "2026-10-25T00:00:00"
    ledger.payments.append(payment(2, later, "2026-10-24", "600", "inv-2"))
    sync.sync("xero", time.world)
    assert _open() == 400
    assert db.scalar("SELECT count(*) FROM invoice_payments WHERE source_id LIKE 'rest|%'") == 0


def test_an_app_that_may_not_read_payments_still_knows_what_is_open(
    xero: FakeXero, ledger: Books, time: Time
) -> None:
    ledger.invoices = [invoice(2, SEEN, "1000", "400")]
    xero.faulty_path, xero.faults = "/Payments", [Answer(403, {"Title": "Forbidden"})]
    assert sync.sync("xero", time.world).state == "failed"
    assert _open() == 400


def _open() -> Decimal:
    return Decimal(db.scalar("SELECT sum(change) FROM open_balance_changes"))


def test_the_books_are_compared_with_ledger_invoices_and_what_is_owed(
    xero: FakeXero, ledger: Books, time: Time
) -> None:
    """September: 1,000 in the books, invoices of 1,200 with 200 of tax less a credit of 40.

    The balance sheet says that 1,160 is owed, and so do the documents.
    """
    ledger.accounts += [
        {"AccountID": "sales", "Name": "Sales", "Type": "REVENUE"},
        {"AccountID": "ar", "Name": "Debtors", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
    ]
    ledger.profit["2026-09"] = {"Income": [("Sales", "sales", "1,000.00")]}
    ledger.balance["2026-09"]["Current Assets"] = [("Debtors", "ar", "1,160.00")]
    ledger.payments, ledger.bank_transactions = [], []
    ledger.invoices = [
        invoice(1, SEEN, "1200", "1200", TotalTax=200.0, Date=ms("2026-09-05")),
        invoice(2, SEEN, "900", "0", Date=ms("2026-09-06"), Status="VOIDED"),
    ]
    ledger.credit_notes = [credit(1, SEEN, "40", "40", Date=ms("2026-09-07"))]
    sync.sync("xero", time.world)
    reconcile.reconcile("xero", time.world)
    found = {each.measure: (each.ours, each.theirs) for each in reconcile.differences("xero")}
    assert found == {"invoiced": (Decimal(960), Decimal(1000))}
    ledger.profit["2026-09"] = {"Income": [("Sales", "sales", "960.00")]}
    ledger.balance["2026-09"]["Current Assets"] = [("Debtors", "ar", "1,100.00")]
    reconcile.reconcile("xero", time.world)
    found = {each.measure: (each.ours, each.theirs) for each in reconcile.differences("xero")}
    assert found == {
        "revenue": (Decimal(1000), Decimal(960)),
        "receivables": (Decimal(1160), Decimal(1100)),
    }

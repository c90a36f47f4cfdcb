"""Xero's client against books on a loopback socket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from data import database as db
from data import secrets
from data.integrations import tokens, xero_sign_in
from data.integrations.errors import Limited, NotAllowed, SignInRefused
from data.integrations.records import Balance, Document, LedgerLine, Page, Product, Stock
from data.integrations.xero import Xero
from tests.data.integrations.fake import Answer, running
from tests.data.integrations.fake_xero import Books, FakeXero, credit, invoice, ms
from tests.data.integrations.scene import START, Time, making


@pytest.fixture
def time(database: str, home: Path) -> Time:
    return Time()


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def fake(books: Books) -> Iterator[FakeXero]:
    with running(FakeXero(books)) as made:
        assert isinstance(made, FakeXero)
        yield made


def given(fake: FakeXero, **values: str) -> dict[str, str]:
    addresses = {
        "base_url": fake.url,
        "token_url": f"{fake.url}/connect/token",
        "authorize_url": f"{fake.url}/authorize",
    }
    return {"client_id": "app", "client_secret": "right"} | addresses | values


def client(fake: FakeXero, time: Time, patience_s: float = 240, **values: str) -> Xero:
    return Xero(making("xero", time, patience_s, **given(fake, **values)))


def pages(made: Xero, name: str, position: dict[str, Any] | None = None) -> list[Page]:
    stream = next(each for each in made.streams() if each.name == name)
    return list(stream.pages(position))


def documents(found: list[Page]) -> list[Document]:
    return [each for page in found for each in page.records if isinstance(each, Document)]


def test_invoices_are_paged_to_the_end_and_then_asked_since_the_newest(
    fake: FakeXero, books: Books, time: Time
) -> None:
    books.page, time.at = 100, datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    books.invoices = [invoice(n, f"2026-10-01T{n // 60:02d}:{n % 60:02d}:00", "10", "4")
                      for n in range(250)]  # fmt: skip
    found = pages(client(fake, time), "invoices")
    assert len(documents(found)) == 250
    assert [page.expected for page in found] == [250, 250, 250]
    assert found[-1].position == {"since": "2026-10-01T04:04:00+00:00"}
    again = pages(client(fake, time), "invoices", dict(found[-1].position))
    assert len(documents(again)) == 6
    asked = [each for each in fake.asked if each.path.endswith("/Invoices")]
    assert asked[-1].headers["if-modified-since"] == "2026-10-01T04:04:00"


def test_a_date_is_a_calendar_date_whatever_the_offset_says(
    fake: FakeXero, books: Books, time: Time
) -> None:
    books.invoices = [
        invoice(1, "2026-10-02T00:00:00", "10", "4", Date="/Date(1790812800000+1300)/",
                DueDate=None, DueDateString="2026-11-30T00:00:00")
    ]  # fmt: skip
    found = documents(pages(client(fake, time), "invoices"))[0]
    assert (found.issued, found.due) == (date(2026, 10, 1), date(2026, 11, 30))


def test_another_currency_keeps_the_documents_own_rate(
    fake: FakeXero, books: Books, time: Time
) -> None:
    books.invoices = [
        invoice(1, "2026-10-02T00:00:00", "120", "60", CurrencyCode="EUR", CurrencyRate=1.2),
        invoice(2, "2026-10-02T00:00:00", "120", "60", CurrencyCode="USD", CurrencyRate=None),
    ]
    page = pages(client(fake, time), "invoices")[0]
    found = documents([page])
    assert found[0].open is not None
    assert found[0].open / found[0].rate == 50
    assert page.faults[0].problem == "CurrencyRate of document INV-2 is missing"


def test_drafts_and_what_was_voided_leave_no_balance(
    fake: FakeXero, books: Books, time: Time
) -> None:
    books.invoices = [
        invoice(n, "2026-10-02T00:00:00", "10", "10", Status=status)
        for n, status in enumerate(("DRAFT", "SUBMITTED", "VOIDED", "DELETED", "AUTHORISED"))
    ]
    found = documents(pages(client(fake, time), "invoices"))
    assert [each.open for each in found] == [0, 0, 0, 0, 10]
    assert [each.void for each in found] == [True, True, True, True, False]


def test_a_credit_note_says_which_invoices_it_settled(
    fake: FakeXero, books: Books, time: Time
) -> None:
    allocation = {"AllocationID": "al-1", "Amount": 3.0, "Date": ms("2026-10-07"),
                  "Invoice": {"InvoiceID": "inv-1"}}  # fmt: skip
    books.credit_notes = [credit(1, "2026-10-08T00:00:00", "5", "2", Allocations=[allocation])]
    found = documents(pages(client(fake, time), "credit_notes"))[0]
    assert (found.kind, found.open) == ("receivable credit", Decimal(2))
    assert (found.allocations[0].invoice, found.allocations[0].on) == ("inv-1", date(2026, 10, 7))


def test_the_books_come_by_month_and_account(fake: FakeXero, books: Books, time: Time) -> None:
    time.at = datetime(2026, 11, 10, tzinfo=UTC).timestamp()
    books.accounts = [
        {"AccountID": "a-sales", "Name": "Sales", "Type": "REVENUE"},
        {"AccountID": "a-cogs", "Name": "Materials", "Type": "DIRECTCOSTS"},
        {"AccountID": "a-ar", "Name": "Debtors", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
        {"AccountID": "a-bank", "Name": "Current account", "Type": "BANK"},
    ]
    books.profit["2026-10"] = {
        "Income": [("Sales", "a-sales", "1,500.25")],
        "Less Cost of Sales": [("Materials", "a-cogs", "600.00")],
    }
    books.balance["2026-10"] = {
        "Current Assets": [("Debtors", "a-ar", "320.00|999.00"), ("Fees", "a-x", "(1.50)|0")]
    }
    books.bank = {"": [("Current account", "a-bank", "10.00|5.00|2.00|13.00")]}
    found = [each for page in pages(client(fake, time), "books") for each in page.records]
    lines = [each for each in found if isinstance(each, LedgerLine)]
    october = {each.category: each.amount for each in lines if each.month == date(2026, 10, 1)}
    assert october == {
        "revenue": Decimal("1500.25"),
        "cogs": Decimal("600.00"),
        "receivables": Decimal("320.00"),
        "other_current_assets": Decimal("-1.50"),
    }
    balances = [each for each in found if isinstance(each, Balance)]
    assert [(each.name, each.amount) for each in balances] == [
        ("Current account", Decimal("13.00"))
    ]
    asked = [each.query for each in fake.asked if each.path.endswith("ProfitAndLoss")]
    assert len(asked) == 25
    assert asked[-2] == {"fromDate": "2026-10-01", "toDate": "2026-10-31"}


def test_later_runs_read_the_last_three_months_again(
    fake: FakeXero, books: Books, time: Time
) -> None:
    pages(client(fake, time), "books", {"loaded": True})
    assert sum(each.path.endswith("ProfitAndLoss") for each in fake.asked) == 3


def test_items_bring_their_mean_cost(fake: FakeXero, books: Books, time: Time) -> None:
    books.items = [
        {"ItemID": "i", "Code": "A", "Name": "Apple", "IsTrackedAsInventory": True,
         "QuantityOnHand": 8, "TotalCostPool": 20.0, "SalesDetails": {"UnitPrice": 5.0}}
    ]  # fmt: skip
    product, stock = pages(client(fake, time), "items")[0].records
    assert isinstance(product, Product)
    assert isinstance(stock, Stock)
    assert (product.unit_cost, stock.on_hand) == (Decimal("2.5"), Decimal(8))


@pytest.mark.parametrize(
    ("problem", "after", "slept"),
    [("minute", "3", [3.0]), ("appminute", "4", [4.0]), ("concurrent", "", [0.25])],
)
def test_short_limits_are_waited_for(
    fake: FakeXero, time: Time, problem: str, after: str, slept: list[float]
) -> None:
    headers = {"X-Rate-Limit-Problem": problem} | ({"Retry-After": after} if after else {})
    fake.faulty_path, fake.faults = "Organisation", [Answer(429, {}, headers)]
    client(fake, time).probe()
    assert time.slept == slept


def test_a_days_limit_is_never_slept_out(fake: FakeXero, time: Time) -> None:
    headers = {"X-Rate-Limit-Problem": "day", "Retry-After": "20"}
    fake.faulty_path, fake.faults = "Organisation", [Answer(429, {}, headers)]
    with pytest.raises(Limited, match="for today are used up"):
        client(fake, time).probe()
    assert time.slept == []


def test_what_is_left_of_the_day_is_remembered(fake: FakeXero, time: Time) -> None:
    client(fake, time).probe()
    left = db.scalar("SELECT remaining FROM integration_quota WHERE name = 'calls today'")
    assert left == 4999


def test_an_expired_token_is_renewed_by_client_credentials(fake: FakeXero, time: Time) -> None:
    made = client(fake, time)
    made.probe()
    fake.tokens.clear()
    made.read("Accounts")
    assert fake.issued == 2
    form = next(each.form for each in fake.asked if each.path == "/connect/token")
    assert form["grant_type"] == "client_credentials"
    assert "accounting.invoices.read" in form["scope"]


def test_a_lost_answer_to_a_rotation_loses_no_access(
    fake: FakeXero, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.refresh = "refresh-0"
    tokens.store("xero", tokens.Token("old", START - 10, "refresh-0"))
    with monkeypatch.context() as patched:
        patched.setattr(tokens, "_write", _killed)
        with pytest.raises(KeyboardInterrupt):
            client(fake, time).probe()
    assert fake.refresh == "refresh-1"
    client(fake, time).probe()
    client(fake, time).probe()
    assert fake.issued == 2


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_consent_uses_pkce_and_its_state_works_once(
    fake: FakeXero, books: Books, time: Time
) -> None:
    books.tenants = [
        {"tenantId": "t-1", "tenantType": "ORGANISATION", "tenantName": "Acme Ltd"},
        {"tenantId": "t-2", "tenantType": "PRACTICE", "tenantName": "Accountants"},
    ]
    made = making("xero", time, 240, **given(fake, client_secret=""))
    query = parse_qs(urlsplit(xero_sign_in.begin("xero", made.credentials, "http://x/cb")).query)
    assert query["code_challenge_method"] == ["S256"]
    assert "offline_access" in query["scope"][0]
    secrets.rotate()
    assert xero_sign_in.finish(query["state"][0], "code", lambda _: made) == "xero"
    form = fake.asked[-1].form
    assert (form["client_id"], form["redirect_uri"]) == ("app", "http://x/cb")
    assert len(form["code_verifier"]) >= 43
    assert [each.name for each in Xero(made).connections()] == ["Acme Ltd"]
    with pytest.raises(SignInRefused, match="begin again"):
        xero_sign_in.finish(query["state"][0], "code", lambda _: made)


def test_an_organisation_that_is_not_connected_is_said_in_words(
    fake: FakeXero, books: Books, time: Time
) -> None:
    books.tenants = [{"tenantId": "t-1", "tenantName": "Acme Ltd"}]
    with pytest.raises(NotAllowed, match="not connected to the app"):
        client(fake, time).probe()
    assert client(fake, time, tenant_id="t-1").probe() == "Acme Ltd answers, books in GBP."


def test_wrong_credentials_are_said_with_what_to_do(fake: FakeXero, time: Time) -> None:
    with pytest.raises(SignInRefused, match="enter both again"):
        client(fake, time, client_secret="wrong").probe()


def test_a_document_that_changes_during_the_walk_hides_no_other(
    fake: FakeXero, books: Books, time: Time
) -> None:
    books.page = 10
    books.invoices = [invoice(n, f"2026-01-01T00:{n:02d}:00", "10", "4") for n in range(25)]
    stream = next(each for each in client(fake, time).streams() if each.name == "invoices")
    walk = stream.pages(None)
    found = [next(walk)]
    books.invoices[0]["UpdatedDateUTC"] = ms(datetime.fromtimestamp(time.at, UTC).isoformat())
    found += list(walk)
    assert {each.number for each in documents(found)} == {f"INV-{n}" for n in range(25)}

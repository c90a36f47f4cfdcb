"""Xero Accounting as its OpenAPI file and guides describe it, on a loopback socket."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from tests.data.integrations.fake import Answer, Asked, Fake

API = "/api.xro/2.0/"


def ms(text: str) -> str:
    """`/Date(…)/` of an ISO instant or date."""
    at = datetime.fromisoformat(text)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return f"/Date({int(at.timestamp() * 1000)}+0000)/"


def invoice(number: int, updated: str, total: str, due: str, **changes: Any) -> dict[str, Any]:
    made = {
        "InvoiceID": f"inv-{number}",
        "InvoiceNumber": f"INV-{number}",
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": "c", "Name": "Customer"},
        "Date": ms("2026-10-01"),
        "DueDate": ms("2026-10-31"),
        "SubTotal": float(total),
        "TotalTax": 0.0,
        "Total": float(total),
        "AmountDue": float(due),
        "AmountPaid": float(total) - float(due),
        "CurrencyCode": "GBP",
        "CurrencyRate": 1.0,
        "UpdatedDateUTC": ms(updated),
    }
    return made | changes


def credit(number: int, updated: str, total: str, left: str, **changes: Any) -> dict[str, Any]:
    made = {
        "CreditNoteID": f"cn-{number}",
        "CreditNoteNumber": f"CN-{number}",
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": "c", "Name": "Customer"},
        "Date": ms("2026-10-05"),
        "Total": float(total),
        "RemainingCredit": float(left),
        "CurrencyCode": "GBP",
        "UpdatedDateUTC": ms(updated),
        "Allocations": [],
    }
    return made | changes


def payment(number: int, updated: str, on: str, amount: str, paid: str, **changes: Any) -> Any:
    made = {
        "PaymentID": f"pay-{number}",
        "Date": ms(on),
        "Amount": float(amount),
        "Status": "AUTHORISED",
        "PaymentType": "ACCRECPAYMENT",
        "Invoice": {"InvoiceID": paid, "CurrencyCode": "GBP"},
        "UpdatedDateUTC": ms(updated),
    }
    return made | changes


def moved(number: int, updated: str, on: str, kind: str, total: str, **changes: Any) -> Any:
    made = {
        "BankTransactionID": f"bt-{number}",
        "Type": kind,
        "Status": "AUTHORISED",
        "BankAccount": {"AccountID": "bank", "Code": "090", "Name": "Current account"},
        "Contact": {"ContactID": "c", "Name": "Landlord"},
        "Date": ms(on),
        "Total": float(total),
        "CurrencyCode": "GBP",
        "UpdatedDateUTC": ms(updated),
    }
    return made | changes


def report(name: str, headings: list[str], sections: dict[str, list[tuple[str, str, str]]]) -> Any:
    """Sections of (title, account id, amount) rows, each followed by its total."""
    rows: list[Any] = [{"RowType": "Header", "Cells": [{"Value": h} for h in ["", *headings]]}]
    for title, lines in sections.items():
        inner: list[Any] = [
            {
                "RowType": "Row",
                "Cells": [
                    {"Value": text, "Attributes": [{"Value": account, "Id": "account"}]},
                    *[
                        {"Value": value, "Attributes": [{"Value": account, "Id": "account"}]}
                        for value in amount.split("|")
                    ],
                ],
            }
            for text, account, amount in lines
        ]
        inner.append(
            {"RowType": "SummaryRow", "Cells": [{"Value": f"Total {title}"}, {"Value": "1"}]}
        )
        rows.append({"RowType": "Section", "Title": title, "Rows": inner})
    rows.append({"RowType": "Section", "Title": "", "Rows": [
        {"RowType": "Row", "Cells": [{"Value": "Net Profit"}, {"Value": "1"}]}]})  # fmt: skip
    return {"Reports": [{"ReportID": name, "ReportName": name, "Rows": rows}]}


@dataclass
class Books:
    invoices: list[Any] = field(default_factory=list)
    credit_notes: list[Any] = field(default_factory=list)
    overpayments: list[Any] = field(default_factory=list)
    prepayments: list[Any] = field(default_factory=list)
    payments: list[Any] = field(default_factory=list)
    bank_transactions: list[Any] | None = field(default_factory=list)
    accounts: list[Any] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)
    profit: dict[str, Any] = field(default_factory=dict)
    balance: dict[str, Any] = field(default_factory=dict)
    bank: dict[str, Any] = field(default_factory=dict)
    page: int = 1000
    tenants: list[Any] = field(default_factory=list)
    day_left: int = 5000


class FakeXero(Fake):
    """`refresh` is the refresh token that is valid now; older ones are in `grace`."""

    def __init__(self, books: Books) -> None:
        super().__init__()
        self.books = books
        self.tokens: set[str] = set()
        self.issued = 0
        self.refresh = ""
        self.strict = False
        self.consents: dict[str, dict[str, str]] = {}
        self.grace: set[str] = set()

    def respond(self, asked: Asked) -> Answer:
        if asked.path == "/connect/token":
            return self._token(asked)
        if asked.path == "/authorize":
            return self._consent(asked.query)
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return Answer(401, {"Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired"})
        if asked.path == "/connections":
            return Answer(200, self.books.tenants)
        if self.books.tenants and not asked.headers.get("xero-tenant-id"):
            return Answer(403, {"Title": "Forbidden", "Detail": "AuthenticationUnsuccessful"})
        if "json" not in asked.headers.get("accept", ""):
            return Answer(200, b"<Response/>", kind="text/xml")
        return self._api(asked)

    def _consent(self, query: dict[str, str]) -> Answer:
        """A person who allows the app at once, or refuses when there is no organisation."""
        if query["code_challenge_method"] != "S256" or query["response_type"] != "code":
            return Answer(400, {"error": "invalid_request"})
        code = f"code-{len(self.consents)}"
        self.consents[code] = query
        told = {"code": code, "scope": query["scope"]} if self.books.tenants else {
            "error": "access_denied"}  # fmt: skip
        back = f"{query['redirect_uri']}?{urlencode(told | {'state': query['state']})}"
        return Answer(302, b"", {"Location": back})

    def _proven(self, form: dict[str, str]) -> bool:
        """Whether the code goes with the verifier and the address that it was asked with."""
        asked = self.consents.pop(form["code"], None)
        if asked is None:
            return not self.strict
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        held = (asked["code_challenge"], asked["redirect_uri"], asked["client_id"])
        return held == (challenge, form["redirect_uri"], form.get("client_id", "app"))

    def _token(self, asked: Asked) -> Answer:
        form, basic = asked.form, asked.headers.get("authorization", "")
        secret = base64.b64encode(b"app:right").decode()
        if basic and basic != f"Basic {secret}":
            return Answer(401, {"error": "invalid_client"})
        if form["grant_type"] == "authorization_code" and not self._proven(form):
            return Answer(400, {"error": "invalid_grant"})
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in {self.refresh, *self.grace}:
                return Answer(400, {"error": "invalid_grant"})
            self.grace.add(form["refresh_token"])
        self.issued += 1
        token = f"access-{self.issued}"
        self.tokens.add(token)
        body: dict[str, Any] = {"access_token": token, "expires_in": 1800, "token_type": "Bearer"}
        if form["grant_type"] != "client_credentials":
            self.refresh = f"refresh-{self.issued}"
            body["refresh_token"] = self.refresh
        return Answer(200, body)

    def _api(self, asked: Asked) -> Answer:
        path = asked.path.removeprefix(API)
        if path == "BankTransactions" and self.books.bank_transactions is None:
            return Answer(403, {"Title": "Forbidden", "Detail": "insufficient scope"})
        self.books.day_left -= 1
        headers = {"X-DayLimit-Remaining": str(self.books.day_left), "X-MinLimit-Remaining": "59",
                   "X-AppMinLimit-Remaining": "9999"}  # fmt: skip
        return Answer(200, self._body(path, asked), headers)

    def _body(self, path: str, asked: Asked) -> Any:
        books = self.books
        if path == "Organisation":
            return {"Organisations": [{"Name": "Acme Ltd", "BaseCurrency": "GBP"}]}
        if path == "Reports/ProfitAndLoss":
            found = books.profit.get(asked.query["fromDate"][:7], {})
            return report("ProfitAndLoss", ["this month"], found)
        if path == "Reports/BalanceSheet":
            return report(
                "BalanceSheet", ["now", "then"], books.balance.get(asked.query["date"][:7], {})
            )
        if path == "Reports/BankSummary":
            headings = ["Opening Balance", "Cash Received", "Cash Spent", "Closing Balance"]
            return report("BankSummary", headings, books.bank)
        lists = {"Accounts": books.accounts, "Items": books.items}
        if path in lists:
            return {path: lists[path]}
        return self._paged(path, asked)

    def _paged(self, path: str, asked: Asked) -> Any:
        books = self.books
        found = {
            "Invoices": books.invoices,
            "CreditNotes": books.credit_notes,
            "Overpayments": books.overpayments,
            "Prepayments": books.prepayments,
            "Payments": books.payments,
            "BankTransactions": books.bank_transactions or [],
        }[path]
        if since := asked.headers.get("if-modified-since"):
            floor = datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp() * 1000
            found = [each for each in found if _number(each["UpdatedDateUTC"]) >= floor]
        found = sorted(found, key=lambda each: _number(each["UpdatedDateUTC"]))
        page, size = int(asked.query["page"]), min(int(asked.query["pageSize"]), books.page)
        paging = {"page": page, "pageSize": size, "pageCount": -(-len(found) // size),
                  "itemCount": len(found)}  # fmt: skip
        return {path: found[(page - 1) * size : page * size], "pagination": paging}


def _number(text: str) -> float:
    return float(text.removeprefix("/Date(").split("+", maxsplit=1)[0])

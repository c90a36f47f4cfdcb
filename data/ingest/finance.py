"""Invoices, payments, bank balances and the ledger's months, and the balances kept from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from data import company, fx
from data.ingest.dataset import Dataset, one_of
from data.ingest.fields import Field

LOCK = "invoices"
STATEMENTS = ("profit_and_loss", "balance_sheet")
CATEGORIES = (
    "revenue", "cogs", "operating_expenses", "other_income", "other_expenses", "taxes",
    "cash", "receivables", "inventory", "other_current_assets", "fixed_assets",
    "payables", "other_current_liabilities", "long_term_liabilities", "equity",
)  # fmt: skip
_RATE = f"coalesce(given_rate, {fx.rate('currency', 'issued_on')})"

_TOUCH = {
    "invoices": "SELECT source_id FROM in_rows",
    "payments": "SELECT invoice_id FROM in_rows UNION SELECT credit_id FROM in_rows "
    "UNION SELECT p.invoice_id FROM invoice_payments p JOIN in_rows r USING (source_id) "
    "WHERE p.source = :source UNION SELECT p.credit_id FROM invoice_payments p "
    "JOIN in_rows r USING (source_id) WHERE p.source = :source",
}
_EVENTS = (
    "SELECT direction, day, {sign} * round(sum(amount * rate), 4) AS change FROM invoice_events "
    "WHERE source = :source AND source_id IN (SELECT id FROM touched_documents) "
    "AND rate IS NOT NULL GROUP BY direction, day"
)
_APPLY = f"""
INSERT INTO open_balance_changes (direction, day, change) {_EVENTS}
ON CONFLICT (direction, day) DO UPDATE
   SET change = open_balance_changes.change + excluded.change
"""
_SETTLED = """
UPDATE invoices i SET settled_on = e.settled_on
  FROM (SELECT source_id, CASE WHEN sum(amount) = 0 THEN max(day) END AS settled_on
          FROM invoice_events WHERE source = :source
           AND source_id IN (SELECT id FROM touched_documents) GROUP BY source_id) e
 WHERE i.source = :source AND i.source_id = e.source_id
   AND i.settled_on IS DISTINCT FROM e.settled_on
"""
_SETTLE_ALL = """
UPDATE invoices i SET settled_on = e.settled_on
  FROM (SELECT source, source_id, CASE WHEN sum(amount) = 0 THEN max(day) END AS settled_on
          FROM invoice_events GROUP BY source, source_id) e
 WHERE i.source = e.source AND i.source_id = e.source_id
   AND i.settled_on IS DISTINCT FROM e.settled_on
"""


def _take_away(which: str) -> Any:
    """Before the merge: note the documents it touches and take their events off the roll-up."""

    def prepare(opened: Connection, source: str) -> None:
        opened.execute(text("DROP TABLE IF EXISTS touched_documents"))
        opened.execute(
            text("CREATE TEMP TABLE touched_documents (id text PRIMARY KEY) ON COMMIT DROP")
        )
        opened.execute(
            text("INSERT INTO touched_documents SELECT DISTINCT id FROM "
                 f"({_TOUCH[which]}) AS named(id) WHERE id IS NOT NULL"),
            {"source": source},
        )  # fmt: skip
        opened.execute(text(_APPLY.format(sign=-1)), {"source": source})

    return prepare


def _put_back(opened: Connection, source: str) -> None:
    """After the merge: convert, add the documents' events, and note when each was settled."""
    names = {"source": source, "company": company.currency()}
    opened.execute(
        text(f"UPDATE invoices SET rate = {_RATE} WHERE source = :source "
             "AND source_id IN (SELECT id FROM touched_documents) "
             f"AND rate IS DISTINCT FROM {_RATE}"),
        names,
    )  # fmt: skip
    opened.execute(text(_APPLY.format(sign=1)), names)
    opened.execute(text(_SETTLED), names)
    opened.execute(text("DELETE FROM open_balance_changes WHERE change = 0"))


def rebuild(opened: Connection) -> None:
    """Convert all documents anew and make the roll-up from them, as after new exchange rates."""
    names = {"company": company.currency()}
    opened.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('dataset invoices', 0))"))
    opened.execute(
        text(f"UPDATE invoices SET rate = {_RATE} WHERE rate IS DISTINCT FROM {_RATE}"), names
    )
    opened.execute(text("DELETE FROM open_balance_changes"))
    opened.execute(text(
        "INSERT INTO open_balance_changes (direction, day, change) "
        "SELECT direction, day, round(sum(amount * rate), 4) FROM invoice_events "
        "WHERE rate IS NOT NULL GROUP BY direction, day"
    ))  # fmt: skip
    opened.execute(text(_SETTLE_ALL))


def _check_invoice(columns: Mapping[str, Any]) -> list[tuple[Any, str, str]]:
    return [
        one_of("direction", "receivable", "payable")(columns),
        one_of("kind", "invoice", "credit_note")(columns),
        one_of("status", "open", "paid", "void")(columns),
    ]


def _check_ledger(columns: Mapping[str, Any]) -> list[tuple[Any, str, str]]:
    return [
        one_of("statement", *STATEMENTS)(columns),
        one_of("category", *CATEGORIES)(columns),
    ]


INVOICES = Dataset(
    "invoices",
    "invoices",
    (
        Field("invoice_id", "text", "The document's id.", required=True),
        Field("direction", "text", "receivable or payable.", required=True),
        Field("issued_on", "day", "Its date.", required=True),
        Field("total", "number", "Its total with tax, always positive.", required=True),
        Field("kind", "text", "invoice or credit_note.", fallback="invoice"),
        Field("number", "text", "The number printed on it."),
        Field("contact", "text", "Customer or supplier."),
        Field("due_on", "day", "Last day to pay it.", years_ahead=30),
        Field("paid_on", "day", "Day on which whatever was open was paid."),
        Field("currency", "currency", "ISO 4217 code; the company's where it is not given."),
        Field("rate", "number", "Company currency for one of it; else the day's rate is taken.",
              places=18),
        Field("status", "text", "open, paid or void.", fallback="open"),
    ),
    key="invoice_id",
    check=_check_invoice,
    late=(
        ("due_on < issued_on", "due_on", "lies before the date of the document"),
        ("paid_on < issued_on - 366", "paid_on", "lies a year before the date of the document"),
        ("status = 'paid' AND paid_on IS NULL", "paid_on", "is missing although it is paid"),
        ("rate = 0", "rate", "is zero"),
    ),
    values={
        **{name: name for name in ("direction", "issued_on", "total", "kind", "number", "contact",
                                   "due_on", "paid_on", "currency")},
        "given_rate": "rate",
        "status": "CASE status WHEN 'void' THEN 'void' ELSE 'open' END",
    },
    prepare=_take_away("invoices"),
    follow=_put_back,
    lock=LOCK,
)  # fmt: skip
PAYMENTS = Dataset(
    "payments",
    "invoice_payments",
    (
        Field("payment_id", "text", "The payment's id.", required=True),
        Field("invoice_id", "text", "The document it settles.", required=True),
        Field("paid_on", "day", "Its date.", required=True),
        Field("amount", "number", "In the document's currency; negative: taken back.",
              required=True, negative=True),
        Field("credit_id", "text", "The credit note that settles it instead of money."),
    ),
    key="payment_id",
    values={name: name for name in ("invoice_id", "paid_on", "amount", "credit_id")},
    prepare=_take_away("payments"),
    follow=_put_back,
    lock=LOCK,
)  # fmt: skip
BANK = Dataset(
    "bank",
    "bank_balances",
    (
        Field("account", "text", "Bank account.", required=True),
        Field("day", "day", "Day at whose end the balance held.", required=True),
        Field("balance", "number", "The balance; negative: overdrawn.", required=True,
              negative=True),
        Field("currency", "currency", "ISO 4217 code; the company's where it is not given."),
    ),
    key="concat_ws('|', account, day)",
)  # fmt: skip
LEDGER = Dataset(
    "ledger",
    "ledger_lines",
    (
        Field("statement", "text", f"One of {', '.join(STATEMENTS)}.", required=True),
        Field("month", "day", "Any day of the month.", required=True),
        Field("category", "text", f"One of {', '.join(CATEGORIES)}.", required=True),
        Field("amount", "number", "Income, cost, asset, debt and equity all positive.",
              required=True, negative=True),
        Field("account", "text", "Ledger account; the category where it is not given."),
        Field("currency", "currency", "ISO 4217 code; the company's where it is not given."),
    ),
    key="concat_ws('|', statement, to_char(month, 'YYYY-MM'), category, "
    "coalesce(account, category))",
    check=_check_ledger,
    values={
        "statement": "statement",
        "month": "date_trunc('month', month)::date",
        "category": "category",
        "account": "coalesce(account, category)",
        "amount": "amount",
        "currency": "currency",
    },
)  # fmt: skip

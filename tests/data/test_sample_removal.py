"""The sample beside a company's own books: it leaves them as they would be without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from data import database as db
from data.sample.load import load
from data.sample.remove import remove
from tests.data import company_files, order_files
from tests.data.company_files import own_database

TODAY = date(2026, 3, 17)
# Numbers that the database hands out, and when a row was written.
_HANDED_OUT = {"id", "order_id", "customer_id", "last_seen", "set_at", "changed_at", "version",
               "started_at", "finished_at", "created_at"}  # fmt: skip
_OWN = {"alembic_version", "audit", "audit_head", "imports", "sales_state", "jobs"}


def _imported(folder: Path) -> None:
    """Orders of products that the sample sells too, in currencies that it knows rates of."""
    order_files.take(
        folder,
        order_files.HEADER + ",currency,customer_id,unit_cost",
        "1,2026-01-05,RED-700,2,20,GBP,ANN,",
        "2,2026-02-05,OWN-1,1,30,EUR,ANN,4",
        "3,2026-02-06,GOLD-700,1,30,USD,BEN,",
    )
    company_files.take("products", "sku,title,cost\nRED-700,Our red,7\nOWN-1,Own,3")
    company_files.take(
        "production-runs",
        "run_id,line,shift,started_at,ended_at,ideal_cycle_s,total_count,good_count\n"
        "R1,Line 1,day,2026-01-05T08:00:00Z,2026-01-05T16:00:00Z,10,100,99",
    )
    company_files.take("movements", "movement_id,sku,moved_on,quantity\nM1,RED-700,2026-01-01,7")
    company_files.take("invoices", "invoice_id,direction,issued_on,total,currency\n"
                                   "A1,receivable,2026-01-10,100,EUR")  # fmt: skip
    company_files.take("bank", "account,day,balance\nMain,2026-01-01,5")
    company_files.take("rates", "day,currency,rate\n2026-02-05,EUR,0.5")


def _books() -> dict[str, list[str]]:
    """Every row of every table under what it is known by outside."""
    skus = {row["id"]: row["sku"] for row in db.read("SELECT id, sku FROM products")}
    tables = db.read(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    found: dict[str, list[str]] = {}
    for name in sorted({row["table_name"] for row in tables} - _OWN):
        rows = [row["row"] for row in db.read(f'SELECT to_jsonb(t) AS row FROM "{name}" t')]
        found[name] = sorted(str(_known(row, skus)) for row in rows)
    return found


def _same(found: dict[str, list[str]], expected: dict[str, list[str]]) -> None:
    for name, rows in expected.items():
        assert found[name] == rows, name


def _known(row: dict[str, Any], skus: dict[int, str]) -> list[tuple[str, Any]]:
    named = row | ({"product_id": skus.get(row["product_id"])} if "product_id" in row else {})
    named = {key: float(value) if isinstance(value, int) else value for key, value in named.items()}
    return sorted((key, value) for key, value in named.items() if key not in _HANDED_OUT)


def test_own_books_are_after_the_sample_what_they_were_before_it(
    postgres: Callable[[str], str], tmp_path: Path
) -> None:
    with own_database(postgres):
        _imported(tmp_path)
        before = _books()
        load(1_000, today=TODAY)
        assert remove()
        _same(_books(), before)


def test_own_books_that_came_beside_the_sample_are_as_if_it_had_never_been(
    postgres: Callable[[str], str], tmp_path: Path
) -> None:
    with own_database(postgres):
        _imported(tmp_path)
        alone = _books()
    with own_database(postgres):
        load(1_000, today=TODAY)
        _imported(tmp_path)
        assert remove()
        _same(_books(), alone)

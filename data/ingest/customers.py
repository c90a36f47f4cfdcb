"""Customers of new orders: who they are, and which order of theirs was the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from data.ingest import merge_sql, rollups
from data.ingest.arrow_copy import copy_in

_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS in_buyers (
    n bigint, name text COLLATE "C", country text, first_ordered_at timestamptz
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS in_known (
    name text COLLATE "C", id bigint, fresh boolean, before timestamptz
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS firsts (
    customer_id bigint, before timestamptz, first_ordered_at timestamptz
) ON COMMIT DROP;
TRUNCATE in_buyers, in_known, firsts
"""
_TAKE = (
    "WITH taken AS (INSERT INTO customers (source, source_id, country, first_ordered_at) "
    "SELECT :source, name, country, first_ordered_at FROM in_buyers "
    "ON CONFLICT (source, source_id) DO UPDATE SET last_seen = now(), "
    "country = coalesce(excluded.country, customers.country) "
    "RETURNING source_id, id, xmax = 0, first_ordered_at) "
    "INSERT INTO in_known SELECT * FROM taken",
    "INSERT INTO firsts SELECT id, before, b.first_ordered_at FROM in_known "
    "JOIN in_buyers b USING (name) WHERE NOT fresh AND b.first_ordered_at IS NOT NULL "
    "AND (before IS NULL OR b.first_ordered_at < before)",
)
# Microseconds, because that is what the arrays count in.
_FOUND = (
    "SELECT n, id, (extract(epoch FROM least(before, first_ordered_at)) * 1000000)::bigint "
    "FROM in_known JOIN in_buyers USING (name)"
)


@dataclass(frozen=True)
class Customers:
    """For each order its customer's number and first order; nulls without a customer."""

    ids: Any
    first_ordered_at: Any


def take(opened: Connection, source: str, heads: Any) -> Customers:
    """Store the customers of these orders, before the orders themselves.

    Leaves those whose first order is now an earlier one for `settle`.
    """
    codes = heads["customer_id"].combine_chunks().dictionary_encode()
    count = len(codes.dictionary)
    opened.exec_driver_sql(_TABLES)
    copy_in(opened, "in_buyers", _buyers(heads, codes))
    for statement in _TAKE:
        opened.execute(text(statement), {"source": source})
    ids, firsts = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    never = np.zeros(count, dtype=bool)
    for n, number, first in opened.execute(text(_FOUND)):
        ids[n], firsts[n], never[n] = number, first or 0, first is None
    first_ordered = pa.array(firsts, mask=never).cast(pa.timestamp("us"))
    return Customers(pa.array(ids).take(codes.indices), first_ordered.take(codes.indices))


def _buyers(heads: Any, codes: Any) -> Any:
    """One row a customer: the place among them, name, country and first counted order."""
    country = pc.if_else(pc.equal(heads["country"], ""), None, heads["country"])
    ordered = pc.if_else(heads["counted"], heads["ordered_at"], None)
    rows = pa.table({"n": codes.indices, "country": country, "first_ordered_at": ordered})
    named = rows.filter(pc.is_valid(rows["n"]))
    groups = named.group_by("n", use_threads=False).aggregate(
        [("country", "max"), ("first_ordered_at", "min")]
    )
    return pa.table({
        "n": groups["n"], "name": codes.dictionary.take(groups["n"]),
        "country": groups["country_max"], "first_ordered_at": groups["first_ordered_at_min"],
    })  # fmt: skip


def settle(opened: Connection, begin: Callable[[], None]) -> None:
    """Write earlier first orders down, and what stored orders become by it.

    `begin` is called before these orders' differences go to the roll-ups' tables of differences.
    """
    if not opened.execute(text("SELECT count(*) FROM firsts")).scalar_one():
        return
    for statement in ("ANALYZE firsts", merge_sql.FLIPPED.format(excluded="true")):
        opened.execute(text(statement))
    which = "IN (SELECT id FROM flipped)"
    flips = opened.execute(text("SELECT count(*) FROM flipped")).scalar_one()
    if flips:
        begin()
        rollups.add_delta(opened, -1, which)
    for statement in merge_sql.FLIP:
        opened.execute(text(statement))
    if flips:
        rollups.add_delta(opened, 1, which)
    opened.execute(text("DROP TABLE flipped"))


def forget(opened: Connection) -> None:
    """Drop the tables that `merge` makes its own of."""
    opened.execute(text("DROP TABLE IF EXISTS pg_temp.firsts"))

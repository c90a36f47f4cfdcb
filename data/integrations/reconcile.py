"""Each night: read 60 days again, and compare what is stored with what the vendor counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from data import company, database
from data.integrations import connections
from data.integrations.errors import VendorError
from data.integrations.records import Aggregate
from data.integrations.world import World

DAYS = 60
TOLERANCE = Decimal("0.005")

_STORE = """
INSERT INTO integration_differences (connection, measure, scope, period, ours, theirs, currency)
VALUES (:connection, :measure, :scope, :period, :ours, :theirs, :currency)
ON CONFLICT (connection, measure, scope, period) DO UPDATE SET
    ours = excluded.ours, theirs = excluded.theirs, currency = excluded.currency,
    checked_at = now()
"""
_FORGET = """
DELETE FROM integration_differences
WHERE connection = :connection AND scope = :scope AND measure = ANY(:measures)
"""
_OPEN = (
    "SELECT sum(e.amount * e.rate) FROM invoice_events e WHERE e.source = :source "
    "AND e.direction = '{direction}' AND e.day <= :period HAVING bool_and(e.rate IS NOT NULL)"
)
_LINES = (
    "SELECT COALESCE(sum({what}), 0) FROM orders o "
    "JOIN order_lines l ON l.order_id = o.id WHERE o.source = :source AND o.channel = :scope "
    "AND o.counted AND (o.ordered_at AT TIME ZONE :zone)::date = :period"
)
# Whether Amazon's ordered product sales hold VAT depends on the marketplace and is documented
# nowhere: over all days compared, the nearer of these two is what it counts.
_SALES = ("sales", "sales with tax")
_OURS = {
    # Ordered product sales as Amazon counts them: goods before discounts, on the local day.
    "sales": _LINES.format(what="l.quantity * l.unit_price"),
    "sales with tax": _LINES.format(
        what="l.quantity * l.unit_price * (1 + COALESCE(l.tax / NULLIF(l.quantity * l.unit_price "
        "- l.discount + l.shipping, 0), 0))"
    ),
    "units": _LINES.format(what="l.quantity"),
    "orders": "SELECT count(*) FROM orders WHERE source = :source "
    "AND (ordered_at AT TIME ZONE :zone)::date = :period",
    "revenue": "SELECT COALESCE(sum(amount), 0) FROM ledger_lines WHERE source = :source "
    "AND statement = 'profit_and_loss' AND category = 'revenue' AND month = :period",
    # Invoices less credit notes of the month, without tax; nothing to compare where there are none.
    "invoiced": "SELECT sum(CASE i.kind WHEN 'invoice' THEN b.net ELSE -b.net END * i.rate) "
    "FROM invoices i JOIN document_balances b USING (source, source_id) WHERE i.source = :source "
    "AND i.direction = 'receivable' AND i.status <> 'void' AND i.issued_on >= :period "
    "AND i.issued_on < :period + interval '1 month' HAVING bool_and(b.net * i.rate IS NOT NULL)",
    "receivables": _OPEN.format(direction="receivable"),
    "payables": _OPEN.format(direction="payable"),
}


@dataclass(frozen=True)
class Difference:
    """A total that the vendor counts otherwise."""

    connection: str
    measure: str
    scope: str
    period: date
    ours: Decimal
    theirs: Decimal
    currency: str | None
    checked_at: datetime

    @property
    def share(self) -> float | None:
        """How far ours is off theirs; None when theirs is nothing."""
        return None if not self.theirs else float((self.ours - self.theirs) / self.theirs)


def reconcile(name: str, world: World | None = None) -> int:
    """Read the last 60 days of a connection again and compare; returns how many totals differ."""
    from data.integrations import sync  # takes in Arrow, which a look at differences needs not

    world = world or World()
    outcome = sync.again(name, world.moment() - timedelta(days=DAYS), world)
    if outcome.state != "done":
        return 0
    end = company.today(world.moment())
    client = connections.named(name).client(world)
    _compare(name, client.aggregates(end - timedelta(days=DAYS), end))
    return len(differences(name))


def reconcile_all(now: datetime) -> None:
    """Every configured connection not compared in the last 12 hours; one failing stops no other."""
    recent = database.read(
        "SELECT connection FROM integration_runs WHERE kind = 'reconcile' AND state = 'done' "
        "AND started_at > :since",
        since=now - timedelta(hours=12),
    )
    compared = {row["connection"] for row in recent}
    for each in connections.every():
        if each.every is None or each.paused or each.name in compared:
            continue
        if each.configured():
            try:
                reconcile(each.name)
            except VendorError:
                continue


def differences(name: str | None = None) -> list[Difference]:
    """Totals of the newest comparison, of 60 days, that are off by more than 0.5 %."""
    rows = database.read(
        "SELECT connection, measure, scope, period, ours, theirs, currency, checked_at "
        "FROM integration_differences f WHERE abs(ours - theirs) > :tolerance * abs(theirs) "
        # What an earlier comparison found of a day that has left the window is not looked at again.
        "AND checked_at > (SELECT max(checked_at) FROM integration_differences n "
        "WHERE n.connection = f.connection) - interval '12 hours' "
        "AND (CAST(:name AS text) IS NULL OR connection = :name) "
        "ORDER BY connection, period DESC, measure, scope",
        tolerance=TOLERANCE,
        name=name,
    )
    return [Difference(**row) for row in rows]


def _compare(name: str, totals: Iterable[Aggregate]) -> None:
    for each in _on_one_basis(name, list(totals)):
        ours = _ours(name, each)
        if ours is not None:
            database.execute(
                _STORE,
                connection=name,
                measure=each.measure,
                scope=each.scope,
                period=each.period,
                ours=ours,
                theirs=each.value,
                currency=each.currency,
            )


def _ours(name: str, each: Aggregate, measure: str = "") -> Decimal | None:
    found: Decimal | None = database.scalar(
        _OURS[measure or each.measure],
        source=name,
        scope=each.scope,
        zone=each.zone or company.zone().key,
        period=each.period,
    )
    return found


def _on_one_basis(name: str, totals: list[Aggregate]) -> list[Aggregate]:
    """The totals that are compared: a marketplace's sales all without tax, or all with it."""
    known = [each for each in totals if each.measure in _OURS]
    basis: dict[str, str] = {}
    for scope in {each.scope for each in known if each.measure == "sales"}:
        days = [each for each in known if each.measure == "sales" and each.scope == scope]
        theirs = sum((each.value for each in days), Decimal(0))
        off = {
            measure: abs(theirs - sum(_ours(name, day, measure) or Decimal(0) for day in days))
            for measure in _SALES
        }
        basis[scope] = min(_SALES, key=lambda measure: off[measure])
        database.execute(_FORGET, connection=name, scope=scope, measures=list(_SALES))
    return [
        replace(each, measure=basis[each.scope]) if each.measure == "sales" else each
        for each in known
    ]

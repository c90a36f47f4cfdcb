"""How every connection stands: from its last probe, its runs, its calls and its quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping

from data import company, database
from data.integrations import connections
from data.integrations.connections import Connection
from data.integrations.probe import is_configured
from data.integrations.reconcile import differences

CONNECTED, DEGRADED, FAILING = "connected", "degraded", "failing"
NOT_CONFIGURED, PAUSED = "not configured", "paused"
FAILURES = 3

_RUNS = """
SELECT connection,
    max(ended_at) FILTER (WHERE state = 'done') AS last_success,
    max(started_at) AS last_started,
    bool_or(state = 'running') AS running,
    COALESCE(sum(rows) FILTER (WHERE started_at >= :midnight), 0)::bigint AS rows_today
FROM integration_runs WHERE kind <> 'reconcile' GROUP BY connection
"""
_LAST = """
SELECT DISTINCT ON (connection) connection, state, error,
    (SELECT count(*) FROM integration_faults f WHERE f.run_id = r.id) AS problems
FROM integration_runs r
WHERE state <> 'running' AND kind <> 'reconcile' ORDER BY connection, started_at DESC
"""
_FAILED = """
SELECT r.connection, count(*) AS failed FROM integration_runs r
WHERE r.state = 'failed' AND r.kind <> 'reconcile' AND r.started_at > COALESCE((
    SELECT max(o.started_at) FROM integration_runs o
    WHERE o.connection = r.connection AND o.state = 'done' AND o.kind <> 'reconcile'), '-infinity')
GROUP BY r.connection
"""
_CALLS = """
SELECT connection, count(*) AS calls FROM integration_calls
WHERE at >= :midnight GROUP BY connection
"""
_LOADING = """
SELECT connection, stream, done, expected, started_at, updated_at FROM integration_cursors
WHERE loading ORDER BY connection, started_at
"""


@dataclass(frozen=True)
class Loading:
    """A first load under way."""

    stream: str
    done: int
    expected: int | None
    ends_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """How one connection stands now."""

    connection: Connection
    state: str
    error: str | None
    last_sync: datetime | None
    next_sync: datetime | None
    age_s: float | None
    running: bool
    rows_today: int
    calls_today: int
    quota: Mapping[str, Mapping[str, float | None]]
    probed_at: datetime | None
    response_ms: float | None
    message: str | None
    failures: int
    problems: int
    differences: int
    loading: tuple[Loading, ...]

    @property
    def stale(self) -> bool:
        """Whether its data is older than three of its intervals."""
        limit = self.connection.stale_after
        return limit is not None and self.age_s is not None and self.age_s > limit.total_seconds()


def standings(now: datetime | None = None) -> list[Standing]:
    """Every connection. Raises DatabaseUnavailable."""
    now = now or datetime.now(UTC)
    facts = _Facts(now)
    return [facts.standing(each) for each in connections.every()]


def status(now: datetime | None = None) -> dict[str, Any]:
    """What `GET /api/integrations/status` answers."""
    now = now or datetime.now(UTC)
    found = standings(now)
    counts = Counter(each.state for each in found)
    bad = counts[FAILING] + counts[DEGRADED]
    return {
        "status": "degraded" if bad else "healthy",
        "timestamp": now.isoformat(),
        "services": {each.connection.name: _service(each) for each in found},
        "summary": {
            "total": len(found),
            "configured": len(found) - counts[NOT_CONFIGURED],
            CONNECTED: counts[CONNECTED],
            DEGRADED: counts[DEGRADED],
            FAILING: counts[FAILING],
            PAUSED: counts[PAUSED],
            "not_configured": counts[NOT_CONFIGURED],
        },
    }


def dependencies() -> list[dict[str, Any]]:
    """What `/health/detailed` lists: each configured connection, from its last probe."""
    return [
        {
            "name": each.connection.name,
            "critical": False,
            "status": "healthy" if each.state in (CONNECTED, PAUSED) else "degraded",
            "response_ms": each.response_ms,
            **({"error": each.error} if each.error else {"detail": each.message or each.state}),
        }
        for each in standings()
        if each.state != NOT_CONFIGURED
    ]


def _service(each: Standing) -> dict[str, Any]:
    said: dict[str, Any] = {
        "status": each.state,
        "last_sync": None if each.last_sync is None else each.last_sync.isoformat(),
        "next_sync": None if each.next_sync is None else each.next_sync.isoformat(),
        "age_s": each.age_s,
        "rows_today": each.rows_today,
        "quota": {name: dict(line) for name, line in each.quota.items()},
    }
    return said | ({"error": each.error} if each.error else {})


class _Facts:
    """What the tables say about all connections, read once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        here = now.astimezone(company.zone())
        today = {"midnight": here.replace(hour=0, minute=0, second=0, microsecond=0)}
        self.runs = _by_connection(_RUNS, **today)
        self.last = _by_connection(_LAST)
        self.failed = _by_connection(_FAILED)
        self.calls = _by_connection(_CALLS, **today)
        self.probes = _by_connection("SELECT * FROM integration_probes")
        self.quota = database.read("SELECT * FROM integration_quota ORDER BY connection, name")
        self.differences = Counter(each.connection for each in differences())
        self.loading = database.read(_LOADING)

    def standing(self, each: Connection) -> Standing:
        name = each.name
        run, probe = self.runs.get(name, {}), self.probes.get(name, {})
        last = run.get("last_success")
        state, error = self._state(each)
        return Standing(
            connection=each,
            state=state,
            error=error,
            last_sync=last,
            next_sync=self._next(each, run.get("last_started"), state),
            age_s=None if last is None else round((self.now - last).total_seconds(), 1),
            running=bool(run.get("running")),
            rows_today=int(run.get("rows_today") or 0),
            calls_today=int(self.calls.get(name, {}).get("calls") or 0),
            quota={
                row["name"]: {"remaining": row["remaining"], "limit": row["allowed"]}
                for row in self.quota
                if row["connection"] == name
            },
            probed_at=probe.get("at"),
            response_ms=probe.get("response_ms"),
            message=probe.get("message"),
            failures=self._failures(name),
            problems=int(self.last.get(name, {}).get("problems") or 0),
            differences=self.differences[name],
            loading=tuple(self._load(row) for row in self.loading if row["connection"] == name),
        )

    def _state(self, each: Connection) -> tuple[str, str | None]:
        configured, missing = is_configured(each)
        if not configured:
            return NOT_CONFIGURED, missing
        if each.paused:
            return PAUSED, None
        probe, last = self.probes.get(each.name), self.last.get(each.name, {})
        if probe is not None and not probe["healthy"]:
            return FAILING, str(probe["message"])
        if last.get("state") == "failed":
            many = self._failures(each.name) >= FAILURES
            return (FAILING if many else DEGRADED), last.get("error")
        if each.blocked_until is not None and each.blocked_until > self.now:
            return DEGRADED, each.blocked_reason
        return self._fresh(each, probe is not None)

    def _fresh(self, each: Connection, probed: bool) -> tuple[str, str | None]:
        last = self.runs.get(each.name, {}).get("last_success")
        limit = each.stale_after
        if limit is not None and last is not None and self.now - last > limit:
            return DEGRADED, (
                f"The last synchronisation is older than {_words(limit.total_seconds())}; check "
                "that the worker runs."
            )
        if not probed:
            return DEGRADED, "Not tested yet; test the connection, or wait five minutes."
        return CONNECTED, None

    def _failures(self, name: str) -> int:
        return int(self.failed.get(name, {}).get("failed") or 0)

    def _next(self, each: Connection, last: datetime | None, state: str) -> datetime | None:
        if each.every is None or state in (PAUSED, NOT_CONFIGURED):
            return None
        planned = self.now if last is None else max(last + each.every, self.now)
        if each.requested_at is not None:
            return self.now
        return max(planned, each.blocked_until) if each.blocked_until else planned

    def _load(self, row: RowMapping) -> Loading:
        done, expected = int(row["done"]), row["expected"]
        spent = (row["updated_at"] - row["started_at"]).total_seconds()
        ends = None
        if expected and 0 < done < expected and spent > 0:
            ends = self.now + (row["updated_at"] - row["started_at"]) * ((expected - done) / done)
        return Loading(row["stream"], done, expected, ends)


def _by_connection(sql: str, **parameters: Any) -> dict[str, RowMapping | dict[str, Any]]:
    return {row["connection"]: row for row in database.read(sql, **parameters)}


def _words(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"

"""What this process depends on, and how each is asked without ever hanging with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from data.database import DatabaseUnavailable
from data.probe import Probe

Status = Literal["healthy", "degraded", "unhealthy"]
# Both together stay under the two seconds within which a dead dependency must be named.
_DATABASE_S = 1.4
_OTHERS_S = 0.5
_SILENT_S = 30
PROBE = Probe(budget_s=1.2)


@dataclass(frozen=True)
class Finding:
    """What a check found; `detail` is for people when it is well, `error` when it is not."""

    status: Status
    detail: str | None = None
    error: str | None = None
    parts: tuple[Examined, ...] = ()


@dataclass(frozen=True)
class Dependency:
    """Something asked by a blocking `check`; without the database most others say nothing."""

    name: str
    critical: bool
    check: Callable[[], Finding]
    needs_database: bool = True


@dataclass(frozen=True)
class Examined:
    """A finding with who it is about and how long the answer took."""

    name: str
    critical: bool
    status: Status
    response_ms: float | None
    detail: str | None = None
    error: str | None = None
    parts: tuple[Examined, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Without the fields that have nothing to say."""
        told = {key: value for key, value in self.__dict__.items() if value is not None}
        return {key: value for key, value in told.items() if key != "parts"}


def database() -> Finding:
    """A query answered by PostgreSQL itself."""
    PROBE.ask("SELECT 1")
    return Finding("healthy")


def worker() -> Finding:
    """The newest sign of life of any worker."""
    age = PROBE.ask(
        "SELECT extract(epoch FROM now() - max(last_seen_at))::float "
        "FROM processes WHERE kind = 'worker'"
    )[0][0]
    if age is None:
        return Finding("degraded", error="No worker has reported yet.")
    if age > _SILENT_S:
        return Finding("degraded", error=f"The worker was last heard of {age:.0f} s ago.")
    return Finding("healthy", detail=f"last heard of {max(age, 0):.0f} s ago")


def jobs() -> Finding:
    """Jobs whose last run failed."""
    rows = PROBE.ask("SELECT job, host, error FROM job_runs WHERE error IS NOT NULL ORDER BY 1, 2")
    if rows:
        return Finding(
            "degraded", error="; ".join(f"{job} on {host}: {e}" for job, host, e in rows)
        )
    count = PROBE.ask("SELECT count(DISTINCT job) FROM job_runs")[0][0]
    return Finding("healthy", detail=f"{count} jobs ran without an error")


def integrations() -> Finding:
    """Connections to vendors, from their last probes; health lists each under its own name."""
    from data.integrations import status  # brings every vendor's client along: not at the start

    found = status.dependencies()
    parts = tuple(
        Examined(one["name"], False, one["status"], one["response_ms"], one.get("detail"),
                 one.get("error"))
        for one in found
    )  # fmt: skip
    bad = [part.name for part in parts if part.status != "healthy"]
    if bad:
        return Finding("degraded", error=f"Not well: {', '.join(bad)}.", parts=parts)
    return Finding("healthy", detail=f"{len(parts)} configured", parts=parts)


REGISTRY: list[Dependency] = [
    Dependency("database", True, database, needs_database=False),
    Dependency("worker", False, worker),
    Dependency("jobs", False, jobs),
    Dependency("integrations", False, integrations),
]


class Examiner:
    """Asks all dependencies at once; requests that come together share one examination."""

    def __init__(self, registry: list[Dependency] | None = None) -> None:
        self.registry = REGISTRY if registry is None else registry
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="health")
        self._asked: dict[str, asyncio.Future[Examined]] = {}

    async def examine(self, critical_only: bool = False) -> list[Examined]:
        """In the registry's order. Never raises, never takes longer than two seconds."""
        wanted = [one for one in self.registry if one.critical or not critical_only]
        first = [one for one in wanted if not one.needs_database]
        found = dict(
            zip(first, await asyncio.gather(*(self._ask(one) for one in first)), strict=True)
        )
        down = any(e.name == "database" and e.status != "healthy" for e in found.values())
        rest = [one for one in wanted if one.needs_database]
        answers = [_unknown(one) for one in rest]
        if not down:
            answers = await asyncio.gather(*(self._ask(one, _OTHERS_S) for one in rest))
        found |= dict(zip(rest, answers, strict=True))
        return [found[one] for one in wanted]

    async def _ask(self, dependency: Dependency, limit_s: float = _DATABASE_S) -> Examined:
        """At most one thread waits for a dependency, however often it is asked about."""
        began = time.perf_counter()
        pending = self._asked.get(dependency.name)
        if pending is None or pending.done():
            pending = asyncio.get_running_loop().run_in_executor(
                self._threads, _checked, dependency
            )
            self._asked[dependency.name] = pending
        try:
            return await asyncio.wait_for(asyncio.shield(pending), limit_s)
        except TimeoutError:
            error = f"No answer within {limit_s:g} s."
            return _examined(dependency, Finding("unhealthy", error=error), began)


def _checked(dependency: Dependency) -> Examined:
    began = time.perf_counter()
    try:
        finding = dependency.check()
    except DatabaseUnavailable as error:
        finding = Finding("unhealthy", error=str(error))
    except Exception as error:  # a check that breaks is a finding about it, not about the rest
        finding = Finding("unhealthy", error=f"The check failed: {type(error).__name__}.")
    return _examined(dependency, finding, began)


def _examined(dependency: Dependency, finding: Finding, began: float) -> Examined:
    took_ms = round((time.perf_counter() - began) * 1000, 2)
    return Examined(dependency.name, dependency.critical, finding.status, took_ms,
                    finding.detail, finding.error, finding.parts)  # fmt: skip


def _unknown(dependency: Dependency) -> Examined:
    error = "Unknown while the database does not answer."
    return Examined(dependency.name, dependency.critical, "unhealthy", 0.0, None, error)

"""The database is unreachable: noticed without it, told from memory, spooled, and caught up on.

The worker calls `check` every 5 seconds. What is needed to tell (the rule and the channels, their
secrets sealed) is kept in memory and on disk, so that a worker that starts during an outage knows
it too; what was told is spooled and becomes an incident once the database answers again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy
import structlog
from sqlalchemy import text
from sqlalchemy.pool import NullPool

from alerts import claims, delivery, memory, reconcile
from alerts.channelbook import config_of, surroundings
from alerts.channels import send
from alerts.channels.errors import DeliveryError, Temporary
from alerts.channels.message import Item, Message
from alerts.decide import INACTIVE, Reading, State, decide
from config.settings import settings
from data import database

_log = structlog.get_logger()
_REMEMBER_EVERY = timedelta(minutes=1)


@dataclass
class Told:
    """How telling one channel stands."""

    sent_at: str | None = None
    error: str | None = None
    gave_up: bool = False
    attempts: int = 0
    next_at: str = ""


@dataclass
class Spool:
    """An outage that people were told of, as it lies on disk."""

    active_since: str
    fired_at: str
    told: dict[str, Told] = field(default_factory=dict)


def ping() -> None:
    """Reach the database on a connection of its own within 2 s, or raise."""
    made = sqlalchemy.create_engine(
        database.url(),
        poolclass=NullPool,
        connect_args={"connect_timeout": 2, "options": "-c statement_timeout=2000"},
    )
    with made.connect() as opened:
        opened.execute(text("SELECT 1"))


class Outage:
    """One worker's watch over the database."""

    def __init__(
        self,
        folder: Path,
        reach: Callable[[], None] = ping,
        sending: delivery.Send = send,
    ) -> None:
        self._spool_file = folder / "outage.json"
        self._memory = memory.Memory(folder / "alert-memory.json")
        self._reach = reach
        self._send = sending
        self._state: State = INACTIVE
        self._spool = _read(self._spool_file)
        if self._spool is not None:
            since = datetime.fromisoformat(self._spool.active_since)
            self._state = State("firing", since, datetime.fromisoformat(self._spool.fired_at))
        self._remembered: datetime | None = None

    def check(self, now: datetime) -> State:
        """Notice, tell, or catch up; never raises for the database's sake."""
        try:
            self._reach()
        except Exception:  # whatever keeps a connection from working is what is watched for
            return self._judge(0.0, now)
        state = self._judge(1.0, now)
        if state.name == "inactive" and self._spool is not None:
            reconcile.catch_up(asdict(self._spool), self._memory.rule.name, now)
            self._spool = None
            self._spool_file.unlink(missing_ok=True)
        if self._remembered is None or now - self._remembered >= _REMEMBER_EVERY:
            self._memory.refresh()
            self._remembered = now
        return state

    def _judge(self, reachable: float, now: datetime) -> State:
        rule = self._memory.rule
        if rule.enabled or self._spool is not None:
            self._state = decide(rule, Reading(reachable), self._state, now).state
        if self._state.name == "firing" and reachable == 0:
            self._tell(now)
        return self._state

    def _tell(self, now: datetime) -> None:
        if self._spool is None:
            since = self._state.active_since or now
            self._spool = Spool(since.isoformat(), now.isoformat())
            for name in self._memory.told(now):
                self._spool.told[name] = Told()
            _log.error("the database is unreachable", channels=list(self._spool.told))
        for name, told in list(self._spool.told.items()):
            if told.sent_at is None and not told.gave_up and told.next_at <= now.isoformat():
                _write(self._spool_file, self._spool)
                self._try(name, told, now)
        _write(self._spool_file, self._spool)

    def _try(self, name: str, told: Told, now: datetime) -> None:
        assert self._spool is not None
        told.attempts += 1
        try:
            config = config_of(self._memory.channel(name))
            self._send(self._message(now), config, surroundings(), None)
        except DeliveryError as error:
            self._failed(name, told, error, now)
        except Exception as error:  # a channel's mistake must not stop the others
            self._failed(name, told, Temporary(f"Sending failed ({type(error).__name__})."), now)
        else:
            told.sent_at, told.error = now.isoformat(), None

    def _failed(self, name: str, told: Told, error: DeliveryError, now: datetime) -> None:
        assert self._spool is not None
        told.error, told.gave_up = str(error), error.permanent
        wait = claims.wait_before(told.attempts, error.retry_after, 0.5)
        told.next_at = (now + timedelta(seconds=wait)).isoformat()
        following = self._memory.after(name, self._spool.told) if error.permanent else None
        if following:
            self._spool.told[following] = Told()

    def _message(self, now: datetime) -> Message:
        assert self._spool is not None
        rule = self._memory.rule
        fired = datetime.fromisoformat(self._spool.fired_at)
        item = Item(
            event="trigger",
            rule=rule.name,
            severity=rule.severity,
            dedup_key=delivery.dedup_key(reconcile.fingerprint(self._spool.fired_at), fired),
            link=f"{delivery.base_url()}/alerts",
            since=datetime.fromisoformat(self._spool.active_since),
            at=now,
            condition=rule.condition,
            value=0.0,
            description=rule.description,
            runbook=rule.runbook,
        )
        return Message(settings().company_name, f"outage-{int(fired.timestamp())}", (item,))


def _read(path: Path) -> Spool | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        told = {name: Told(**one) for name, one in found.pop("told").items()}
        return Spool(**found, told=told)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        _log.error("the outage spool cannot be read", kind=type(error).__name__)
        return None


def _write(path: Path, spool: Spool) -> None:
    memory.replace_file(path, json.dumps(asdict(spool)))


def main_folder() -> Path:
    """Where spool files lie."""
    return settings().sentia_home / "spool"


_WATCH: list[Outage] = []


def check() -> State:
    """This process's watch; every 5 s, in every worker, needing no database."""
    if not _WATCH:
        _WATCH.append(Outage(main_folder()))
    return _WATCH[0].check(datetime.now(UTC))

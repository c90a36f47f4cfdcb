"""Sends what is due: claim, send, record; four channels at a time."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid4, uuid5

import structlog
from sqlalchemy import RowMapping

from alerts import channelbook, claims, signals
from alerts.channels import send
from alerts.channels.config import ChannelConfig, Receipt, Surroundings
from alerts.channels.errors import DeliveryError, Permanent, Temporary
from alerts.channels.message import Chart, Item, Message
from alerts.labels import spell
from config.settings import settings
from data import database, secrets

_AT_ONCE = 4
_CHARTED = timedelta(hours=3)
_LONGEST_SEND = timedelta(minutes=1)
_log = structlog.get_logger()

Send = Callable[[Message, ChannelConfig, Surroundings, str | None], Receipt]
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def deliver(clock: Clock = _now, sending: Send = send) -> int:
    """Send everything that is due; returns how many messages were tried."""
    claims.drop_orphans(clock())
    first = claims.take(_name(), clock())
    if first is None:
        return 0
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="alert-delivery") as pool:
        others = [pool.submit(_drain, clock, sending) for _ in range(_AT_ONCE - 1)]
        _one(first, clock, sending)
        return 1 + _drain(clock, sending) + sum(other.result() for other in others)


def _name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"


def _drain(clock: Clock, sending: Send) -> int:
    tried = 0
    while (claim := claims.take(_name(), clock())) is not None:
        _one(claim, clock, sending)
        tried += 1
    return tried


def _one(claim: claims.Claim, clock: Clock, sending: Send) -> None:
    try:
        config = channelbook.config_of(claim.channel)
        made = message(claim)
        if clock() > claim.until - _LONGEST_SEND:
            return  # this worker stood still: another may be sending it by now
        receipt = sending(made, config, channelbook.surroundings(), _thread(claim))
    except DeliveryError as error:
        claims.failed(claim, error, clock())
    except secrets.SecretUnreadable as error:
        claims.failed(claim, Permanent(str(error)), clock())
    except database.DatabaseUnavailable:
        raise
    except Exception as error:  # a mistake in a channel must not stop the others
        _log.error("a channel failed", channel=claim.channel["name"], kind=type(error).__name__)
        claims.failed(claim, Temporary(f"Sending failed ({type(error).__name__})."), clock())
    else:
        claims.delivered(claim, receipt, clock())


def _thread(claim: claims.Claim) -> str | None:
    found: str | None = claim.channel["threads"].get(claim.rule) if claim.rule else None
    return found


def message(claim: claims.Claim) -> Message:
    """The message that tells these notifications."""
    items = tuple(item_of(row) for row in claim.rows)
    chart = chart_of(claim.rows[0]) if claim.channel["kind"] == "email" else None
    return Message(settings().company_name, _key(claim), items, claim.digest, chart)


def _key(claim: claims.Claim) -> str:
    """The same whenever these notifications are told together, as after a worker that died."""
    told = " ".join(f"{row['id']}:{row['made_at'].isoformat()}" for row in claim.rows)
    return str(uuid5(NAMESPACE_URL, told))


def item_of(row: RowMapping) -> Item:
    """One notification with its incident as a message's item."""
    resolved = row["event"] == "resolve"
    return Item(
        event=row["event"],
        rule=row["rule_name"],
        severity=row["severity"],
        dedup_key=dedup_key(row["fingerprint"], row["fired_at"]),
        link=link(row["incident_id"]),
        since=row["active_since"],
        at=(row["resolved_at"] if resolved else None) or row["made_at"],
        labels=row["labels"],
        condition=row["condition"],
        value=row["told_value"],
        description=row["description"],
        runbook=row["runbook"],
        who=row["acknowledged_by"] if not resolved else None,
    )


def dedup_key(fingerprint: str, fired_at: datetime) -> str:
    """One key for each time that an alert fires."""
    return f"sentia-{fingerprint[:20]}-{int(fired_at.timestamp() * 1000)}"


def link(incident: int) -> str:
    """Address of the alert's own page."""
    return f"{base_url()}/alerts?alert={incident}"


def base_url() -> str:
    """Where people reach this installation."""
    chosen = settings()
    return (chosen.public_url or f"http://localhost:{chosen.port}").rstrip("/")


def chart_of(row: RowMapping) -> Chart | None:
    """The series around this moment; None when there is none or it cannot be read."""
    if not row["signal"]:
        return None
    end = row["made_at"]
    try:
        found = signals.read(row["signal"], end - _CHARTED, end)
    except Exception:  # a message without its chart is better than none
        return None
    for series in found:
        if dict(series.labels).items() <= row["labels"].items():
            times = [datetime.fromtimestamp(at / 1e6, UTC) for at in series.times.tolist()]
            title = f"{row['rule_name']} {spell(dict(series.labels)) if series.labels else ''}"
            samples = tuple(zip(times, series.values.tolist(), strict=True))
            return Chart(title, samples, row["threshold"])
    return None

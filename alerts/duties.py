"""What the worker and the web process do for alerting; each is one call, made every few seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from alerts import delivery, engine, followup, rulebook, states
from alerts.channelbook import surroundings
from alerts.channels import http
from alerts.channels.errors import DeliveryError
from alerts.engine import Cycle
from config.settings import settings
from data import database, silent

SILENCE = "worker.silent_s"
_WELL = timedelta(minutes=2)
_log = structlog.get_logger()


def judge() -> Cycle:
    """Judge the rules that are due and write what follows. For the worker that leads; every 5 s."""
    now = datetime.now(UTC)
    rulebook.install_defaults()
    cycle = engine.evaluate(now)
    followup.tick(now)
    return cycle


def send() -> int:
    """Send what is due. For every worker; every 5 s."""
    return delivery.deliver()


def tidy() -> None:
    """Forget label sets without data for a week, and delivery and state history after 400 days."""
    now = datetime.now(UTC)
    with database.transaction() as opened:
        states.forget(opened, now)
    old = now - timedelta(days=400)
    database.execute("DELETE FROM alert_incidents WHERE resolved_at < :old", old=old)
    database.execute("DELETE FROM alert_changes WHERE at < :old", old=old)
    database.execute("DELETE FROM alert_silences WHERE ends_at < :old", old=old)


def watch_worker() -> Cycle:
    """Judge the rules about the worker's silence. For the web process; every 30 s.

    Only while nothing has been judged for two minutes, and then it also sends: a worker that is
    silent tells nobody. One that was stopped is cut off first, as what it holds would stop this.
    """
    now = datetime.now(UTC)
    newest = database.scalar("SELECT max(evaluated_at) FROM alert_cycles")
    if newest is None or now - newest < _WELL:
        return Cycle()
    with database.transaction() as opened:
        opened.exec_driver_sql(silent.CUT_OFF, (silent.SILENT_S,))
    cycle = _WATCHER.evaluate(now, only=lambda rule: rule.signal == SILENCE)
    delivery.deliver()
    return cycle


_WATCHER = engine.Engine()


def heartbeat() -> bool:
    """Call the dead man's switch while all is well. For the worker that leads; every minute.

    All is well when rules were judged within two minutes; False when it was not called.
    """
    url = settings().alert_heartbeat_url
    if url is None:
        return False
    newest = database.scalar("SELECT max(evaluated_at) FROM alert_cycles")
    if newest is None or datetime.now(UTC) - newest > _WELL:
        return False
    try:
        answer = http.post(url.get_secret_value(), b"", {}, surroundings(), method="GET")
        http.judge(answer, "The heartbeat address")
    except DeliveryError as error:
        _log.warning("the heartbeat was not taken", reason=str(error))
        return False
    return True

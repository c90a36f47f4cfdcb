"""Live, read-only tests of connections, bounded to ten seconds."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from datetime import UTC, datetime
from typing import Any

from data import database, secrets
from data.integrations import connections
from data.integrations.connections import Connection
from data.integrations.errors import NotConfigured, VendorError
from data.integrations.masking import mask
from data.integrations.world import World

LONGEST_S = 9.0
PATIENCE_S = 1.0

_STORE = """
INSERT INTO integration_probes (connection, healthy, response_ms, message)
VALUES (:name, :healthy, :ms, :message)
ON CONFLICT (connection) DO UPDATE SET healthy = excluded.healthy,
    response_ms = excluded.response_ms, message = excluded.message, at = now()
"""

_WAS = "SELECT healthy FROM integration_probes WHERE connection = :name"


def test(name: str, world: World | None = None) -> dict[str, Any]:
    """What `/api/integrations/test/{name}` answers. Raises connections.Unknown (a 404)."""
    connection = connections.named(name)
    began = time.monotonic()
    healthy, message = _tried(connection, world)
    took = round((time.monotonic() - began) * 1000, 1)
    if is_configured(connection)[0]:
        before = database.scalar(_WAS, name=name)
        database.execute(_STORE, name=name, healthy=healthy, ms=took, message=message)
        if before is False and healthy:
            _caught_up(connection)
    return {
        "name": name,
        "healthy": healthy,
        "response_ms": took,
        "message": message,
        "checked": datetime.now(UTC).isoformat(),
    }


def test_all() -> None:
    """Probe each configured connection; the worker does so every five minutes."""
    for each in connections.every():
        if not each.paused and is_configured(each)[0]:
            test(each.name)


def _caught_up(connection: Connection) -> None:
    """A vendor that is back, or is let in again, is read at once rather than at its next turn."""
    if connection.every is not None and not connection.paused:
        connections.request(connection.name)


def is_configured(connection: Connection) -> tuple[bool, str | None]:
    """Whether a client can be made, and the sentence why not."""
    try:
        connection.client()
    except (NotConfigured, secrets.SecretUnreadable, secrets.KeyRefused) as error:
        return False, str(error)
    return True, None


def _tried(connection: Connection, world: World | None) -> tuple[bool, str]:
    """The thread outlives a vendor that will not let go; the answer does not wait for it."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="probe")
    try:
        return True, pool.submit(_probe, connection, world).result(LONGEST_S + 0.7)
    except TookTooLong:
        return False, f"{connection.title} did not answer within {LONGEST_S:.0f} s; try again."
    except (VendorError, secrets.SecretUnreadable, secrets.KeyRefused) as error:
        return False, mask(str(error))
    except database.DatabaseUnavailable as error:
        return False, str(error)
    finally:
        pool.shutdown(wait=False)


def _probe(connection: Connection, world: World | None) -> str:
    return connection.client(world, PATIENCE_S, LONGEST_S).probe()

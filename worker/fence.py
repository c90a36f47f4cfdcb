"""Keeps a worker that was stopped, and no longer leads when it wakes, from writing as the leader.

Its open transactions were cut off with their connections; it gets no new ones for a leader's job.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

from worker.leader import Leadership


def install(engine: Engine, leadership: Leadership) -> None:
    """Name each connection after its worker, and hand none to who only believes to lead."""

    def name(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('application_name', %s, false)", (leadership.name,))
        connection.commit()

    def check(*_: Any) -> None:
        leadership.check()

    event.listen(engine, "connect", name)
    event.listen(engine, "checkout", check)
    engine.dispose()

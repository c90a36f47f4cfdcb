"""The audit trail: who did what, when, from where; it only grows, each row sealing the last."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from sqlalchemy import Connection, RowMapping, text

from data import database

# Control characters would let a name forge lines in whatever the trail is printed to.
_CONTROL = {code: " " for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}
_LONGEST = 500
_origin: ContextVar[str | None] = ContextVar("origin", default=None)


class Actor(Protocol):
    """Whoever acts."""

    @property
    def id(self) -> int:
        """The user's id."""

    @property
    def username(self) -> str:
        """The user's sign-in name."""


def coming_from(address: str | None) -> None:
    """Where whatever this request or run of a page does comes from, unless a row says otherwise."""
    _origin.set(address)


def record(
    action: str,
    *,
    actor: Actor | str = "system",
    on: str = "",
    outcome: str = "done",
    address: str | None = None,
    detail: Mapping[str, Any] | None = None,
    opened: Connection | None = None,
) -> None:
    """Append one row, in the caller's transaction when `opened` is given.

    Secrets never go into `detail`; old and new values go in as `{"field": [old, new]}`.
    """
    values = {
        "actor_id": None if isinstance(actor, str) else actor.id,
        "actor": one_line(actor if isinstance(actor, str) else actor.username),
        "address": _origin.get() if address is None else address,
        "action": action,
        "object": one_line(on),
        "outcome": outcome,
        "detail": json.dumps(_clean(detail or {}), default=str),
    }
    if opened is not None:
        opened.execute(text(_INSERT), values)
        return
    database.execute(_INSERT, **values)


_INSERT = """
    INSERT INTO audit (actor_id, actor, address, action, object, outcome, detail)
    VALUES (:actor_id, :actor, :address, :action, :object, :outcome, CAST(:detail AS jsonb))
"""


def one_line(given: str) -> str:
    """Text that cannot break a line or grow without end."""
    storable = given.encode("utf-8", "replace").decode()
    return storable.translate(_CONTROL)[:_LONGEST]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {one_line(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_clean(item) for item in value]
    return value


def recent(
    *,
    action: str = "",
    actor: str = "",
    words: str = "",
    before: int | None = None,
    limit: int = 200,
) -> Sequence[RowMapping]:
    """The newest rows first, optionally of one action prefix, one actor, holding `words`."""
    return database.read(
        """
        SELECT id, at, actor, address, action, object, outcome, detail
        FROM audit
        WHERE (:action = '' OR starts_with(action, :action))
          AND (:actor = '' OR actor = :actor)
          AND (:words = '' OR concat_ws(' ', actor, address, action, object, outcome, detail::text)
               ILIKE '%' || :words || '%')
          AND (CAST(:before AS bigint) IS NULL OR id < :before)
        ORDER BY id DESC LIMIT :limit
        """,
        action=action,
        actor=actor,
        words=words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_"),
        before=before,
        limit=limit,
    )


def length() -> int:
    """How many rows the trail has."""
    return int(database.scalar("SELECT count(*) FROM audit"))


def first_broken() -> tuple[int, str] | None:
    """Id of the first row that is not as it was written, with the reason; None when all hold."""
    row = database.one(
        """
        WITH linked AS (
            SELECT id, hash, previous, audit_hash(audit) AS expected,
                   lag(id, 1, 0::bigint) OVER ordered AS id_before,
                   lag(hash, 1, ''::bytea) OVER ordered AS hash_before
            FROM audit WINDOW ordered AS (ORDER BY id)
        )
        SELECT id, CASE
            WHEN id <> id_before + 1 THEN 'rows before it are missing'
            WHEN previous <> hash_before THEN 'it does not follow the row before it'
            ELSE 'its content was changed' END AS reason
        FROM linked
        WHERE id <> id_before + 1 OR previous <> hash_before OR hash <> expected
        ORDER BY id LIMIT 1
        """
    )
    if row is not None:
        return row["id"], row["reason"]
    return _cut_off()


def _cut_off() -> tuple[int, str] | None:
    """What is wrong at the end leaves no gap; the head remembers how far the trail went."""
    row = database.one(
        """
        SELECT coalesce(newest.id, 0) AS newest, head.id AS head,
               coalesce(newest.hash, '') = head.hash AS fits
        FROM (SELECT 1) AS once
        LEFT JOIN audit_head AS head ON true
        LEFT JOIN (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1) AS newest ON true
        """
    )
    assert row is not None
    if row["head"] is None:
        return row["newest"], "where the trail ends is not written down any more"
    if row["newest"] < row["head"]:
        return row["newest"] + 1, "rows at the end are missing"
    if row["newest"] > row["head"]:
        return row["head"] + 1, "it was added past the application"
    return None if row["fits"] else (row["newest"], "its content was changed")


_SEAL = re.compile(r"(\d{1,18}):([0-9a-f]{64}|)")


def seal() -> str:
    """Where the trail ends, as `row:hash`; kept elsewhere, it vouches for every row up to there."""
    return str(database.scalar("SELECT id || ':' || encode(hash, 'hex') FROM audit_head") or "0:")


def is_seal(given: str) -> bool:
    """Whether it has the form of what `seal` gives."""
    return _SEAL.fullmatch(given) is not None


def holds(given: str) -> bool:
    """Whether the trail still has the row that `given` sealed, with that hash.

    With an unbroken chain no row before it was changed either, whoever made all hashes anew.
    """
    row, _, digest = given.partition(":")
    if int(row) == 0:
        return True
    found = database.scalar("SELECT encode(hash, 'hex') FROM audit WHERE id = :id", id=int(row))
    return bool(found == digest)

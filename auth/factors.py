"""The second factor: codes of an authenticator app, and recovery codes for when it is lost."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pyotp
from sqlalchemy import text

from auth import audit
from auth.person import Person
from auth.sessions import digest, forget
from config.settings import settings
from data import database
from data.secrets import decrypt, encrypt

RECOVERY_CODES = 10
_STEP_S = 30
# A phone's clock may be half a minute off.
_DRIFT = (-1, 0, 1)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class FactorRefused(Exception):
    """A second factor that cannot be set up; its text is one sentence."""


def begin(person: Person) -> str:
    """A secret for the person's app, kept until they confirm it by a code. Base32."""
    if enabled(person.id):
        raise FactorRefused("A second factor is set up already; remove it first.")
    made = pyotp.random_base32()
    database.execute(
        """
        INSERT INTO second_factors (user_id, sealed) VALUES (:id, :sealed)
        ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, last_step = 0
        WHERE second_factors.confirmed_at IS NULL
        """,
        id=person.id,
        sealed=encrypt(made),
    )
    return made


def address(secret: str, person: Person) -> str:
    """What the QR code says."""
    totp = pyotp.TOTP(secret)
    return totp.provisioning_uri(name=person.username, issuer_name=settings().company_name)


def confirm(person: Person, code: str) -> list[str]:
    """Switch it on by a first code; returns recovery codes, this once. Raises FactorRefused."""
    if not _code_fits(person.id, code, confirmed=False):
        raise FactorRefused("The code does not fit; enter the one your app shows now.")
    codes = ["-".join(_group() for _ in range(2)) for _ in range(RECOVERY_CODES)]
    with database.transaction() as opened:
        opened.execute(
            text("UPDATE second_factors SET confirmed_at = now() WHERE user_id = :id"),
            {"id": person.id},
        )
        opened.execute(text("DELETE FROM recovery_codes WHERE user_id = :id"), {"id": person.id})
        opened.execute(
            text("INSERT INTO recovery_codes (user_id, code_hash) VALUES (:id, :hash)"),
            [{"id": person.id, "hash": digest(_tidy(code))} for code in codes],
        )
        audit.record("factor.add", actor=person, on=person.username, opened=opened)
    forget()
    return codes


def enabled(user_id: int) -> bool:
    """Whether the person signs in with a second factor."""
    return bool(
        database.scalar(
            "SELECT 1 FROM second_factors WHERE user_id = :id AND confirmed_at IS NOT NULL",
            id=user_id,
        )
    )


def check(user_id: int, code: str) -> bool:
    """Whether the code of the app, or a recovery code, fits; each is good once."""
    return _code_fits(user_id, code, confirmed=True) or _recovers(user_id, code)


def codes_left(user_id: int) -> int:
    """Recovery codes that were not used."""
    return int(
        database.scalar(
            "SELECT count(*) FROM recovery_codes WHERE user_id = :id AND used_at IS NULL",
            id=user_id,
        )
    )


def remove(user_id: int, username: str, by: Any) -> None:
    """Back to the password alone, for somebody who lost app and codes."""
    with database.transaction() as opened:
        gone = [
            opened.execute(text(f"DELETE FROM {table} WHERE user_id = :id"), {"id": user_id})
            for table in ("recovery_codes", "second_factors")
        ]
        held = any(one.rowcount for one in gone)
        audit.record("factor.remove", actor=by, on=username,
                     detail={"second factor": [held, False]}, opened=opened)  # fmt: skip
    forget()


def _code_fits(user_id: int, code: str, confirmed: bool) -> bool:
    """The step only moves on: two who enter the same code at once cannot both be right."""
    row = database.one(
        "SELECT sealed FROM second_factors WHERE user_id = :id"
        " AND (confirmed_at IS NOT NULL) = :confirmed",
        id=user_id,
        confirmed=confirmed,
    )
    digits = "".join(code.split())
    if row is None or not digits.isdecimal():
        return False
    generator = pyotp.TOTP(decrypt(row["sealed"]))
    now = int(time.time()) // _STEP_S
    for step in (now + drift for drift in _DRIFT):
        if secrets.compare_digest(generator.at(step * _STEP_S).encode(), digits.encode()):
            return bool(
                database.execute(
                    "UPDATE second_factors SET last_step = :step"
                    " WHERE user_id = :id AND last_step < :step",
                    id=user_id,
                    step=step,
                )
            )
    return False


def _recovers(user_id: int, code: str) -> bool:
    return bool(
        database.execute(
            "UPDATE recovery_codes SET used_at = now()"
            " WHERE user_id = :id AND code_hash = :hash AND used_at IS NULL",
            id=user_id,
            hash=digest(_tidy(code)),
        )
    )


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def _tidy(code: str) -> str:
    return "".join(code.lower().split())

"""Single sign-on: whom a provider vouches for, which account that is, and in which role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from auth import audit, factors, people, roles, sessions, tokens
from auth.person import Person
from auth.signin import Outcome, claim_for
from config.settings import settings
from config.single_sign_on import roles_by_value
from data import database

# What the address of the page may name; the page shows only these sentences.
REFUSALS = {
    "unreachable": "The sign-in service did not answer; try again in a minute.",
    "declined": "The sign-in service did not confirm who you are; try again.",
    "late": "That took too long or began in another browser; try again.",
    "shut": "Your account here is closed; ask an admin.",
    "no role": "You have no role here; ask an admin for access.",
    "taken": "The account with your email address is not linked to this sign-in; ask an admin.",
    "last admin": "You are the last admin and would lose that role; make another admin first.",
    "not asked": "The sign-in service did not ask you anew; confirm with a code of your app.",
}
_FRESH = timedelta(minutes=2)
# RFC 8176; each of these is a second proof or stands for several.
_TWICE = {"mfa", "otp", "hwk", "swk", "sms", "fpt", "face", "fido", "pop", "sc"}
# Microsoft says so instead of `email_verified`, where the optional claim is switched on.
_MICROSOFT = "https://login.microsoftonline.com/"
_USERNAME = re.compile(r"[^a-z0-9._+-]+")


@dataclass(frozen=True)
class Vouched:
    """What a provider says of somebody; `email` only where it says that it verified it."""

    issuer: str
    subject: str
    name: str = ""
    handle: str = ""
    email: str | None = None
    values: frozenset[str] = frozenset()
    twice: bool = False
    asked_at: datetime | None = None


def vouched(claims: Mapping[str, Any]) -> Vouched:
    """The claims of an identity token whose signature, issuer, audience and nonce were checked."""
    email = audit.one_line(str(claims.get("email") or "")).strip().lower()
    asked = claims.get("auth_time")
    methods = claims.get("amr")
    return Vouched(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        name=audit.one_line(str(claims.get("name") or "")).strip()[:200],
        handle=str(claims.get("preferred_username") or ""),
        email=email if email and _verified(claims) else None,
        values=_listed(_within(claims, settings().sentia_oidc_role_claim)),
        twice=settings().sentia_oidc_second_factor or bool(_listed(methods) & _TWICE),
        asked_at=datetime.fromtimestamp(asked, UTC) if isinstance(asked, int) else None,
    )


def _verified(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that the address was proven, and not only written down."""
    owned = str(claims["iss"]).startswith(_MICROSOFT) and claims.get("xms_edov")
    return claims.get("email_verified") is True or str(owned).lower() in ("true", "1")


def _within(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its whole name, or by dots into it."""
    if path in claims:
        return claims[path]
    first, _, rest = path.partition(".")
    inner = claims.get(first)
    return _within(inner, rest) if rest and isinstance(inner, Mapping) else None


def _listed(claim: Any) -> frozenset[str]:
    if isinstance(claim, str):
        return frozenset({claim})
    return frozenset(str(one) for one in claim) if isinstance(claim, list) else frozenset()


def role_of(values: frozenset[str]) -> str | None:
    """The role the provider gives, the highest of several; None: it gives none."""
    mapping = roles_by_value(settings().sentia_oidc_roles)
    given = [mapping[value] for value in values if value in mapping]
    if given:
        return max(given, key=roles.rank)
    default = settings().sentia_oidc_default_role
    return None if default == "refused" else default


def admit(given: Vouched, address: str | None) -> Outcome:
    """A ticket, a claim to one that a code must prove, or a key of REFUSALS as the problem."""
    found = _account(given)
    if isinstance(found, str):
        audit.record("sign_in", actor=given.email or given.subject, address=address,
                     outcome="refused", detail={"reason": found, "by": given.issuer})  # fmt: skip
        return Outcome(problem=found)
    method = sessions.SSO_TWICE if given.twice else sessions.SSO
    if factors.enabled(found) and not given.twice:
        return Outcome(claim=claim_for(found, method))
    return Outcome(ticket=sessions.ticket(found, method=method))


def _account(given: Vouched) -> int | str:
    """Id of the account, made or changed as the provider says; or why there is none."""
    with database.transaction() as opened:
        # Two sign-ins of a new person at once would otherwise make two accounts.
        opened.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('identities', 0))"))
        user = _known(opened, given) or _by_email(opened, given)
        if isinstance(user, str):
            return user
        if user is None:
            return _made(opened, given)
        if user["disabled_at"] is not None:
            return "shut"
        _link(opened, given, user["id"])
    return _in_its_role(user, given)


_LINK = """
    INSERT INTO identities (issuer, subject, user_id) VALUES (:issuer, :subject, :id)
    ON CONFLICT (issuer, subject) DO UPDATE SET user_id = excluded.user_id, used_at = now()
"""
_IS = "i.issuer = :issuer AND i.subject = :subject"


def _link(opened: Connection, given: Vouched, user_id: int) -> None:
    opened.execute(text(_LINK), {**_key(given), "id": user_id})


def _key(given: Vouched) -> dict[str, str]:
    return {"issuer": given.issuer, "subject": given.subject}


def _known(opened: Connection, given: Vouched) -> RowMapping | None:
    return (
        opened.execute(
            text(
                "SELECT u.id, u.username, u.role, u.disabled_at FROM identities i"
                f" JOIN users u ON u.id = i.user_id AND u.deleted_at IS NULL WHERE {_IS}"
            ),
            _key(given),
        )
        .mappings()
        .first()
    )


def _by_email(opened: Connection, given: Vouched) -> RowMapping | str | None:
    """The account an admin gave a verified address, unless another identity has it.

    One whose person typed the address themself would take in whoever the address is really of.
    """
    row = (
        opened.execute(
            text(
                "SELECT u.id, u.username, u.role, u.disabled_at, NOT u.email_vouched OR EXISTS ("
                "   SELECT 1 FROM identities i WHERE i.user_id = u.id) AS taken"
                " FROM users u WHERE lower(u.email) = :email AND u.deleted_at IS NULL"
            ),
            {"email": given.email},
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    if row["taken"]:
        return "taken"
    if row["disabled_at"] is None:
        audit.record("identity.link", actor=row["username"], on=row["username"],
                     detail={"by": given.issuer}, opened=opened)  # fmt: skip
    return row


def _made(opened: Connection, given: Vouched) -> int | str:
    """A new account, which has no password; who was deleted comes back by an admin alone."""
    if opened.execute(text(f"SELECT 1 FROM identities i WHERE {_IS}"), _key(given)).scalar():
        return "shut"
    role = role_of(given.values)
    if role is None:
        return "no role"
    username = _free_username(opened, given)
    made = people.insert(opened, username, role, name=given.name or username, email=given.email)
    _link(opened, given, made)
    audit.record("user.add", actor="single sign-on", on=username,
                 detail={"role": role, "by": given.issuer}, opened=opened)  # fmt: skip
    return made


def _free_username(opened: Connection, given: Vouched) -> str:
    """A verified address, else the provider's handle, else a name that is nobody's."""
    unique = f"sso-{sessions.digest(f'{given.issuer} {given.subject}').hex()[:12]}"
    handle = _USERNAME.sub("", given.handle.partition("@")[0].lower()).strip("._+-")[:64]
    email = given.email if given.email and people.usable(given.email) else ""
    for name in (email, handle, unique):
        taken = opened.execute(
            text("SELECT 1 FROM users WHERE username = :name AND deleted_at IS NULL"),
            {"name": name},
        ).scalar()
        if name and not taken:
            return name
    raise AssertionError("a digest is nobody else's")


def _in_its_role(user: RowMapping, given: Vouched) -> int | str:
    """Where a mapping is set the provider decides, at each sign-in anew."""
    if not settings().sentia_oidc_roles:
        return int(user["id"])
    role = role_of(given.values)
    if role is None:
        sessions.revoke_all(user["id"], user["username"], "single sign-on")
        tokens.revoke_all(user["id"], user["username"], "single sign-on")
        return "no role"
    try:
        people.set_role(user["username"], role, by="single sign-on")
    except people.AccountRefused:
        return "last admin"
    return int(user["id"])


def linked(user_id: int) -> bool:
    """Whether the person signs in through a provider, here and now."""
    return settings().single_sign_on and bool(
        database.scalar("SELECT 1 FROM identities WHERE user_id = :id LIMIT 1", id=user_id)
    )


def ends_there_too(person: Person) -> bool:
    """Whether signing out of this session shall end the one at the provider as well."""
    chosen = settings()
    if not chosen.single_sign_on or chosen.sentia_oidc_sign_out != "provider":
        return False
    method = database.scalar("SELECT method FROM sessions WHERE id = :id", id=person.session_id)
    return method in (sessions.SSO, sessions.SSO_TWICE)


def confirm(given: Vouched, person: Person, address: str | None, now: datetime) -> str | None:
    """A step up by the provider; None when it asked this person just now, else why not."""
    owner = database.scalar(f"SELECT user_id FROM identities i WHERE {_IS}", **_key(given))
    asked = given.asked_at is not None and now - given.asked_at < _FRESH
    if owner != person.id or not asked:
        audit.record("step_up", actor=person, address=address, outcome="refused",
                     detail={"by": given.issuer})  # fmt: skip
        return "not asked" if owner == person.id else "declined"
    audit.record("step_up", actor=person, address=address, detail={"by": given.issuer})
    database.execute(
        "UPDATE sessions SET stepped_up_at = now() WHERE id = :id", id=person.session_id
    )
    return None

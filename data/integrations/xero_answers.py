"""What Xero's answers mean: four kinds of limit, and a tenant that is not connected."""

from __future__ import annotations

from dataclasses import replace

from data.integrations import retry
from data.integrations.calls import Quota
from data.integrations.errors import Limited, NotAllowed, SignInRefused
from data.integrations.pacing import Learned
from data.integrations.transport import Verdict, judged_by_status
from data.integrations.wire import Received

TITLE = "Xero"
# The limits of a minute are there again after one at the latest.
MINUTE_S = 60.0
THIS_MINUTE = "calls this minute"
_QUOTAS = {
    "X-DayLimit-Remaining": ("calls today", 5000.0),
    "X-MinLimit-Remaining": (THIS_MINUTE, 60.0),
    "X-AppMinLimit-Remaining": ("calls of the app this minute", 10_000.0),
}


def judge(received: Received, now: float) -> Verdict:
    """Verdict of one answer of the Accounting API."""
    quota = _quota(received)
    if received.status == 304:
        return Verdict(quota=quota)
    if received.status == 429:
        return _limited(received, now, quota)
    if received.status == 403:
        return Verdict(error=_forbidden(received), quota=quota)
    verdict = judged_by_status(TITLE, received, now)
    return replace(verdict, quota=quota, learned=Learned(at_most=_left(quota)))


def judge_token(received: Received, now: float) -> Verdict:
    """Verdict of one answer of the token endpoint."""
    if received.status in (400, 401, 403):
        if b"invalid_grant" in received.body:
            words = "Xero's sign-in has ended; sign in again on the Integrations page."
        elif b"invalid_scope" in received.body:
            words = "Xero does not allow one of the scopes; add the listed scopes to the app."
        else:
            words = "Xero refuses the client id and secret; enter both again."
        return Verdict(error=SignInRefused(words))
    return judged_by_status(TITLE, received, now)


def _limited(received: Received, now: float, quota: tuple[Quota, ...]) -> Verdict:
    """A day's limit is never slept out; the others are short."""
    kind = received.headers.get("X-Rate-Limit-Problem", "").strip().lower()
    kind = kind or ("day" if received.headers.get("X-DayLimit-Remaining") == "0" else "minute")
    after = retry.retry_after(received.headers, now)
    if kind in ("day", "daily"):
        until = now + (after if after is not None else 3600.0)
        words = (
            "Xero's calls for today are used up; the synchronisation goes on by itself when "
            "Xero opens again."
        )
        return Verdict(error=Limited(words, "day", until), quota=quota)
    if after is None and kind != "concurrent":
        after = MINUTE_S
    error = Limited(f"Xero asks for a pause ({kind} limit).", kind, now + (after or 0))
    return Verdict(error=error, retry=True, after_s=after, quota=quota)


def _forbidden(received: Received) -> NotAllowed:
    if b"AuthenticationUnsuccessful" in received.body:
        return NotAllowed(
            "Xero says that this organisation is not connected to the app; sign in again on the "
            "Integrations page and choose the organisation."
        )
    return NotAllowed(
        "Xero does not allow the app to read this; add the scopes that the Integrations page "
        "lists to the app."
    )


def _left(quota: tuple[Quota, ...]) -> float | None:
    """Calls that are left of this minute, whoever made the others."""
    return next((each.remaining for each in quota if each.name == THIS_MINUTE), None)


def _quota(received: Received) -> tuple[Quota, ...]:
    found = []
    for header, (name, allowed) in _QUOTAS.items():
        value = received.headers.get(header, "")
        if value.isdigit():
            found.append(Quota(name, float(value), max(allowed, float(value))))
    return tuple(found)

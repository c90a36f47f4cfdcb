"""What Shopify's answers mean: most things come with 200, throttling and refusals alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from data.integrations.calls import Quota
from data.integrations.errors import (
    Limited,
    NotAllowed,
    Refused,
    TooCostly,
    Unexpected,
    Unreachable,
    VendorError,
)
from data.integrations.pacing import Learned, Rate
from data.integrations.transport import Verdict, decoded, judged_by_status
from data.integrations.wire import Received

TITLE = "Shopify"
# Standard plan: 100 points a second into a bucket of 2,000; the answers correct both.
BUCKET = Rate(per_s=100, burst=2000)


def judge(received: Received, now: float) -> Verdict:
    """Shopify says most things with 200: throttling, refusals and partial answers alike."""
    if received.status in (402, 423):
        words = "The Shopify shop is frozen or locked; its owner has to open it again."
        return Verdict(error=NotAllowed(words))
    if received.status != 200:
        return judged_by_status(TITLE, received, now)
    try:
        document = decoded(received, TITLE)
    except Unexpected as error:
        return Verdict(error=error)
    if not isinstance(document, dict):
        return Verdict(error=Unexpected(f"{TITLE} answered with something that is no object."))
    return _judge_errors(document, _codes(document), now)


def _judge_errors(document: dict[str, Any], codes: set[str], now: float) -> Verdict:
    learned, quota, wait = _throttle(document)
    if "THROTTLED" in codes:
        error = Limited("Shopify's query budget is used up for a moment.", "cost", now + wait)
        return Verdict(error, retry=True, after_s=wait, learned=learned, quota=quota)
    if "INTERNAL_SERVER_ERROR" in codes or "TIMEOUT" in codes:
        failed = Unreachable("Shopify had an internal error; the next run tries again.")
        return Verdict(failed, retry=True, learned=learned, quota=quota)
    if "SHOP_INACTIVE" in codes:
        return Verdict(NotAllowed("The Shopify shop is not active; its owner has to open it."))
    return Verdict(learned=learned, quota=quota)


def _throttle(document: Mapping[str, Any]) -> tuple[Learned, tuple[Quota, ...], float]:
    """What the answer says about the bucket, and how long a throttled query has to wait."""
    cost = _inner(_inner(document, "extensions"), "cost")
    status = _inner(cost, "throttleStatus")
    if not status:
        return Learned(), (), 1.0
    rate = _number(status.get("restoreRate")) or BUCKET.per_s
    size = _number(status.get("maximumAvailable")) or BUCKET.burst
    left = _number(status.get("currentlyAvailable"))
    wanted = _number(cost.get("requestedQueryCost"))
    wait = max(0.0, wanted - left) / rate
    return Learned(rate, size, left), (Quota("query points", left, size),), wait


def _inner(held: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = held.get(name)
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float:
    """A number above zero, however it is written; 0 for anything else."""
    try:
        read = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return read if math.isfinite(read) and read > 0 else 0.0


def _codes(document: Mapping[str, Any]) -> set[str]:
    errors = document.get("errors")
    if isinstance(errors, str):
        return {errors}
    if not isinstance(errors, list):
        return set()
    told = [each for each in errors if isinstance(each, Mapping)]
    return {str(_inner(each, "extensions").get("code", "")) for each in told}


def data(document: Any, hide: Callable[[str], str] = str) -> Any:
    """`data` of the answer, or its errors as exceptions; `hide` takes the token out of them."""
    errors = document.get("errors")
    ignored = [w for s in _inner(document, "extensions").get("search") or []
               for w in s.get("warnings") or []]  # fmt: skip
    if ignored:
        raise Unexpected(
            "Shopify ignored part of the filter, so the answer is not what was asked for; "
            "nothing was taken over, an update of this product is needed."
        )
    found = document.get("data")
    if errors and not (found and _only_personal(errors)):
        raise _refusal(errors, hide)
    if not isinstance(found, dict):
        raise Unexpected("Shopify answered without data; the next run tries again.")
    return found


def _only_personal(errors: Any) -> bool:
    """Access denied to customers or fees only: their values are null, the rest is good."""
    return isinstance(errors, list) and all(
        isinstance(each, Mapping)
        and (each.get("extensions") or {}).get("code") == "ACCESS_DENIED"
        and {"customer", "shippingAddress", "transactions"}
        & {str(p) for p in each.get("path") or []}
        for each in errors
    )


def _refusal(errors: Any, hide: Callable[[str], str]) -> VendorError:
    codes = _codes({"errors": errors})
    first = hide(_first_of(errors))
    if "ACCESS_DENIED" in codes:
        return NotAllowed(
            f"Shopify does not let the app read this ({first[:120]}); add the scope to the app."
        )
    if "MAX_COST_EXCEEDED" in codes:
        return TooCostly("Shopify finds a query too large.")
    words = first[:160].rstrip(". ") or "without a reason"
    return Refused(f"Shopify refuses the query ({words}); the next run tries again.")


def _first_of(errors: Any) -> str:
    """The first message: a list of objects, or what the gateway gives, text or an object."""
    if isinstance(errors, list):
        errors = errors[0]
    if isinstance(errors, Mapping):
        errors = errors.get("message") or next(iter(errors.values()), "")
    return str(errors)

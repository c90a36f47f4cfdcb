"""What Shopify's answers mean: most things come with 200, throttling and refusals alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from data.integrations.transport import Quota, Verdict, decoded, judged_by_status
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
    cost = (document.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    if not status:
        return Learned(), (), 1.0
    rate = float(status.get("restoreRate") or BUCKET.per_s)
    size = float(status.get("maximumAvailable") or BUCKET.burst)
    left = float(status.get("currentlyAvailable") or 0)
    wanted = float(cost.get("requestedQueryCost") or 0)
    wait = max(0.0, wanted - left) / rate
    return Learned(rate, size, left), (Quota("query points", left, size),), wait


def _codes(document: Mapping[str, Any]) -> set[str]:
    errors = document.get("errors")
    if isinstance(errors, str):
        return {errors}
    if not isinstance(errors, list):
        return set()
    told = [each for each in errors if isinstance(each, Mapping)]
    return {str((each.get("extensions") or {}).get("code", "")) for each in told}


def data(document: Any) -> Any:
    """`data` of the answer, or its errors as exceptions."""
    errors = document.get("errors")
    ignored = [w for s in (document.get("extensions") or {}).get("search") or []
               for w in s.get("warnings") or []]  # fmt: skip
    if ignored:
        raise Unexpected(
            "Shopify ignored part of the filter, so the answer is not what was asked for; "
            "nothing was taken over, an update of this product is needed."
        )
    found = document.get("data")
    if errors and not (found and _only_personal(errors)):
        raise _refusal(errors)
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


def _refusal(errors: Any) -> VendorError:
    codes = _codes({"errors": errors})
    first = _first_of(errors)
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

"""The one way to a vendor: paced, retried, broken off, recorded, with its secrets masked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from data.integrations import breaker, calls, pacing, retry, wire
from data.integrations.calls import Quota
from data.integrations.errors import (
    Limited,
    NotAllowed,
    Refused,
    SignInRefused,
    Unexpected,
    Unreachable,
    VendorError,
)
from data.integrations.masking import mask
from data.integrations.pacing import Learned, Rate
from data.integrations.wire import Received, Request
from data.integrations.world import World

AGENT = "SentiaDashboard/1.0 (Language=Python; Platform=requests)"
RETRIES = 4
WAIT_CEILING_S = 240.0
# What is kept of a deadline for the answer itself.
ANSWER_S = 3.0


@dataclass(frozen=True)
class Operation:
    """A documented operation of a vendor: its rate, and whether repeating it changes nothing."""

    name: str
    rate: Rate
    bucket: str = ""
    idempotent: bool = True
    cost: float = 1.0
    deadline_s: float = 60.0


@dataclass(frozen=True)
class Verdict:
    """What one answer means. Without `error` it is good.

    `spent`: the operation's allowance is used up and comes back at the rate of its bucket.
    """

    error: VendorError | None = None
    retry: bool = False
    after_s: float | None = None
    expired: bool = False
    learned: Learned = field(default_factory=Learned)
    quota: tuple[Quota, ...] = ()
    spent: bool = False


Judge = Callable[[Received, float], Verdict]


class Signer(Protocol):
    """Puts a token on a request; told which token was rejected it gets another."""

    def sign(self, request: Request, rejected: str | None) -> tuple[Request, str]:
        """The request with a token, and that token."""


@dataclass(frozen=True)
class Identity:
    """Whose calls these are: connection `shopify-outlet` of vendor `shopify`."""

    connection: str
    vendor: str
    title: str


class Transport:
    """Sends operations of one connection; safe to use from one thread at a time."""

    def __init__(
        self,
        identity: Identity,
        judge: Judge,
        world: World | None = None,
        *,
        signer: Signer | None = None,
        session: requests.Session | None = None,
        patience_s: float = WAIT_CEILING_S,
        until: float | None = None,
        guarded: bool = True,
    ) -> None:
        """Without `guarded` the breaker is that of the call which this one is made for."""
        self.identity = identity
        self.world = world or World()
        self.signer = signer
        self.patience_s = patience_s
        self._judge = judge
        self._until = until
        self._guarded = guarded
        self._session = session or wire.session(AGENT)
        self._token = ""

    def send(self, operation: Operation, request: Request) -> Received:
        """The vendor's good answer. Raises a VendorError with one sentence."""
        trace = calls.Trace(operation.name)
        passage = self._may_call()
        try:
            received = self._until_answered(operation, request, trace)
        except VendorError as error:
            # A turn that is not there yet says nothing about the vendor.
            if trace.attempts or not isinstance(error, Limited):
                self._learn(passage, failed=isinstance(error, Unreachable))
            calls.record(self.identity, trace, str(error))
            raise
        self._learn(passage, failed=False)
        calls.record(self.identity, trace, None)
        return received

    def hide(self, text: str) -> str:
        """`text` without the token that the last call bore."""
        return mask(text, self._token)

    def _may_call(self) -> breaker.Passage:
        """Ask the breaker. Raises BreakerOpen."""
        if not self._guarded:
            return breaker.Passage.FREE
        return breaker.check(self.identity.connection, self.identity.title, self.world.now())

    def _learn(self, passage: breaker.Passage, failed: bool) -> None:
        if failed and self._guarded:
            breaker.failed(self.identity.connection, self.world.now(), passage)
        elif passage is not breaker.Passage.FREE:
            breaker.well(self.identity.connection)

    def json(self, operation: Operation, request: Request) -> Any:
        """The good answer as JSON. Raises Unexpected when it is not JSON."""
        return decoded(self.send(operation, request), self.identity.title)

    def _until_answered(
        self, operation: Operation, request: Request, trace: calls.Trace
    ) -> Received:
        rejected: str | None = None
        while True:
            self._pace(operation, trace)
            signed, token = self._signed(request, rejected)
            received, verdict = self._attempt(operation, signed, trace)
            if verdict.error is None and received is not None:
                return received
            if verdict.expired and token and rejected is None:
                rejected = token
                continue
            self._wait_or_raise(operation, verdict, trace)

    def _signed(self, request: Request, rejected: str | None) -> tuple[Request, str]:
        if self.signer is not None:
            request, self._token = self.signer.sign(request, rejected)
        return request, self._token

    def _attempt(
        self, operation: Operation, request: Request, trace: calls.Trace
    ) -> tuple[Received | None, Verdict]:
        began = self.world.now()
        deadline = operation.deadline_s
        if self._until is not None:
            deadline = max(0.05, min(deadline, self._until - began))
        try:
            received = wire.exchange(self._session, request, deadline)
        except wire.Cut as cut:
            trace.answered(None, self.world.now() - began, 0)
            return None, Verdict(error=Unreachable(self._in_words(str(cut))), retry=True)
        except wire.TooLarge:
            raise Unexpected(
                f"{self.identity.title} sent more than any page of it can hold; "
                "nothing was taken over, ask its support."
            ) from None
        trace.answered(received.status, self.world.now() - began, len(received.body))
        verdict = self._judge(received, self.world.now())
        pacing.learn(self._bucket(operation), verdict.learned)
        trace.quota = verdict.quota or trace.quota
        return received, verdict

    def _pace(self, operation: Operation, trace: calls.Trace) -> None:
        bucket, now = self._bucket(operation), self.world.now()
        wait = pacing.take(bucket, operation.rate, operation.cost, now)
        if wait <= 0:
            return
        if trace.waited + wait > self._turn_s(now):
            pacing.give_back(bucket, operation.cost)
            raise self._limited("rate", now + wait)
        trace.waited += wait
        self.world.sleep(wait)

    def _turn_s(self, now: float) -> float:
        """How long to wait for a turn: a person's test also waits while a sync uses them up."""
        if self._until is None:
            return self.patience_s
        return max(self.patience_s, self._until - now - ANSWER_S)

    def _wait_or_raise(self, operation: Operation, verdict: Verdict, trace: calls.Trace) -> None:
        """Sleep before the next attempt, or raise what the last one meant."""
        assert verdict.error is not None
        now = self.world.now()
        wait = verdict.after_s or retry.backoff(trace.retries, self.world.chance())
        if verdict.spent:
            # The next try waits for its turn in the bucket, behind whoever is there already.
            pacing.spend(self._bucket(operation), now)
        elif verdict.after_s:
            pacing.close(self._bucket(operation), now + wait, now)
        if trace.retries >= RETRIES or not (verdict.retry and operation.idempotent):
            raise verdict.error
        if verdict.spent:
            trace.retries += 1
            return
        late = self._until is not None and now + wait >= self._until
        if late or trace.waited + wait > self.patience_s:
            if isinstance(verdict.error, Limited):
                raise self._limited(verdict.error.kind, now + wait)
            raise verdict.error
        trace.retries += 1
        trace.waited += wait
        self.world.sleep(wait)

    def _limited(self, kind: str, until: float) -> Limited:
        return Limited(
            f"{self.identity.title} allows no more calls for {until - self.world.now():.0f} s; "
            "the synchronisation goes on by itself after that.",
            kind,
            until,
        )

    def _bucket(self, operation: Operation) -> str:
        return f"{self.identity.connection}/{operation.bucket or operation.name}"

    def _in_words(self, reason: str) -> str:
        return (
            f"{self.identity.title} could not be reached: {reason}; "
            "the last good data stays and the next run tries again."
        )


def decoded(received: Received, title: str) -> Any:
    """The body as JSON. Raises Unexpected in words for another content type or broken JSON."""
    kind = received.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind and not (kind.endswith(("json", "+json")) or kind == "text/plain"):
        raise Unexpected(
            f"{title} answered with {kind} instead of JSON; check its address in the settings."
        )
    try:
        return received.document
    except (ValueError, RecursionError):
        raise Unexpected(
            f"{title} answered with JSON that cannot be read; the next run tries again."
        ) from None


def judged_by_status(title: str, received: Received, now: float) -> Verdict:
    """What a status means at every vendor; a vendor's own judge looks at it first."""
    status = received.status
    if 200 <= status < 300:
        return Verdict()
    after = retry.retry_after(received.headers, now)
    if status == 429:
        error = Limited(f"{title} asks for a pause.", "rate", now + (after or 0))
        return Verdict(error=error, retry=True, after_s=after)
    if status >= 500:
        words = (
            f"{title} answered with error {status}; the last good data stays and the next run "
            "tries again."
        )
        return Verdict(error=Unreachable(words), retry=True, after_s=after)
    if status == 401:
        words = f"{title} refuses the credentials; enter them again on the Integrations page."
        return Verdict(error=SignInRefused(words), expired=True)
    return Verdict(error=refused(title, received))


def refused(title: str, received: Received) -> VendorError:
    """The error of a 3xx or 4xx that repeating does not help."""
    if received.status == 403:
        return NotAllowed(
            f"{title} does not allow this app to read that; give the app the scopes that "
            "the Integrations page lists, then test the connection."
        )
    if 300 <= received.status < 400:
        return Unexpected(
            f"{title} redirects to another address; check its address in the settings."
        )
    if received.status == 404:
        return Refused(
            f"{title} does not know that address (404); check the address and the shop or "
            "organisation in the settings."
        )
    return Refused(f"{title} refuses the request ({received.status}).")

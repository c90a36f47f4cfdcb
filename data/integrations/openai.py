"""OpenAI: explains figures in a few sentences, and withholds any that name another number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from config.settings import settings
from data import database
from data.integrations import breaker, calls, explanations, retry
from data.integrations.client import Input, Making, Stream, Vendor
from data.integrations.credentials import Credentials, load
from data.integrations.errors import (
    Limited,
    NotConfigured,
    Refused,
    SignInRefused,
    Unexpected,
    Unreachable,
    VendorError,
)
from data.integrations.narrative import Figures, Narrative, stray_numbers
from data.integrations.records import Aggregate
from data.integrations.transport import Identity
from data.integrations.world import World

if TYPE_CHECKING:
    import openai as sdk

TITLE = "OpenAI"
WHO = Identity("openai", "openai", TITLE)
LONGEST_WAIT_S = 8.0
TRIES = 3
# A model that reasons first spends most of them before it writes.
MOST_TOKENS = 3000
_OFF = "Explain is not configured; set OPENAI_API_KEY or enter a key on the Integrations page."
_NEVER_AGAIN: Final = (
    "insufficient_quota",
    "credit_balance_exhausted",
    "spend_limit_exceeded",
    "organization_usage_limit_exceeded",
)
_INSTRUCTIONS = (
    "You explain business and factory figures to a manager in at most three short sentences of "
    "plain British English. Use only the figures given; write every number as digits exactly as "
    "given and never calculate a new one. Say what stands out and which given figure goes with "
    "it; do not guess causes that the figures do not show. When they show none, say so."
)
_FORMAT: Any = {
    "type": "json_schema",
    "name": "explanation",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"sentences": {"type": "array", "items": {"type": "string"}}},
        "required": ["sentences"],
        "additionalProperties": False,
    },
}


class OpenAI:
    """One account."""

    def __init__(self, making: Making) -> None:
        given = making.credentials
        if not given.get("api_key"):
            raise NotConfigured(_OFF)
        self.model = given.get("model")
        self._world = making.world
        import openai as sdk  # 20 MB and a second of imports, for those who use it

        left = 30.0 if making.until is None else max(0.5, making.until - making.world.now())
        self._client = sdk.OpenAI(
            api_key=given.get("api_key"), base_url=_base(given), timeout=left, max_retries=0
        )

    def probe(self) -> str:
        """Look whether the model is there, and until when."""
        found = self._called("models", self._models, tries=1)
        if self.model not in found:
            raise Refused(f"OpenAI answers, but has no model {self.model}; set OPENAI_MODEL.")
        ends = found[self.model]
        return f"Model {self.model} is there" + (f" until {ends}." if ends else ".")

    def streams(self) -> Sequence[Stream]:
        """Nothing is synchronised."""
        return ()

    def since(self, at: datetime) -> Sequence[Stream]:
        """Nothing is synchronised."""
        return ()

    def aggregates(self, start: date, end: date) -> Iterator[Aggregate]:
        """Nothing is counted."""
        return iter(())

    def write(self, figures: Figures) -> tuple[list[str], int]:
        """Sentences about the figures, and the tokens they took. Raises VendorError."""
        answer, used = self._called("responses", lambda: self._ask(figures), tries=TRIES)
        explanations.count(used, self._world)
        return _sentences(answer), used

    def _models(self) -> dict[str, str | None]:
        """Each model, and when it will be shut down."""
        return {
            each.id: getattr(each, "shutdown_date", None) for each in self._client.models.list()
        }

    def _ask(self, figures: Figures) -> tuple[Any, int]:
        """The answer, and the tokens it took."""
        answer = self._client.responses.create(
            model=self.model,
            instructions=_INSTRUCTIONS,
            input=json.dumps(figures.plain(), ensure_ascii=False),
            text={"format": _FORMAT},
            max_output_tokens=MOST_TOKENS,
            store=False,
        )
        return answer, 0 if answer.usage is None else int(answer.usage.total_tokens)

    def _called(self, operation: str, call: Any, tries: int) -> Any:
        """Call with retries, the breaker and the record of calls. Raises VendorError."""
        passage = breaker.check(WHO.connection, TITLE, self._world.now())
        trace = calls.Trace(operation)
        try:
            answer = self._tried(call, tries, trace)
        except VendorError as error:
            if isinstance(error, Unreachable):
                breaker.failed(WHO.connection, self._world.now(), passage)
            calls.record(WHO, trace, str(error))
            raise
        if passage is not breaker.Passage.FREE:
            breaker.well(WHO.connection)
        calls.record(WHO, trace, None)
        return answer

    def _tried(self, call: Any, tries: int, trace: calls.Trace) -> Any:
        import openai as sdk

        while True:
            began = self._world.now()
            try:
                answer = call()
            except sdk.OpenAIError as failed:
                status = getattr(failed, "status_code", None)
                trace.answered(status, self._world.now() - began, 0)
                error, wait = _judged(failed, trace.retries, self._world)
                if wait is None or trace.retries + 1 >= tries or wait > LONGEST_WAIT_S:
                    raise error from None
                trace.retries += 1
                self._world.sleep(wait)
            except (ValueError, TypeError, AttributeError):
                # The SDK reads what is no JSON object of the API as if it were one.
                raise Unexpected(
                    "OpenAI gave an answer that cannot be read; check OPENAI_BASE_URL."
                ) from None
            else:
                trace.answered(200, self._world.now() - began, 0)
                return answer


def explain(figures: Figures, world: World | None = None) -> Narrative:
    """A short narrative of the figures, or the reason why there is none. Never raises."""
    world = world or World()
    try:
        given = load("openai", "openai")
        key = explanations.key(figures, given.get("model"))
        if (stored := explanations.stored(key)) is not None:
            return stored
        if explanations.used(world) >= settings().openai_monthly_tokens:
            return Narrative.none(
                "The tokens of this month are used up; it works again next month."
            )
        client = OpenAI(Making("openai", given, world, LONGEST_WAIT_S))
        sentences, _ = client.write(figures)
    except Exception as error:
        return Narrative.none(_in_words(error))
    stray = stray_numbers(" ".join(sentences), figures)
    if stray:
        return Narrative.none(
            f"The explanation was withheld: it names {', '.join(stray)}, which is not among the "
            "figures shown."
        )
    made = Narrative(tuple(sentences), None, given.get("model"))
    explanations.keep(key, made)
    return made


def available() -> str | None:
    """None when Explain can be offered, else the sentence why not."""
    try:
        return None if load("openai", "openai").get("api_key") else _OFF
    except Exception as error:
        return _in_words(error)


def _in_words(error: Exception) -> str:
    if isinstance(error, VendorError | database.DatabaseUnavailable):
        return str(error)
    return f"No explanation could be made ({type(error).__name__}); try again later."


def _judged(
    failed: sdk.OpenAIError, retries: int, world: World
) -> tuple[VendorError, float | None]:
    """The error in words, and the seconds to wait before another try; None: do not try again."""
    import openai as sdk

    backoff = retry.backoff(retries, world.chance())
    if isinstance(failed, sdk.APIConnectionError):
        return Unreachable("OpenAI could not be reached; try again later."), backoff
    if not isinstance(failed, sdk.APIStatusError):
        return Unexpected("OpenAI gave an answer that cannot be read; try again later."), None
    if failed.status_code == 429:
        return _limited(failed, backoff, world)
    if failed.status_code >= 500:
        words = f"OpenAI answered with error {failed.status_code}; try again later."
        return Unreachable(words), backoff
    return _refused(failed.status_code), None


def _refused(status: int) -> VendorError:
    if status in (401, 403):
        return SignInRefused("OpenAI refuses the key; enter it again.")
    if status == 404:
        return Refused("OpenAI has no such model or address; check OPENAI_MODEL.")
    return Refused(f"OpenAI refuses the request ({status}).")


def _limited(
    failed: sdk.APIStatusError, backoff: float, world: World
) -> tuple[VendorError, float | None]:
    now = world.now()
    said = f"{getattr(failed, 'code', '')} {getattr(failed, 'type', '')}"
    if any(part in said for part in _NEVER_AGAIN):
        words = "OpenAI's credit or spending limit is used up; raise it in OpenAI's billing."
        return Limited(words, "budget", now + 3600), None
    wait = retry.retry_after(failed.response.headers, now)
    wait = retry.reset_after(failed.response.headers) if wait is None else wait
    wait = backoff if wait is None else wait
    return Limited(f"OpenAI asks to wait {wait:.0f} s; try again then.", "rate", now + wait), wait


def _sentences(answer: Any) -> list[str]:
    """The text among the output items; a reasoning item may come before it."""
    if answer.status == "failed":
        raise Unreachable("OpenAI could not finish the answer; try again later.")
    if answer.status == "incomplete":
        raise Unexpected("OpenAI's answer was cut short; try again.")
    parts = [p for item in answer.output if item.type == "message" for p in item.content]
    if any(part.type == "refusal" for part in parts):
        raise Refused("OpenAI declined to explain these figures.")
    written = "".join(part.text for part in parts if part.type == "output_text")
    try:
        found = json.loads(written)["sentences"]
        sentences = [str(each).strip() for each in found if str(each).strip()]
    except (ValueError, KeyError, TypeError):
        raise Unexpected("OpenAI's answer is not in the agreed form; try again.") from None
    if not sentences:
        raise Unexpected("OpenAI's answer was empty; try again.")
    return sentences


def _base(given: Credentials) -> str:
    base = given.get("base_url").rstrip("/")
    return base if urlsplit(base).path.strip("/") else f"{base}/v1"


VENDOR = Vendor(
    name="openai",
    title=TITLE,
    every=None,
    inputs=(
        Input("api_key", "API key", "platform.openai.com, API keys", secret=True),
        Input("model", "Model", "As OpenAI or your local server names it", optional=True),
        Input("base_url", "Address", "Only for a local model server", optional=True),
    ),
    steps=("Make a key at platform.openai.com with permission to use Responses and read Models.",),
    make=OpenAI,
)

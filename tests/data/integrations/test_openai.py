"""Explain: only figures that were given, within a budget, said plainly when it is off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from data import database as db
from data.integrations import openai, probe
from data.integrations.narrative import Figure, Figures, stray_numbers
from tests.data.integrations.fake import Answer, Asked, Fake, running
from tests.data.integrations.scene import Time

REVENUE = Figures(
    "Net revenue",
    "1 to 31 October 2026",
    (
        Figure("Net revenue", 12345.67, "GBP"),
        Figure("Change to the previous period", -3.24, "%"),
        Figure("Orders", 180, "", "42 of them from Germany"),
        Figure("Target", None, "GBP", "no target is set"),
    ),
)


@dataclass
class Model:
    sentences: list[str] = field(default_factory=lambda: ["Net revenue was GBP 12,345.67."])
    status: str = "completed"
    refusal: str = ""
    text: str = ""
    name: str = "gpt-6-luna"

    def body(self) -> dict[str, Any]:
        text = self.text or json.dumps({"sentences": self.sentences})
        part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
        if self.refusal:
            part = {"type": "refusal", "refusal": self.refusal}
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": self.status,
            "model": self.name,
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": []},
                {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                 "content": [part]},
            ],
            "usage": {"input_tokens": 200, "output_tokens": 50, "total_tokens": 250,
                      "input_tokens_details": {"cached_tokens": 0},
                      "output_tokens_details": {"reasoning_tokens": 0}},
        }  # fmt: skip


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def fake(model: Model, time: Time, environment: Callable[..., None]) -> Iterator[Fake]:
    def respond(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Bearer sk-right":
            return Answer(401, {"error": {"message": "bad", "code": "invalid_api_key"}})
        if asked.path == "/v1/models":
            found = {"id": model.name, "object": "model", "created": 1, "owned_by": "openai",
                     "shutdown_date": "2027-06-01"}  # fmt: skip
            return Answer(200, {"object": "list", "data": [found]})
        return Answer(200, model.body())

    with running(Fake(respond)) as made:
        environment(OPENAI_API_KEY="sk-right", OPENAI_BASE_URL=f"{made.url}/v1")
        yield made


def test_an_explanation_is_asked_for_without_being_stored_there(fake: Fake, time: Time) -> None:
    made = openai.explain(REVENUE, time.world)
    assert made.sentences == ("Net revenue was GBP 12,345.67.",)
    asked = fake.asked[-1]
    assert asked.path == "/v1/responses"
    body = asked.json
    assert body["store"] is False
    assert body["model"] == "gpt-6-luna"
    schema = body["text"]["format"]
    assert schema["strict"] is True
    assert schema["schema"]["additionalProperties"] is False
    assert schema["schema"]["required"] == ["sentences"]
    assert body["max_output_tokens"] > 0


def test_the_same_figures_are_explained_once(fake: Fake, time: Time) -> None:
    first = openai.explain(REVENUE, time.world)
    assert openai.explain(REVENUE, time.world) == first
    assert len(fake.asked) == 1


def test_a_number_that_was_not_given_withholds_the_explanation(
    fake: Fake, model: Model, time: Time
) -> None:
    model.sentences = ["Net revenue was GBP 12,345.67, which is 19 % more than before."]
    made = openai.explain(REVENUE, time.world)
    assert made.sentences == ()
    assert made.reason == (
        "The explanation was withheld: it names 19, which is not among the figures shown."
    )


@pytest.mark.parametrize(
    "text",
    [
        "Net revenue was GBP 12,345.67.",
        "Net revenue was about 12,346, or 12.3k.",
        "It fell by 3.2 %, with 180 orders, 42 from Germany.",
        "From 1 to 31 October 2026 there was no target.",
    ],
)
def test_given_numbers_may_be_rounded(text: str) -> None:
    assert stray_numbers(text, REVENUE) == []


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("Net revenue was GBP 12,345.68.", ["12,345.68"]),
        ("It fell by 3.3 %.", ["3.3"]),
        ("Revenue doubled.", ["doubled"]),
        ("Three channels grew.", ["three"]),
        ("Revenue was 12.4k.", ["12.4k"]),
        ("It was 123.4567 million.", ["123.4567", "million"]),
    ],
)
def test_any_other_number_is_found(text: str, stray: list[str]) -> None:
    assert stray_numbers(text, REVENUE) == stray


def test_what_looks_like_a_person_is_not_sent(fake: Fake, time: Time) -> None:
    figures = Figures("Orders", "October", (Figure("jo@example.com +44 20 7946 0000", 1, ""),))
    openai.explain(figures, time.world)
    assert b"example.com" not in fake.asked[0].body
    assert b"7946" not in fake.asked[0].body


def test_a_used_up_budget_asks_nothing(
    fake: Fake, time: Time, environment: Callable[..., None]
) -> None:
    environment(OPENAI_MONTHLY_TOKENS="250")
    assert openai.explain(REVENUE, time.world).reason is None
    other = Figures("Orders", "October", REVENUE.figures)
    assert "tokens of this month are used up" in str(openai.explain(other, time.world).reason)
    assert len(fake.asked) == 1
    assert db.scalar("SELECT used FROM explanation_tokens") == 250


def _limit(code: str, kind: str, **headers: str) -> Answer:
    return Answer(429, {"error": {"message": "limit", "type": kind, "code": code}}, headers)


def test_a_rate_limit_is_waited_for(fake: Fake, time: Time) -> None:
    fake.faults = [_limit("rate_limit_exceeded", "requests", **{"Retry-After": "2"})]
    assert openai.explain(REVENUE, time.world).sentences
    assert time.slept == [2.0]


def test_used_up_credit_is_not_tried_again(fake: Fake, time: Time) -> None:
    fake.faults = [_limit("credit_balance_exhausted", "insufficient_quota")] * 3
    assert "raise it in OpenAI's billing" in str(openai.explain(REVENUE, time.world).reason)
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "incomplete"}, "cut short"),
        ({"status": "failed"}, "could not finish"),
        ({"refusal": "no"}, "declined"),
        ({"text": "plain words"}, "not in the agreed form"),
        ({"sentences": []}, "empty"),
    ],
)
def test_an_answer_without_an_explanation_is_said(
    fake: Fake, model: Model, time: Time, change: dict[str, Any], reason: str
) -> None:
    for name, value in change.items():
        setattr(model, name, value)
    assert reason in str(openai.explain(REVENUE, time.world).reason)


def test_without_a_key_it_says_how_to_get_one(
    database: str, environment: Callable[..., None], time: Time
) -> None:
    environment()
    assert "set OPENAI_API_KEY" in str(openai.explain(REVENUE, time.world).reason)
    assert "set OPENAI_API_KEY" in str(openai.available())


def test_the_probe_names_the_model_and_its_end(fake: Fake, model: Model) -> None:
    answer = probe.test("openai")
    assert answer["healthy"] is True
    assert answer["message"] == "Model gpt-6-luna is there until 2027-06-01."
    model.name = "gpt-7"
    assert "no model gpt-6-luna" in probe.test("openai")["message"]


def test_a_wrong_key_is_said_without_showing_it(
    fake: Fake, environment: Callable[..., None]
) -> None:
    environment(OPENAI_API_KEY="sk-wrong")
    answer = probe.test("openai")
    assert answer["message"] == "OpenAI refuses the key; enter it again."
    assert "sk-wrong" not in str(db.read("SELECT * FROM integration_calls"))

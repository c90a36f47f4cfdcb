"""Limits and their odd forms: what a vendor that is used up, absurd or silent is asked again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from data.integrations import breaker, pacing, retry, tokens
from data.integrations.errors import BreakerOpen, Limited, Unreachable
from data.integrations.pacing import Learned, Rate
from data.integrations.transport import Identity, Operation, Transport, judged_by_status
from data.integrations.wire import Request
from data.integrations.xero import Xero
from data.integrations.xero_sign_in import Signer
from tests.data.integrations.fake import Answer, Asked, Fake, running
from tests.data.integrations.fake_amazon import Account, FakeAmazon
from tests.data.integrations.fake_xero import FakeXero
from tests.data.integrations.scene import START, Time, making
from tests.data.integrations.test_amazon import client, orders, some

READ = Operation("read", Rate(per_s=100, burst=100))
SLOW = Operation("slow", Rate(per_s=0.01, burst=1))
EXCEEDED = {"errors": [{"code": "QuotaExceeded", "message": "You exceeded your quota"}]}
DAY = 86_400.0


class Metered(FakeAmazon):
    """Gives searchOrders at a rate of its own and counts what it refused."""

    def __init__(self, account: Account, time: Time, per_s: float, told: bool) -> None:
        super().__init__(account)
        self.time, self.per_s, self.told = time, per_s, told
        self.free_at = time.at + 1 / per_s
        self.refused: list[float] = []
        self.given: list[float] = []

    def _orders(self, asked: Asked) -> Answer:
        if self.time.at < self.free_at - 0.01:
            self.refused.append(self.time.at)
            return Answer(429, EXCEEDED)
        self.given.append(self.time.at)
        self.free_at = self.time.at + 1 / self.per_s
        return super()._orders(asked)

    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        if not self.told:
            answer.headers.pop("x-amzn-RateLimit-Limit", None)
        return answer


@pytest.mark.parametrize(("per_s", "told"), [(0.0056, False), (0.05, True)])
def test_a_used_up_operation_of_amazon_is_asked_again_when_its_rate_gives_a_call_back(
    account: Account, time: Time, per_s: float, told: bool
) -> None:
    account.orders, account.page, account.rate = some(4), 1, str(per_s)
    with running(Metered(account, time, per_s, told)) as made:
        assert isinstance(made, Metered)
        found = orders(client(made, time))
        assert sum(len(page.records) for page in found) == 4
        assert len(made.refused) == 1
        assert len(made.given) == 4
        assert time.at - START == pytest.approx(4 / per_s, rel=0.01)


def test_an_operation_that_stays_used_up_is_asked_twice_and_ends_the_run(
    account: Account, time: Time
) -> None:
    account.orders = some(1)
    with running(Metered(account, time, 1e-9, told=False)) as made:
        assert isinstance(made, Metered)
        with pytest.raises(Limited) as raised:
            orders(client(made, time))
        assert [round(at - START) for at in made.refused] == [0, 179]
        assert raised.value.until == pytest.approx(START + 2 / 0.0056, rel=0.01)
        with pytest.raises(Limited):
            orders(client(made, time, patience_s=10))
        assert len(made.refused) == 2


def test_workers_that_meet_a_used_up_operation_share_what_comes_back(time: Time) -> None:
    for _ in range(2):
        pacing.take("amazon/searchOrders", Rate(0.01, 20), 1, time.at)
    for _ in range(2):
        pacing.spend("amazon/searchOrders", time.at)
    waits = [pacing.take("amazon/searchOrders", Rate(0.01, 20), 1, time.at) for _ in range(2)]
    assert waits == pytest.approx([100, 200])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7), ("1.5", 1.5), ("0", 0), ("-5", 0), ("inf", DAY), ("1e400", DAY), ("nan", None),
        ("99999999999", DAY), ("soon", None), ("", None), ("7, 7", None),
        ("Mon, 21 Sep 2026 14:13:27 GMT", 7),
        ("Mon, 21 Sep 2026 14:13:27 -0000", 7),
        ("Mon Sep 21 14:13:27 2026", 7),
        ("Mon, 21 Sep 2015 14:13:27 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Mon, 41 Sep 2026 14:13:27 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_every_form_and_never_beyond_a_day(
    value: str, seconds: float | None
) -> None:
    assert retry.retry_after({"Retry-After": value}, START) == seconds


@pytest.fixture
def fake() -> Iterator[Fake]:
    with running(Fake(lambda _: Answer(body={"ok": True}))) as made:
        yield made


def _transport(time: Time, patience_s: float = 240) -> Transport:
    return Transport(
        Identity("acme", "acme", "Acme"),
        lambda received, now: judged_by_status("Acme", received, now),
        time.world,
        patience_s=patience_s,
    )


def _get(fake: Fake) -> Request:
    return Request("GET", f"{fake.url}/things", {})


@pytest.mark.parametrize("value", ["0", "-1", "Mon, 21 Sep 2015 14:13:27 GMT"])
def test_a_pause_that_is_over_already_still_backs_off(fake: Fake, time: Time, value: str) -> None:
    fake.faults = [Answer(429, {}, {"Retry-After": value})] * 2
    _transport(time).send(READ, _get(fake))
    assert time.slept == [0.25, 0.5]


def test_an_absurd_pause_ends_after_a_day(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(429, {}, {"Retry-After": "1e400"})]
    with pytest.raises(Limited) as raised:
        _transport(time).send(READ, _get(fake))
    assert raised.value.until == START + DAY
    time.at += DAY - 1000
    with pytest.raises(Limited):
        _transport(time).send(READ, _get(fake))
    time.at += 1000
    assert _transport(time).json(READ, _get(fake)) == {"ok": True}
    assert len(fake.asked) == 2


@pytest.mark.parametrize("value", ["inf", "nan", "1e-300", "-3", "many", "0"])
def test_a_rate_that_is_no_rate_leaves_the_documented_one(
    account: Account, time: Time, value: str
) -> None:
    account.orders, account.page, account.rate = some(22), 1, value
    with running(FakeAmazon(account)) as made:
        assert isinstance(made, FakeAmazon)
        orders(client(made, time))
    assert [round(each) for each in time.slept] == [179, 179]


def test_a_call_that_was_under_way_when_the_breaker_opened_does_not_lengthen_it(
    time: Time,
) -> None:
    for _ in range(breaker.LIMIT + 3):
        breaker.failed("acme", time.at, breaker.Passage.FAILING)
    time.at += breaker.FIRST_S
    assert breaker.check("acme", "Acme", time.at) is breaker.Passage.PROBE


def test_of_two_workers_at_a_half_open_breaker_one_may_call(time: Time) -> None:
    for _ in range(breaker.LIMIT):
        breaker.failed("acme", time.at)
    time.at += breaker.FIRST_S
    together = threading.Barrier(2)
    ended: list[breaker.Passage | None] = []

    def worker() -> None:
        together.wait()
        try:
            ended.append(breaker.check("acme", "Acme", time.at))
        except BreakerOpen:
            ended.append(None)

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(ended) == {breaker.Passage.PROBE, None}


def test_a_probe_that_had_no_turn_does_not_close_the_breaker(fake: Fake, time: Time) -> None:
    _transport(time).send(SLOW, _get(fake))
    for _ in range(breaker.LIMIT):
        breaker.failed("acme", time.at)
    time.at += breaker.FIRST_S
    with pytest.raises(Limited):
        _transport(time, patience_s=1).send(SLOW, _get(fake))
    with pytest.raises(BreakerOpen):
        _transport(time).send(READ, _get(fake))
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("said", "lives"),
    [
        ({}, 3600), ({"expires_in": None}, 3600), ({"expires_in": "soon"}, 3600),
        ({"expires_in": 0}, 3600), ({"expires_in": -1}, 3600), ({"expires_in": "1800"}, 1800),
        ({"expires_in": 5}, 120), ({"expires_in": float("inf")}, 3600),
        ({"expires_in": 10**400}, 3600), ({"expires_in": 10**12}, 366 * DAY),
    ],
)  # fmt: skip
def test_a_token_lives_as_long_as_the_answer_says_when_it_says_so(
    said: dict[str, Any], lives: float
) -> None:
    made = tokens.given({"access_token": "a"} | said, START, 3600, "kept")
    assert made == tokens.Token("a", START + lives, "kept")
    assert tokens.given({"token_type": "bearer"} | said, START, 3600) is None


def test_a_token_is_renewed_once_by_whoever_comes_first(time: Time) -> None:
    together = threading.Barrier(4)
    renewed: list[int] = []
    got: list[str] = []

    def renew(_: tokens.Token | None) -> tokens.Token:
        renewed.append(1)
        return tokens.Token(f"new-{len(renewed)}", START + 3600)

    def worker() -> None:
        together.wait()
        got.append(tokens.access("acme", renew, START, rejected="old"))

    tokens.store("acme", tokens.Token("old", START + 3600))
    threads = [threading.Thread(target=worker) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (got, renewed) == (["new-1"] * 4, [1])


def test_what_xero_says_is_left_of_the_minute_bounds_the_pace(xero: FakeXero, time: Time) -> None:
    pacing.take("xero/calls", Rate(0.5, 30), 3, time.at)
    pacing.learn("xero/calls", Learned(at_most=1))
    assert pacing.take("xero/calls", Rate(0.5, 30), 2, time.at) == 2.0
    pacing.learn("xero/calls", Learned(at_most=59))
    assert pacing.take("xero/calls", Rate(0.5, 30), 1, time.at) == 4.0


@pytest.mark.parametrize(
    ("headers", "slept", "kind"),
    [
        ({"X-Rate-Limit-Problem": "minute"}, [60.0], ""),
        ({"X-Rate-Limit-Problem": "appminute"}, [60.0], ""),
        ({"X-DayLimit-Remaining": "0", "Retry-After": "30"}, [], "day"),
        ({"X-Rate-Limit-Problem": "day", "Retry-After": "1e99"}, [], "day"),
    ],
)
def test_a_limit_of_xero_without_a_pause_or_a_name_is_told_by_the_rest(
    xero: FakeXero, time: Time, headers: dict[str, str], slept: list[float], kind: str
) -> None:
    given = {"client_id": "app", "client_secret": "right", "base_url": xero.url,
             "token_url": f"{xero.url}/connect/token"}  # fmt: skip
    made = Xero(making("xero", time, 240, **given))
    xero.faulty_path, xero.faults = "Organisation", [Answer(429, {}, headers)]
    if kind:
        with pytest.raises(Limited) as raised:
            made.probe()
        assert raised.value.kind == kind
        assert raised.value.until <= START + DAY
    else:
        made.probe()
    assert time.slept == slept


def test_a_code_that_was_sent_once_is_not_sent_again(xero: FakeXero, time: Time) -> None:
    given = {"client_id": "app", "client_secret": "right",
             "token_url": f"{xero.url}/connect/token"}  # fmt: skip
    signer = Signer(making("xero", time, 240, **given), Identity("xero", "xero", "Xero"))
    xero.faults = [Answer(503, {})]
    with pytest.raises(Unreachable):
        signer.exchange("code", "verifier", "http://127.0.0.1/back")
    assert len(xero.asked) == 1

"""One transport: retries, limits, pacing, breaker, deadline, masking, record."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from data import database as db
from data.integrations import breaker, masking, pacing, retry
from data.integrations.errors import (
    BreakerOpen,
    Limited,
    Refused,
    SignInRefused,
    Unexpected,
    Unreachable,
)
from data.integrations.pacing import Rate
from data.integrations.transport import Identity, Operation, Transport, judged_by_status
from data.integrations.wire import Received, Request
from tests.data.integrations.fake import Answer, Fake, running
from tests.data.integrations.scene import START, Time

READ = Operation("read", Rate(per_s=100, burst=100))
WRITE = Operation("write", Rate(per_s=100, burst=100), idempotent=False)
WHO = Identity("acme", "acme", "Acme")


@pytest.fixture
def fake() -> Iterator[Fake]:
    with running(Fake(lambda _: Answer(body={"ok": True}))) as made:
        yield made


@pytest.fixture
def time(database: str) -> Time:
    return Time()


def _transport(time: Time, patience_s: float = 240, until: float | None = None) -> Transport:
    def judge(received: Received, now: float):  # type: ignore[no-untyped-def]
        return judged_by_status("Acme", received, now)

    return Transport(WHO, judge, time.world, patience_s=patience_s, until=until)


def _get(fake: Fake) -> Request:
    return Request("GET", fake.url + "/things", {})


def test_a_server_error_in_the_middle_is_tried_again(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(500, {}), Answer(503, {})]
    assert _transport(time).json(READ, _get(fake)) == {"ok": True}
    assert time.slept == [0.25, 0.5]


def test_a_cut_off_body_is_tried_again(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(200, {"half": "x" * 4000}, fault="truncate"), Answer(fault="close")]
    assert _transport(time).json(READ, _get(fake)) == {"ok": True}


def test_a_body_that_drips_is_cut_at_the_deadline(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(200, {"slow": "x" * 400}, fault="drip")]
    with pytest.raises(Unreachable, match=r"not complete after 0\.5 s"):
        _transport(time, until=START + 0.5).send(WRITE, _get(fake))


def test_what_is_not_idempotent_is_sent_once(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(500, {})]
    with pytest.raises(Unreachable):
        _transport(time).send(WRITE, Request("POST", fake.url + "/things", {}, body={}))
    assert len(fake.asked) == 1


def test_retry_after_in_seconds_is_kept(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(429, {}, {"Retry-After": "7"})]
    _transport(time).send(READ, _get(fake))
    assert time.slept == [7.0]


def test_retry_after_as_a_date_is_measured_against_the_vendors_clock() -> None:
    skewed = datetime(2020, 1, 1, 12, 0, 0, tzinfo=UTC)
    headers = {
        "Date": format_datetime(skewed, usegmt=True),
        "Retry-After": format_datetime(skewed.replace(second=9), usegmt=True),
    }
    assert retry.retry_after(headers, START) == 9.0


def test_a_long_retry_after_ends_the_run_instead_of_sleeping(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(429, {}, {"Retry-After": "4000"})]
    with pytest.raises(Limited) as raised:
        _transport(time).send(READ, _get(fake))
    assert time.slept == []
    assert raised.value.until == START + 4000


def test_a_pause_that_one_worker_was_told_holds_the_others(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(429, {}, {"Retry-After": "90"})]
    with pytest.raises(Limited):
        _transport(time, patience_s=30).send(READ, _get(fake))
    with pytest.raises(Limited):
        _transport(time, patience_s=30).send(READ, _get(fake))
    assert len(fake.asked) == 1


def test_backoff_is_full_jitter_up_to_its_ceiling() -> None:
    assert retry.backoff(0, 0.0) == 0.0
    assert retry.backoff(3, 1.0) == 4.0
    assert retry.backoff(20, 1.0) == retry.CEILING_S


def test_refusals_are_not_tried_again(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(400, {}), Answer(401, {})]
    with pytest.raises(Refused):
        _transport(time).send(READ, _get(fake))
    with pytest.raises(SignInRefused):
        _transport(time).send(READ, _get(fake))
    assert len(fake.asked) == 2


def test_another_content_type_is_said_in_words(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(200, b"<html>", kind="text/html")]
    with pytest.raises(Unexpected, match="text/html instead of JSON"):
        _transport(time).json(READ, _get(fake))


def test_broken_json_is_said_in_words(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(200, b'{"a": ')]
    with pytest.raises(Unexpected, match="cannot be read"):
        _transport(time).json(READ, _get(fake))


def test_a_redirect_is_not_followed_with_the_token(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(302, {}, {"Location": "http://127.0.0.1:9/"})]
    with pytest.raises(Unexpected, match="redirects"):
        _transport(time).send(READ, _get(fake))


def test_workers_share_one_pace_through_the_database(database: str) -> None:
    rate = Rate(per_s=2, burst=3)
    waits: list[float] = []

    def worker() -> None:
        for _ in range(5):
            waits.append(pacing.take("acme/read", rate, 1, START))

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(waits) == [0, 0, 0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]


def test_five_failed_calls_open_the_breaker_and_probes_double_the_wait(
    fake: Fake, time: Time
) -> None:
    fake.faults = [Answer(500, {})] * 100
    transport = _transport(time)
    for _ in range(5):
        with pytest.raises(Unreachable):
            transport.send(WRITE, _get(fake))
    asked = len(fake.asked)
    for wait in (60, 120, 240, 480, 900, 900):
        with pytest.raises(BreakerOpen):
            transport.send(READ, _get(fake))
        time.at += wait
        with pytest.raises(Unreachable):
            transport.send(WRITE, _get(fake))
        asked += 1
        assert len(fake.asked) == asked
    fake.faults = []
    time.at += 900
    transport.send(READ, _get(fake))
    transport.send(READ, _get(fake))


def test_only_one_worker_probes_a_half_open_breaker(time: Time) -> None:
    for _ in range(breaker.LIMIT):
        breaker.failed("acme", time.at)
    time.at += breaker.FIRST_S
    assert breaker.check("acme", "Acme", time.at) is breaker.Passage.PROBE
    with pytest.raises(BreakerOpen):
        breaker.check("acme", "Acme", time.at)


def test_every_call_is_recorded_with_its_retries(fake: Fake, time: Time) -> None:
    fake.faults = [Answer(500, {})]
    _transport(time).send(READ, _get(fake))
    row = db.one("SELECT vendor, operation, status, retries, bytes, error FROM integration_calls")
    assert row is not None
    assert dict(row) == {
        "vendor": "acme",
        "operation": "read",
        "status": 200,
        "retries": 1,
        "bytes": len(b'{"ok": true}') + 2,
        "error": None,
    }


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer eyJhbGciOi.abc.def",
        "client_secret=S3cret&grant_type=x",
        '{"refresh_token": "Atzr|S3cret"}',
        "token shpat_S3cret0123456789",
        "key sk-S3cret0123456789abcdef",
        "https://user:S3cret@api.example.com/",
        "{'client_secret': 'S3cret'}",
        "{'client_secret': 'one, two; S3cret'}",
        "[('refresh_token', 'S3cret')]",
        '"{\\"client_secret\\": \\"a S3cret\\"}"',
        '{"token":"S3cret"}',
        '{"client_secret": "a \\"S3cret\\" b"}',
        "GET /callback?state=x&code=S3cret HTTP/1.1",
        "https://x.example/?next=%2F%3Faccess_token%3DS3cret",
        "https://storage.example/f.jsonl?X-Goog-Signature=S3cret&x=1",
        "x-amz-access-token: S3cret",
        "Authorization: Basic S3cretS3cret",
    ],
)
def test_secrets_are_masked_wherever_text_is_kept(text: str) -> None:
    masked = masking.mask(text)
    assert "S3cret" not in masked
    assert "eyJhbGciOi" not in masked
    assert "***" in masked

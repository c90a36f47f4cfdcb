"""What the page, the API and the health check say about each connection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config import settings as settings_module
from data import database as db
from data.integrations import connections, credentials, figures, probe, status, sync
from data.integrations.credentials import load
from tests.data.integrations.fake import Answer
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, order
from tests.data.integrations.scene import Time


def _service(name: str = "shopify", now: datetime | None = None) -> dict[str, object]:
    found: dict[str, object] = status.status(now)["services"][name]
    return found


def test_a_connection_that_works_is_connected_by_a_real_probe(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = [order(1, "2026-11-01T00:00:00Z", [line(1, "A", 1, "10.0", "2.0")])]
    assert _service()["status"] == "degraded"
    answer = probe.test("shopify")
    assert set(answer) == {"name", "healthy", "response_ms", "message", "checked"}
    assert answer["healthy"] is True
    sync.sync("shopify", time.world)
    found = _service()
    assert set(found) == {"status", "last_sync", "next_sync", "age_s", "rows_today", "quota"}
    assert (found["status"], found["rows_today"]) == ("connected", 1)
    assert found["quota"] == {"query points": {"remaining": 2000, "limit": 2000}}
    whole = status.status()
    assert whole["status"] == "healthy"
    assert whole["summary"]["not_configured"] == 3


def test_a_connection_whose_probe_fails_is_failing_in_words(shopify: FakeShopify) -> None:
    shopify.faults = [Answer(401, {})] * 9
    shopify.faulty_path = "graphql"
    assert probe.test("shopify")["healthy"] is False
    found = _service()
    assert found["status"] == "failing"
    assert "enter them again on the Integrations page" in str(found["error"])
    assert status.dependencies()[0]["status"] == "degraded"
    assert status.dependencies()[0]["critical"] is False


def test_a_vendor_that_drips_does_not_hold_the_probe(shopify: FakeShopify) -> None:
    shopify.faults = [Answer(200, {"slow": "x" * 4000}, fault="drip")] * 9
    began = datetime.now(UTC)
    assert probe.test("shopify")["healthy"] is False
    assert datetime.now(UTC) - began < timedelta(seconds=10)


def test_old_data_is_degraded_although_the_probe_is_well(shopify: FakeShopify, time: Time) -> None:
    probe.test("shopify")
    sync.sync("shopify", time.world)
    later = datetime.now(UTC) + timedelta(minutes=46)
    found = _service(now=later)
    assert found["status"] == "degraded"
    assert "older than 45 minutes" in str(found["error"])


def test_three_failed_syncs_are_failing(shopify: FakeShopify, time: Time) -> None:
    probe.test("shopify")
    sync.sync("shopify", time.world)
    shopify.faults = [Answer(400, {"errors": "bad"})] * 99
    for state in ("degraded", "degraded", "failing"):
        sync.sync("shopify", time.world)
        assert _service()["status"] == state
    assert next(e for e in status.standings() if e.connection.name == "shopify").failures == 3


def test_a_paused_connection_says_so_and_has_no_next_run(shopify: FakeShopify) -> None:
    connections.pause("shopify")
    found = _service()
    assert (found["status"], found["next_sync"]) == ("paused", None)


def test_an_unknown_name_is_unknown(database: str) -> None:
    with pytest.raises(connections.Unknown, match="There is no integration ebay"):
        probe.test("ebay")


def test_what_was_typed_is_encrypted_and_the_environment_overrides_it(
    shopify: FakeShopify,
) -> None:
    credentials.save("shopify", {"client_secret": "typed", "access_token": "shpat_typed"}, "ann")
    sealed = str(db.scalar("SELECT sealed FROM integration_credentials"))
    assert "typed" not in sealed
    found = load("shopify", "shopify")
    assert (found.get("client_secret"), found.get("access_token")) == ("right", "shpat_typed")
    assert "client_secret" in found.fixed
    assert "typed" not in repr(found)


def test_a_second_shop_has_credentials_and_a_cursor_of_its_own(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = [order(1, "2026-11-01T00:00:00Z", [line(1, "A", 1, "10.0", "2.0")])]
    connections.add("shopify-outlet")
    assert _service("shopify-outlet")["status"] == "not configured"
    typed = {"shop": "outlet", "client_id": "app", "client_secret": "right"}
    credentials.save("shopify-outlet", typed, "ann")
    for name in ("shopify", "shopify-outlet"):
        assert sync.sync(name, time.world).state == "done"
    rows = db.read("SELECT source, channel FROM orders ORDER BY source")
    assert [tuple(row.values()) for row in rows] == [
        ("shopify", "shopify"),
        ("shopify-outlet", "shopify-outlet"),
    ]


def test_prometheus_gets_calls_failures_latency_age_and_quota(
    shopify: FakeShopify, time: Time
) -> None:
    sync.sync("shopify", time.world)
    names = {each.name for each in figures.figures()}
    assert {
        "sentia_integration_calls",
        "sentia_integration_failures",
        "sentia_integration_latency_seconds",
        "sentia_integration_age_seconds",
        "sentia_integration_quota_remaining",
        "sentia_integration_connected",
    } <= names


def test_a_vendor_that_is_back_is_read_at_once(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    sync.sync("shopify", time.world)
    probe.test("shopify", time.world)
    assert connections.named("shopify").requested_at is None
    shopify.faults = [Answer(500, {})] * 9
    probe.test("shopify", time.world)
    assert connections.named("shopify").requested_at is None
    shopify.faults = []
    time.at += 2000
    probe.test("shopify", time.world)
    assert connections.named("shopify").requested_at is not None


@pytest.mark.parametrize(
    ("zone", "now", "rows", "calls"),
    [
        ("Asia/Tokyo", "2026-11-10T20:00:00Z", 4, 1),
        ("America/New_York", "2026-11-11T02:00:00Z", 7, 2),
        ("UTC", "2026-11-11T02:00:00Z", 0, 0),
    ],
)
def test_today_begins_at_the_companys_midnight(
    database: str, monkeypatch: pytest.MonkeyPatch, zone: str, now: str, rows: int, calls: int
) -> None:
    for at, count in (("2026-11-10T10:00Z", 3), ("2026-11-10T16:00Z", 4)):
        db.execute(
            "INSERT INTO integration_runs (connection, kind, state, started_at, ended_at, rows)"
            " VALUES ('shopify', 'sync', 'done', CAST(:at AS timestamptz), :at, :count)",
            at=at,
            count=count,
        )
        db.execute(
            "INSERT INTO integration_calls (at, connection, vendor, operation, ms, retries, bytes)"
            " VALUES (:at, 'shopify', 'shopify', 'orders', 1, 0, 1)",
            at=at,
        )
    monkeypatch.setenv("COMPANY_TIMEZONE", zone)
    settings_module.settings.cache_clear()
    found = status.standings(datetime.fromisoformat(now))
    shopify = next(each for each in found if each.connection.name == "shopify")
    assert (shopify.rows_today, shopify.calls_today) == (rows, calls)
    monkeypatch.undo()
    settings_module.settings.cache_clear()

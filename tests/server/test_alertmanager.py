"""Prometheus posts its alerts here as it would to an Alertmanager."""

from __future__ import annotations

import pytest

from data import database
from tests.product import RunningApp
from tests.server.test_api import bearer, call, token

PATH = "/api/alertmanager/v2/alerts"
DISK = {
    "labels": {"alertname": "DiskFull", "host": "db1", "severity": "critical"},
    "annotations": {"summary": "92 % of /var"},
    "startsAt": "2026-03-01T07:00:00.123Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus:9090/graph",
}


pytestmark = pytest.mark.usefixtures("same_database")


def test_a_posted_alert_is_listed_and_taken_on_like_ones_own(app: RunningApp) -> None:
    operator = bearer(token("operator"))
    assert call(app, PATH, "POST", [DISK], **operator)[:2] == (200, "")
    assert call(app, PATH, "POST", [DISK], **operator)[0] == 200
    (item,) = call(app, "/api/alerts", **operator)[1]["items"]
    assert (item["rule"], item["severity"], item["source"]) == (
        "DiskFull",
        "critical",
        "alertmanager",
    )
    path = f"/api/alerts/{item['id']}/acknowledge"
    taken = call(app, path, "POST", {"note": "on it"}, **operator)[1]
    assert taken["status"] == "acknowledged"
    over = DISK | {"endsAt": "2026-03-01T08:00:00Z"}
    assert call(app, PATH, "POST", [over], **operator)[0] == 200
    assert call(app, "/api/alerts", **operator)[1]["items"] == []
    rows = database.read(
        "SELECT object, detail FROM audit WHERE action = 'alert.receive' ORDER BY id"
    )
    assert [(row["object"], row["detail"]["firing"]) for row in rows][-3:] == [
        ("1 alerts", 1), ("1 alerts", 1), ("1 alerts", 0)
    ]  # fmt: skip


def test_a_viewer_posts_nothing_and_a_wrong_body_is_refused(app: RunningApp) -> None:
    assert call(app, PATH, "POST", [DISK], **bearer(token("viewer")))[0] == 403
    operator = bearer(token("operator"))
    assert call(app, PATH, "POST", [{"labels": {"host": "a"}}], **operator)[0] == 422
    assert call(app, PATH, "POST", {"labels": {}}, **operator)[0] == 422

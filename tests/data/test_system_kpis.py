"""KPIs of the system and of its users are computed from what the application recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from auth import audit
from config.kpis import KPIS
from data import company, database
from data.queries import kpi, user_kpis
from tests.data.test_metrics_series import _write

pytestmark = pytest.mark.usefixtures("database")


def _today() -> tuple[date, date]:
    return company.today(), company.today()


def test_a_system_kpi_is_the_mean_of_its_samples() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    at = now - timedelta(seconds=now.second % 5 + 10)
    _write("a", at, [0, 5], cpu_pct=40.0, network_receive_bytes_s=5.0, network_send_bytes_s=7.0)
    assert kpi.value("cpu_pct", *_today()).value == pytest.approx(40)
    assert kpi.value("network", *_today()).value == pytest.approx(12)


def test_a_system_kpi_has_the_history_of_its_samples() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    at = now - timedelta(seconds=now.second % 5 + 10)
    _write("a", at, [0, 5], cpu_pct=40.0, network_receive_bytes_s=5.0, network_send_bytes_s=7.0)
    assert set(kpi.history("cpu_pct", *_today())["value"].dropna()) == {40.0}
    assert set(kpi.history("network", *_today())["value"].dropna()) == {12.0}
    for slug in ("error_rate", "response_time_p95", "slowest_queries", "net_revenue"):
        assert kpi.history(slug, *_today())["value"].isna().all()


def test_a_users_kpi_has_a_figure_for_each_day_since_the_records_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day = company.today()
    # The trail lets nobody set back its clock.
    monkeypatch.setattr(user_kpis, "_BEGUN", f"SELECT DATE '{day - timedelta(2)}'")
    database.execute(
        "INSERT INTO page_views_daily (day, user_id, page, views, run_ms, slowest_ms) VALUES "
        "(:day, 1, 'overview', 3, 1, 1), (:day, 2, 'overview', 2, 1, 1), (:old, 3, 'x', 9, 1, 1)",
        day=day, old=day - timedelta(1),
    )  # fmt: skip
    asked = (day - timedelta(9), day + timedelta(9))
    assert kpi.history("page_views", *asked)["value"].tolist() == [0, 9, 5]
    assert kpi.history("active_users_day", *asked)["value"].tolist() == [0, 1, 2]
    assert kpi.history("active_users_week", *asked)["value"].tolist() == [0, 1, 3]
    assert kpi.history("failed_logins", *asked)["value"].tolist() == [0, 0, 0]
    assert kpi.history("active_users", *asked).empty


def test_each_kpi_of_the_system_and_its_users_has_a_figure_or_a_reason() -> None:
    for slug, entry in KPIS.items():
        if entry.area in ("system", "users"):
            found = kpi.value(slug, *_today())
            assert (found.value is None) == bool(found.reason)
            assert "not collected" not in (found.reason or "")


def test_refused_sign_ins_are_counted_on_their_day() -> None:
    assert kpi.value("failed_logins", *_today()).value == 0
    tomorrow = company.today() + timedelta(1)
    assert kpi.value("failed_logins", tomorrow, tomorrow).value is None


def test_before_the_first_record_nothing_is_known() -> None:
    audit.record("sign_in", actor="anybody")
    old = company.today() - timedelta(40)
    assert kpi.value("page_views", old, old).value is None
    assert kpi.value("page_views", old, company.today()).value == 0


@pytest.mark.parametrize(
    ("slug", "reach"),
    [("page_views", 0), ("sessions", 0), ("active_users_day", 0), ("active_users_month", 29)],
)
def test_a_period_of_which_records_were_deleted_has_no_figure(
    slug: str, reach: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """reach: how many days before its own a figure counts."""
    today = company.today()
    oldest = today - timedelta(399)
    first = oldest + timedelta(reach)
    monkeypatch.setattr(user_kpis, "_BEGUN", f"SELECT DATE '{today - timedelta(1000)}'")
    assert kpi.value(slug, first, first).value == 0
    gone = kpi.value(slug, first - timedelta(1), first - timedelta(1))
    assert gone.value is None
    assert f"before {oldest} are no longer kept" in (gone.reason or "")
    assert kpi.history(slug, today - timedelta(1000), today).index[0].date() == first
    monkeypatch.setattr(user_kpis, "_BEGUN", f"SELECT DATE '{today - timedelta(3)}'")
    assert kpi.value(slug, today - timedelta(500), today).value == 0


def test_page_views_count_and_say_who_was_active() -> None:
    day = company.today()
    database.execute(
        "INSERT INTO page_views_daily (day, user_id, page, views, run_ms, slowest_ms) VALUES "
        "(:day, 1, 'overview', 3, 1, 1), (:day, 2, 'overview', 2, 1, 1), (:old, 3, 'x', 9, 1, 1)",
        day=day, old=day - timedelta(10),
    )  # fmt: skip
    assert kpi.value("page_views", day, day).value == 5
    assert kpi.value("active_users_day", day, day).value == 2
    assert kpi.value("active_users_month", day, day).value == 3

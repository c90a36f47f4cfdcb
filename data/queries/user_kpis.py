"""Users' KPIs of the catalogue over company days, from the application's own records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd

from config.kpis import kpi
from config.settings import settings
from data import company, database
from data.queries.figure import Figure

_SQL = {
    "active_users": "SELECT count(DISTINCT user_id) FROM sessions WHERE ended_at IS NULL "
    "AND expires_at > now() AND seen_at + idle > now() AND open_at > now() - interval '30 seconds'",
    "sessions": "SELECT count(*) FROM sessions "
    "WHERE (created_at AT TIME ZONE :zone)::date BETWEEN :start AND :end",
    "page_views": "SELECT coalesce(sum(views), 0) FROM page_views_daily "
    "WHERE day BETWEEN :start AND :end",
    "failed_logins": "SELECT count(*) FROM audit WHERE starts_with(action, 'sign_in') "
    "AND outcome = 'refused' AND (at AT TIME ZONE :zone)::date BETWEEN :start AND :end",
}
_ACTIVE = "SELECT count(DISTINCT user_id) FROM page_views_daily " \
    "WHERE day BETWEEN :start AND :end AND user_id <> 0"  # fmt: skip
_EACH_DAY = {
    "sessions": "SELECT (created_at AT TIME ZONE :zone)::date AS day, count(*) AS value "
    "FROM sessions GROUP BY 1",
    "page_views": "SELECT day, sum(views) AS value FROM page_views_daily GROUP BY day",
    "failed_logins": "SELECT (at AT TIME ZONE :zone)::date AS day, count(*) AS value FROM audit "
    "WHERE starts_with(action, 'sign_in') AND outcome = 'refused' GROUP BY 1",
}
_ACTIVE_EACH_DAY = """
SELECT d.day::date AS day, count(DISTINCT seen.user_id) AS value
FROM generate_series(CAST(:start AS date), CAST(:end AS date), '1 day') d (day)
JOIN (SELECT DISTINCT day, user_id FROM page_views_daily WHERE user_id <> 0) seen
    ON seen.day > d.day::date - :days AND seen.day <= d.day::date
GROUP BY 1
"""
_HISTORY = """
SELECT d.day::date AS day, coalesce(found.value, 0)::float8 AS value
FROM generate_series(CAST(:start AS date), CAST(:end AS date), '1 day') d (day)
LEFT JOIN ({each}) found ON found.day = d.day::date ORDER BY 1
"""
# The audit trail opens with the first start.
_BEGUN = "SELECT min((at AT TIME ZONE :zone)::date) FROM audit"
_SESSIONS_KEPT = 400
# People active in so many days that end with the period.
_DAYS = {"active_users_day": 1, "active_users_week": 7, "active_users_month": 30}


def value(slug: str, start: date, end: date) -> Figure:
    """The KPI over the days; active users over the days that end with the period."""
    source, today = kpi(slug).source, company.today()
    reason = _absence(slug, start, end, today)
    if reason:
        return Figure(slug, None, reason, source)
    if slug in _DAYS:
        start = min(end, today) - timedelta(_DAYS[slug] - 1)
    found = database.scalar(_SQL.get(slug, _ACTIVE), start=start, end=end, zone=company.zone().key)
    return Figure(slug, float(found), None, source, datetime.now(UTC))


def series(_slug: str, _start: date, _end: date, by: str) -> pd.DataFrame:
    """The catalogue offers no breakdown of these; the Users page shows them over time."""
    return pd.DataFrame({by: pd.Series(dtype="str"), "value": pd.Series(dtype="float64")})


def history(slug: str, start: date, end: date) -> pd.DataFrame:
    """The KPI on each company day that records reach: index `day`, column `value`.

    Empty where nothing keeps it over time.
    """
    begun = database.scalar(_BEGUN, zone=company.zone().key) or end
    today, reach = company.today(), timedelta(_DAYS.get(slug, 1) - 1)
    since = _kept_since(slug, today)
    start, end = max(start, begun if begun >= since else since + reach), min(end, today)
    each = _ACTIVE_EACH_DAY if slug in _DAYS else _EACH_DAY.get(slug)
    if each is None or start > end or _absence(slug, start, end, today):
        return pd.DataFrame({"value": pd.Series(dtype="float64")})
    frame: pd.DataFrame = database.frame(
        _HISTORY.format(each=each), start=start, end=end, zone=company.zone().key,
        days=reach.days + 1,
    )  # fmt: skip
    return frame.set_index(pd.to_datetime(frame.pop("day")))


def _kept_since(slug: str, today: date) -> date:
    """The first day of which nothing was deleted for its age, see `sweep` of activity, sessions."""
    if slug in ("active_users", "failed_logins"):
        return date.min
    days = _SESSIONS_KEPT if slug == "sessions" else settings().sentia_activity_days
    return today - timedelta(days - 1)


def _absence(slug: str, start: date, end: date, today: date) -> str | None:
    """Why there is no figure, None when there is one."""
    if start > today:
        return f"The period begins on {start}, which is yet to come."
    if slug == "active_users" and end < today:
        return "Who has a page open is known for now only; choose a period that reaches today."
    kept = settings().sentia_activity
    if slug == "page_views" and kept == "off":
        return "Page views are not recorded; set SENTIA_ACTIVITY to `named` or `anonymous`."
    if slug in _DAYS and kept != "named":
        return "Page views do not say who looked; set SENTIA_ACTIVITY to `named`."
    return _beyond_records(slug, start, end, today)


def _beyond_records(slug: str, start: date, end: date, today: date) -> str | None:
    """Why records do not reach as far as the period, None when they do."""
    begun = database.scalar(_BEGUN, zone=company.zone().key)
    if begun is None:
        return None
    if end < begun:
        return f"This application's records begin on {begun}; choose a later period."
    first = min(end, today) - timedelta(_DAYS[slug] - 1) if slug in _DAYS else start
    if begun < (since := _kept_since(slug, today)) and first < since:
        return f"Records of before {since} are no longer kept; choose a period that begins later."
    return None

"""Questions about who uses the product, answered from its own records."""

from __future__ import annotations

from typing import Any

from auth.sessions import LIVE
from config.settings import settings
from data import company, database

# A session whose page was open within this many seconds counts as being here.
_HERE_S = 30


def now() -> Any:
    """Who has a page open: username, name, role, page, since, address, agent, session."""
    return database.frame(
        f"""
        SELECT u.username, u.name, u.role, v.page, v.at AS since, s.address, s.agent, s.id
        FROM sessions s JOIN users u ON u.id = s.user_id
        LEFT JOIN LATERAL (
            SELECT page, at FROM page_views v
            WHERE v.session_id = s.id ORDER BY at DESC LIMIT 1
        ) v ON true
        WHERE {LIVE} AND s.open_at > now() - make_interval(secs => :here)
        ORDER BY v.at DESC NULLS LAST, s.id DESC
        """,
        here=_HERE_S,
    )


def active() -> dict[str, int | float | None]:
    """People active now, today, in 7 and 30 days; stickiness is day/month in per cent.

    None where page views do not say who looked.
    """
    here = database.scalar(
        f"SELECT count(DISTINCT s.user_id) FROM sessions s WHERE {LIVE}"
        " AND s.open_at > now() - make_interval(secs => :here)",
        here=_HERE_S,
    )
    if settings().sentia_activity != "named":
        return {"now": here, "day": None, "week": None, "month": None, "stickiness_pct": None}
    row = database.one(
        """
        SELECT count(DISTINCT user_id) FILTER (WHERE day = :today) AS day,
               count(DISTINCT user_id) FILTER (WHERE day > :today - 7) AS week,
               count(DISTINCT user_id) AS month
        FROM page_views_daily
        WHERE day > CAST(:today AS date) - 30 AND day <= :today AND user_id <> 0
        """,
        today=company.today(),
    )
    assert row is not None
    share = round(100 * row["day"] / row["month"], 1) if row["month"] else None
    return {"now": here, **row, "stickiness_pct": share}


def by_day(days: int) -> Any:
    """Each company day of the last `days`: day, people, views; people is missing if unknown."""
    return database.frame(
        """
        SELECT CAST(d.day AS date) AS day,
               NULLIF(count(DISTINCT v.user_id) FILTER (WHERE v.user_id <> 0), 0) AS people,
               coalesce(sum(v.views), 0) AS views
        FROM generate_series(CAST(:today AS date) - :days + 1, CAST(:today AS date), '1 day')
             AS d (day)
        LEFT JOIN page_views_daily v ON v.day = d.day
        GROUP BY d.day ORDER BY d.day
        """,
        today=company.today(),
        days=days,
    )


def pages(days: int) -> Any:
    """Each page: views, people, minutes a view, mean and slowest run in ms; most viewed first."""
    return database.frame(
        """
        SELECT page, sum(views) AS views,
               NULLIF(count(DISTINCT user_id) FILTER (WHERE user_id <> 0), 0) AS people,
               sum(stayed_s) / NULLIF(sum(stays), 0) / 60 AS minutes,
               sum(run_ms) / sum(views) AS mean_ms, max(slowest_ms) AS slowest_ms
        FROM page_views_daily
        WHERE day > CAST(:today AS date) - :days AND day <= :today
        GROUP BY page ORDER BY views DESC, page
        """,
        today=company.today(),
        days=days,
    )


def slow(days: int) -> Any:
    """Pages that were slowest for somebody: username, page, views, mean and slowest run in ms."""
    return database.frame(
        """
        SELECT u.username, v.page, sum(v.views) AS views,
               sum(v.run_ms) / sum(v.views) AS mean_ms, max(v.slowest_ms) AS slowest_ms
        FROM page_views_daily v JOIN users u ON u.id = v.user_id
        WHERE v.day > CAST(:today AS date) - :days AND v.day <= :today
        GROUP BY u.username, v.page ORDER BY mean_ms DESC LIMIT 20
        """,
        today=company.today(),
        days=days,
    )


def hours(days: int) -> Any:
    """Views by weekday (0 Monday) and hour of the company's clock: weekday, hour, views."""
    return database.frame(
        """
        SELECT CAST(extract(isodow FROM hour AT TIME ZONE :zone) AS int) - 1 AS weekday,
               CAST(extract(hour FROM hour AT TIME ZONE :zone) AS int) AS hour,
               sum(views) AS views
        FROM page_views_hourly WHERE hour > now() - make_interval(days => :days)
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        zone=settings().company_timezone,
        days=days,
    )


def retention(months: int = 6) -> Any:
    """Of people first seen in a month, how many came in each after: cohort, month, people."""
    return database.frame(
        """
        WITH seen AS (
            SELECT user_id, CAST(date_trunc('month', day) AS date) AS month
            FROM page_views_daily WHERE user_id <> 0 GROUP BY 1, 2
        ), first AS (SELECT user_id, min(month) AS cohort FROM seen GROUP BY 1)
        SELECT cohort, CAST(extract(year FROM age(month, cohort)) * 12
                            + extract(month FROM age(month, cohort)) AS int) AS month,
               count(*) AS people
        FROM seen JOIN first USING (user_id)
        WHERE cohort > CAST(:today AS date) - make_interval(months => :months)
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        today=company.today(),
        months=months,
    )


_FAILURES = """
    FROM audit
    WHERE starts_with(action, 'sign_in') AND outcome = 'refused'
      AND at > now() - make_interval(days => :days)
"""


def failures(days: int) -> Any:
    """Failed sign-ins, the 200 with most: account, address, failures, last."""
    return database.frame(
        f"""
        SELECT actor AS account, address, count(*) AS failures, max(at) AS last {_FAILURES}
        GROUP BY 1, 2 ORDER BY failures DESC, last DESC LIMIT 200
        """,
        days=days,
    )


def exports(days: int) -> Any:
    """Exports taken: at, actor, object, detail; newest first."""
    return database.frame(
        """
        SELECT at, actor, object, detail::text AS detail FROM audit
        WHERE starts_with(action, 'export') AND at > now() - make_interval(days => :days)
        ORDER BY id DESC LIMIT 200
        """,
        days=days,
    )


def dormant(days: int = 30) -> Any:
    """Open accounts nobody signed in to for `days`: username, name, role, last_signed_in_at."""
    return database.frame(
        """
        SELECT username, name, role, last_signed_in_at FROM users
        WHERE disabled_at IS NULL AND deleted_at IS NULL
          AND coalesce(last_signed_in_at, created_at) < now() - make_interval(days => :days)
        ORDER BY last_signed_in_at NULLS FIRST, username
        """,
        days=days,
    )


def analytics(days: int = 30) -> dict[str, Any]:
    """The whole picture for the HTTP API: plain values only."""
    frames = {"by_day": by_day(days), "pages": pages(days), "hours": hours(days)}
    return {
        "days": days,
        "activity": settings().sentia_activity,
        "active": active(),
        "roles": {
            row["role"]: row["people"]
            for row in database.read(
                "SELECT role, count(*) AS people FROM users"
                " WHERE disabled_at IS NULL AND deleted_at IS NULL GROUP BY role ORDER BY role"
            )
        },
        "failed_sign_ins": database.scalar(f"SELECT count(*) {_FAILURES}", days=days),
        **{name: _plain(frame) for name, frame in frames.items()},
    }


def _plain(frame: Any) -> list[dict[str, Any]]:
    """Rows of a frame as JSON takes them: no NaN, days as text."""
    frame = frame.astype(object).where(frame.notna(), None)
    rows: list[dict[str, Any]] = frame.to_dict("records")
    for row in rows:
        if "day" in row:
            row["day"] = f"{row['day']:%Y-%m-%d}"
    return rows

"""Users' KPIs, from this application's own records."""

from __future__ import annotations

from config.catalogue.shape import Direction, Kpi


def _users(slug: str, title: str, unit: str, formula: str, direction: Direction = "neutral") -> Kpi:
    return Kpi(slug, title, "users", unit, direction, formula, "this application's records",
               "minute", False, ())  # fmt: skip


KPIS = (
    _users("active_users", "Active users now", "users", "People with a page open now"),
    _users("active_users_day", "Active users, day", "users", "People active on the day"),
    _users("active_users_week", "Active users, week", "users", "People active in 7 days"),
    _users("active_users_month", "Active users, month", "users", "People active in 30 days"),
    _users("sessions", "Sessions", "sessions", "Sessions begun in the period"),
    _users("page_views", "Page views", "views", "Pages opened in the period"),
    _users("failed_logins", "Failed sign-ins", "attempts", "Refused sign-ins in the period",
           "lower"),
)  # fmt: skip

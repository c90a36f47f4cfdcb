"""Many sessions, many page views, and a storm of sign-ins beside other people's pages."""

from __future__ import annotations

import asyncio
import time
from statistics import median, quantiles

from sqlalchemy import text

from auth import people, sessions, usage
from bench import servers, storm, wire
from bench.report import Row
from bench.servers import Server
from bench.session import admin_cookie, beside
from data import database

SESSIONS, VIEWS, PEOPLE = 10_000, 5_000_000, 200
ROUNDS = 3
_SESSIONS = """
    INSERT INTO sessions (token_hash, user_id, role, idle, expires_at)
    SELECT sha256(n::text::bytea), :user_id, 'admin', interval '1 hour', now() + interval '1 day'
    FROM generate_series(1, :count) n
"""
_VIEWS = """
    INSERT INTO page_views (id, at, user_id, page, run_ms, stayed_s)
    SELECT n, now() - n * (interval '400 days' / :count), 1 + n % :people,
           (ARRAY['overview', 'business', 'performance', 'alerts'])[1 + n % 4], 20, 60
    FROM generate_series(1, :count) n
"""
_DAILY = """
    INSERT INTO page_views_daily (day, user_id, page, views, run_ms, slowest_ms, stayed_s, stays)
    SELECT at::date, user_id, page, count(*), sum(run_ms), max(run_ms), coalesce(sum(stayed_s), 0),
           count(*)
    FROM page_views GROUP BY 1, 2, 3 ON CONFLICT DO NOTHING
"""
_HOURLY = """
    INSERT INTO page_views_hourly SELECT date_trunc('hour', at), count(*)
    FROM page_views GROUP BY 1 ON CONFLICT DO NOTHING
"""


def measured() -> list[Row]:
    """On an embedded PostgreSQL of its own."""
    home = servers.new_home()
    product = servers.product(home)
    product.start()
    with beside(home):
        rows = [_session_check(), *_storm(product), _analytics()]
    product.stop()
    servers.throw_away(home)
    return rows


def _session_check() -> Row:
    admin = people.find("admin")["id"]
    database.execute(_SESSIONS, user_id=admin, count=SESSIONS)
    database.execute("ANALYZE sessions")
    token = admin_cookie()[1]
    took = []
    for _ in range(300):
        sessions.forget()
        began = time.perf_counter()
        assert sessions.resolve(token) is not None
        took.append((time.perf_counter() - began) * 1000)
    ms = median(took)
    return Row(f"session check among {SESSIONS:,}, asked of the database", f"{ms:.2f} ms", "",
               "≤ 1 ms", ms <= 1)  # fmt: skip


def _analytics() -> Row:
    with database.transaction() as opened:
        opened.execute(text("SET LOCAL statement_timeout = 0"))
        values = {"count": VIEWS, "people": PEOPLE}
        for statement in (_VIEWS, _DAILY, _HOURLY):
            opened.execute(text(statement), values)
    database.execute("ANALYZE")
    took = []
    for _ in range(5):
        began = time.perf_counter()
        usage.analytics(30)
        took.append((time.perf_counter() - began) * 1000)
    ms = median(took)
    return Row(f"analytics of 30 days, {VIEWS:,} page views", f"{ms:.0f} ms", "", "≤ 200 ms",
               ms <= 200)  # fmt: skip


def _storm(product: Server) -> list[Row]:
    """Eight people who sign in again and again, beside one who looks at a page."""
    calm, stormy, done = asyncio.run(_side_by_side(product, "=".join(admin_cookie())))
    share = stormy / calm
    return [
        Row("sign-ins, bcrypt at cost 12", f"{done / (ROUNDS * storm.SECONDS):.1f} a second"),
        Row("p95 of another's page meanwhile", f"{stormy * 1000:.0f} ms",
            f"alone {calm * 1000:.0f} ms → {share:.2f}×", "≤ 1.2×", share <= 1.2),
    ]  # fmt: skip


async def _side_by_side(product: Server, cookie: str) -> tuple[float, float, int]:
    """95th percentiles of both, in turns, and how many signed in."""
    page = await wire.opened(product.url, "performance", cookie)
    calm, stormy, done = [], [], 0
    for _ in range(ROUNDS):
        calm += await _looked(page)
        raging = await storm.begun(product.url)
        await asyncio.sleep(1)  # until it rages
        stormy += await _looked(page)
        done += await storm.ended(raging)
    return quantiles(calm, n=20)[-1], quantiles(stormy, n=20)[-1], done


async def _looked(page: wire.Live) -> list[float]:
    """Seconds of each rerun, a tenth of a second apart, for less time than a storm lasts."""
    took = []
    end = time.perf_counter() + storm.SECONDS - 2
    while time.perf_counter() < end:
        took.append(await page.rerun())
        await asyncio.sleep(0.1)
    return took

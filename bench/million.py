"""`python -m bench.million`: a first load of 1,000,000 orders page by page, and its memory.

Minutes long, so no part of `make bench`. The shop makes each order when it is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import beside_sync
from bench.integrations import MIB, environment, memory, shop
from bench.servers import new_home, throw_away
from bench.session import beside
from data import database, migrate
from data.integrations import sync

ORDERS = 1_000_000
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def main() -> None:
    """Load, and print what it took."""
    home = new_home()
    with shop(_serve) as url, environment(SHOPIFY_BASE_URL=url), beside(home):
        migrate.upgrade()
        beside_sync.start_anew()
        with memory() as taken:
            outcome = sync.sync("shopify")
        stored = database.scalar("SELECT count(*) FROM orders")
        net = database.scalar("SELECT sum(net) FROM sales_daily_channel")
        print(f"{outcome.state}: {stored:,} orders, net {net:,.2f}, "
              f"at most {taken.highest / MIB:.0f} MiB, "
              f"{taken.settled / MIB:.0f} MiB in the first tenth")  # fmt: skip
    throw_away(home)


class _Orders(Sequence[Any]):
    """All orders by their change, each made anew when it is looked at."""

    def __len__(self) -> int:
        return ORDERS

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(ORDERS))]
        from tests.data.integrations.fake_shopify import line, order

        changed = f"{_FIRST + timedelta(minutes=at):%Y-%m-%dT%H:%M:%SZ}"
        lines = [line(2 * at, f"SKU{at % 500}", 1, "20.0", "4.0"),
                 line(2 * at + 1, f"SKU{at * 7 % 500}", 2, "30.0", "6.0", "3.0")]  # fmt: skip
        buyer = {"id": f"gid://shopify/Customer/{at % 200_000}"}
        return order(at, changed, lines, customer=buyer)


def _serve(told: Any) -> None:
    from tests.data.integrations.fake_shopify import FakeShopify, Shop

    fake = FakeShopify(Shop(most=100_000))
    fake.sorted = _Orders()  # type: ignore[assignment]
    told.send(fake.url)
    threading.Event().wait()


if __name__ == "__main__":
    main()

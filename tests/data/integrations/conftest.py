"""Vendors on loopback sockets that the settings point at, as an operator sets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import settings
from tests.data.integrations.fake import running
from tests.data.integrations.fake_amazon import UK, Account, FakeAmazon
from tests.data.integrations.fake_shopify import FakeShopify, Shop
from tests.data.integrations.fake_xero import Books, FakeXero
from tests.data.integrations.scene import Time


@pytest.fixture
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set environment variables and read the settings anew."""

    def given(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    return given


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def shopify(shop: Shop, database: str, environment: Callable[..., None]) -> Iterator[FakeShopify]:
    with running(FakeShopify(shop)) as made:
        environment(
            SHOPIFY_SHOP="acme",
            SHOPIFY_CLIENT_ID="app",
            SHOPIFY_CLIENT_SECRET="right",
            SHOPIFY_BASE_URL=made.url,
        )
        assert isinstance(made, FakeShopify)
        yield made


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def xero(books: Books, database: str, environment: Callable[..., None]) -> Iterator[FakeXero]:
    with running(FakeXero(books)) as made:
        environment(
            XERO_CLIENT_ID="app",
            XERO_CLIENT_SECRET="right",
            XERO_BASE_URL=made.url,
            XERO_TOKEN_URL=f"{made.url}/connect/token",
        )
        assert isinstance(made, FakeXero)
        yield made


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def fake(account: Account, time: Time, environment: Callable[..., None]) -> Iterator[FakeAmazon]:
    with running(FakeAmazon(account)) as made:
        assert isinstance(made, FakeAmazon)
        environment(
            AMAZON_CLIENT_ID="app",
            AMAZON_CLIENT_SECRET="right",
            AMAZON_REFRESH_TOKEN="Atzr|good",
            AMAZON_REGION="eu",
            AMAZON_MARKETPLACES=UK,
            AMAZON_BASE_URL=made.url,
            AMAZON_TOKEN_URL=f"{made.url}/auth/o2/token",
        )
        yield made


@pytest.fixture
def time(database: str) -> Time:
    return Time()

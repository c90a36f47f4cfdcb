"""Keeps the worker small: pandas without Arrow, no vendor's library before there is a vendor."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from config.settings import settings
from data import database

_importing = threading.Lock()


@dataclass(frozen=True)
class lazily:
    """`module:function`, imported at its first run, so that the worker starts light."""

    target: str

    def found(self) -> Callable[[], object]:
        """The function."""
        module, _, name = self.target.partition(":")
        with _importing:
            _pandas_without_arrow()
            function: Callable[[], object] = getattr(import_module(module), name)
        return function

    def __call__(self) -> object:
        """Run it."""
        return self.found()()


@dataclass(frozen=True)
class once_a_vendor_is_configured:
    """The same, and nothing at all while no vendor has credentials."""

    target: str

    def __call__(self) -> object:
        """Run it if there is anybody to call."""
        return lazily(self.target)() if _a_vendor_is_configured() else None


def _a_vendor_is_configured() -> bool:
    chosen = settings()
    given = (chosen.xero_client_id, chosen.shopify_shop, chosen.amazon_client_id)
    if any((*given, chosen.openai_api_key)):
        return True
    return bool(database.scalar("SELECT EXISTS (SELECT FROM integration_credentials)"))


@cache
def _pandas_without_arrow() -> None:
    """Pandas takes in all of Arrow when it can, 36 MB that no job's frame has a use for.

    Whoever needs Arrow itself imports it afterwards, as ever.
    """
    if "pandas" in sys.modules or "pyarrow" in sys.modules:
        return
    sys.modules["pyarrow"] = None  # type: ignore[assignment]
    try:
        import_module("pandas")
    finally:
        del sys.modules["pyarrow"]

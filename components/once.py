"""What many sessions ask for at the same moment is made once, by the first; the others wait for it.

`st.cache_resource` does this too, but inspects the function's signature on each call, which costs a
live page more than drawing a chart.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class _Entry(Generic[Made]):
    """A value and the lock of whoever makes it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made: list[Made] = []


class Once(Generic[Made]):
    """The newest `keep` answers by their key. An attempt that fails is tried again by the next."""

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry[Made]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The answer under `key`, made now if nobody has."""
        entry = self._entry(key)
        if not entry.made:
            with entry.lock:
                if not entry.made:
                    entry.made.append(make())
        return entry.made[0]

    def _entry(self, key: Hashable) -> _Entry[Made]:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self.keep:
                self._entries.popitem(last=False)
        return entry

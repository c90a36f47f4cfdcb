"""A histogram of durations with buckets on a logarithmic scale, which merges without loss.

After DDSketch (Masson, Rim, Lee, VLDB 2019): bucket i holds (γ^(i-1), γ^i], so that one figure
stands for its whole bucket with a relative error of at most ERROR, whatever was merged before.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable

ERROR = 0.015
GAMMA = (1 + ERROR) / (1 - ERROR)
SHORTEST_S = 1e-6
LONGEST_S = 1e6
# One bucket as stored: its index and its count. A repeated index adds up, so that encodings may
# be merged by laying them end to end.
RECORD = struct.Struct("<hI")
_LOG_GAMMA = math.log(GAMMA)
_MOST = 2**32 - 1


class Histogram:
    """Durations in seconds, counted by bucket; not safe for several threads at once."""

    __slots__ = ("buckets", "count", "total")

    def __init__(self) -> None:
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.total = 0.0

    def record(self, seconds: float) -> None:
        """Count one duration; what is shorter than 1 µs counts as 1 µs. Raises ValueError on NaN.

        What is longer than a million seconds counts as that.
        """
        if math.isnan(seconds):
            raise ValueError("a duration must be a number")
        seconds = min(max(seconds, SHORTEST_S), LONGEST_S)
        index = math.ceil(math.log(seconds) / _LOG_GAMMA)
        self.buckets[index] = self.buckets.get(index, 0) + 1
        self.count += 1
        self.total += seconds

    def merge(self, other: Histogram) -> None:
        """Add what the other one counted."""
        self._add(other.buckets.items())
        self.total += other.total

    def quantile(self, share: float) -> float | None:
        """The duration that `share` (0 to 1) of all do not exceed; None when there is none.

        Within ERROR of the recorded duration of rank ⌊share × (count - 1)⌋.
        """
        rank = math.floor(share * (self.count - 1))
        seen = 0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if seen > rank:
                return representative(index)
        return None

    def encode(self) -> bytes:
        """Buckets as RECORDs by ascending index; `total` travels beside it."""
        packed = bytearray()
        for index in sorted(self.buckets):
            left = self.buckets[index]
            while left > 0:
                packed += RECORD.pack(index, min(left, _MOST))
                left -= _MOST
        return bytes(packed)

    @classmethod
    def decode(cls, *encoded: bytes | memoryview, total: float = 0.0) -> Histogram:
        """What several encodings hold together."""
        made = cls()
        for one in encoded:
            made._add(RECORD.iter_unpack(one))
        made.total = total
        return made

    def _add(self, counted: Iterable[tuple[int, int]]) -> None:
        buckets = self.buckets
        for index, count in counted:
            buckets[index] = buckets.get(index, 0) + count
            self.count += count


def representative(index: int) -> float:
    """The duration that stands for a bucket: the one equally far, relatively, from both ends."""
    return 2 * GAMMA**index / (GAMMA + 1)

"""Stored histograms of many steps at once, merged and asked for quantiles with NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.metrics.histogram import GAMMA

_RECORD = np.dtype([("index", "<i2"), ("count", "<u4")])
Floats = NDArray[np.float64]


def quantiles(encoded: Sequence[bytes | memoryview], shares: Sequence[float]) -> Floats:
    """One row a step, one column a share; NaN where a step counted nothing.

    encoded: each step's histograms, laid end to end in any order. As Histogram.quantile.
    """
    sizes = np.array([len(one) // _RECORD.itemsize for one in encoded], dtype=np.int64)
    records = np.frombuffer(b"".join(encoded), dtype=_RECORD)
    steps = np.repeat(np.arange(len(encoded)), sizes)
    order = np.lexsort((records["index"], steps))
    indexes = records["index"][order].astype(np.float64)
    running = np.cumsum(records["count"][order], dtype=np.int64)
    ends = np.cumsum(sizes)
    before = np.concatenate(([0], running))[ends - sizes]
    counts = np.concatenate(([0], running))[ends] - before
    made = np.full((len(encoded), len(shares)), np.nan)
    known = counts > 0
    for column, share in enumerate(shares):
        ranks = before[known] + np.floor(share * (counts[known] - 1)).astype(np.int64)
        found = indexes[np.searchsorted(running, ranks, side="right")]
        made[known, column] = 2 * GAMMA**found / (GAMMA + 1)
    return made

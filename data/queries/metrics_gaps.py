"""Makes a gap in time visible: a row of NaN where steps are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.queries.metrics_resolution import Resolution

if TYPE_CHECKING:
    import pandas as pd


def with_gaps(frame: pd.DataFrame, chosen: Resolution) -> pd.DataFrame:
    """`frame` (column `at`, ascending) by its `at` in UTC, with a NaN row in each gap's start."""
    import numpy as np
    import pandas as pd

    frame = frame.assign(at=pd.to_datetime(frame["at"], utc=True)).set_index("at")
    frame = frame.astype("float64")
    late = np.diff(frame.index.to_numpy()) > np.timedelta64(chosen.tolerance)
    if not late.any():
        return frame
    before = frame.index[:-1][late]
    return frame.reindex(frame.index.union(before + chosen.width))

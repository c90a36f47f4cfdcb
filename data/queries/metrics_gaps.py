"""Makes a gap in time visible: a row of NaN where steps are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.queries.metrics_resolution import Resolution

if TYPE_CHECKING:
    import pandas as pd


def with_gaps(frame: pd.DataFrame, chosen: Resolution) -> pd.DataFrame:
    """`frame` (column `at`, ascending) by its `at` in UTC, with a NaN row in each gap's start."""
    import pandas as pd

    frame = frame.assign(at=pd.to_datetime(frame["at"], utc=True)).set_index("at")
    frame = frame.astype("float64")
    late = frame.index.to_series().diff() > chosen.tolerance
    if not late.any():
        return frame
    before = frame.index[late.shift(-1, fill_value=False).to_numpy()]
    return frame.reindex(frame.index.union(before + chosen.width))

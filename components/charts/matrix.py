"""Heat maps: weekday by hour, and cohorts by age."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from components import units
from components.charts import option
from components.scales import scale


def heat(frame: pd.DataFrame, unit: str, figures: bool) -> dict[str, Any]:
    """A matrix whose cells are coloured by value; an empty cell has no figure."""
    values = frame.to_numpy(dtype="float64", na_value=np.nan)
    finite = values[np.isfinite(values)]
    chosen = scale(unit, float(np.abs(finite).max()) if finite.size else 0.0)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    found = option.base(legend=False)
    found["tooltip"] = {"confine": True, "position": "top", "transitionDuration": 0}
    found["grid"] |= {"bottom": 28, "top": 4}
    return found | {
        "xAxis": option.category_axis(list(map(str, frame.columns)), splitArea={"show": False}),
        "yAxis": option.category_axis(list(map(str, frame.index)), inverse=True),
        "visualMap": {
            "min": low / chosen.divide, "max": (high if high > low else low + 1) / chosen.divide,
            "orient": "horizontal", "left": 0, "bottom": 0, "itemWidth": 8, "itemHeight": 90,
            "text": [units.text(high, unit), units.text(low, unit)], "calculable": False,
        },
        "series": [
            {
                "type": "heatmap", "name": "",
                "data": _cells(values, chosen.divide, unit, figures),
                "itemStyle": {"borderWidth": 1, "borderColor": "transparent", "borderRadius": 2},
                "emphasis": {"disabled": True},
                "tooltip": {"valueFormatter": chosen.tooltip},
            }
        ],
    }  # fmt: skip


def _cells(values: Any, divide: float, unit: str, figures: bool) -> list[Any]:
    cells: list[Any] = []
    for (down, across), value in np.ndenumerate(values):
        if not np.isfinite(value):
            continue
        cell: Any = [across, down, float(f"{value / divide:.6g}")]
        if figures:
            label = {"show": True, "formatter": units.text(float(value), unit), "fontSize": 10}
            cell = {"value": cell, "label": label}
        cells.append(cell)
    return cells

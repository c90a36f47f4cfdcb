"""A sparkline of a few hundred bytes; a gap stays a gap.

Streamlit strips SVG from HTML, so the drawing is the mask of a block that the style sheet colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote

from components import units

_WIDTH, _HEIGHT, _POINTS = 120, 28, 60
_SAFE = " ='/:.,-"


def html(values: Sequence[float | None]) -> str:
    """A line over an area, oldest left; nothing when there are fewer than two figures."""
    return _html(tuple(values))


@lru_cache(1_000)
def _html(values: tuple[float | None, ...]) -> str:
    kept = _thinned(list(values))
    found = [value for value in kept if value is not None and not units.missing(value)]
    if len(found) < 2:
        return '<div class="sx-spark" aria-hidden="true"></div>'
    low, high = min(found), max(found)
    span = (high - low) or 1.0
    flat = high == low

    def point(index: int, value: float) -> tuple[float, float]:
        x = index * _WIDTH / max(1, len(kept) - 1)
        share = 0.5 if flat else (value - low) / span
        return round(x, 1), round(_HEIGHT - 2 - share * (_HEIGHT - 4), 1)

    runs = [[point(i, v) for i, v in run] for run in _runs(kept)]
    line = "".join("M" + "L".join(f"{x} {y}" for x, y in run) for run in runs)
    area = "".join(
        f"M{run[0][0]} {_HEIGHT}L"
        + "L".join(f"{x} {y}" for x, y in run)
        + f"L{run[-1][0]} {_HEIGHT}Z"
        for run in runs
    )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'preserveAspectRatio="none"><path d="{area}" opacity=".13"/><path d="{line}" fill="none" '
        'stroke="#000" stroke-width="1.5" vector-effect="non-scaling-stroke" '
        'stroke-linejoin="round"/></svg>'
    )
    mask = f"url(&quot;data:image/svg+xml,{quote(drawing, safe=_SAFE)}&quot;)"
    return f'<div class="sx-spark sx-drawn" style="--sx-mask:{mask}"></div>'


def _runs(values: list[float | None]) -> list[list[tuple[int, float]]]:
    """Stretches without a gap; a lone figure is drawn as a dot's width."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None or units.missing(value):
            runs.append([])
        else:
            runs[-1].append((index, float(value)))
    return [run if len(run) > 1 else [run[0], run[0]] for run in runs if run]


def _thinned(values: list[float | None]) -> list[float | None]:
    """At most 60 points: each stands for the mean of its stretch, a gap only when all is gap."""
    if len(values) <= _POINTS:
        return values
    kept: list[float | None] = []
    for step in range(_POINTS):
        part = values[step * len(values) // _POINTS : (step + 1) * len(values) // _POINTS]
        found = [value for value in part if value is not None and not units.missing(value)]
        kept.append(sum(found) / len(found) if found else None)
    return kept

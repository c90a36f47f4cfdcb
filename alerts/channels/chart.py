"""A small picture of a series with its threshold, for e-mail."""

from __future__ import annotations

import io
import math
from datetime import UTC

from PIL import Image, ImageDraw, ImageFont

from alerts.backtest import spell_number
from alerts.channels.message import Chart, one_line

_WIDTH, _HEIGHT = 1280, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 120, 30, 60, 50
_MOST_POINTS = 2000


def png(chart: Chart) -> bytes | None:
    """The picture; None when there is nothing to draw."""
    samples = [(at.timestamp(), value) for at, value in chart.samples if math.isfinite(value)]
    if len(samples) < 2:
        return None
    samples = samples[:: max(1, len(samples) // _MOST_POINTS)]
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(22)
    frame = _Frame(samples, chart.threshold)
    draw.text((_LEFT, 16), one_line(chart.title, 90), fill="#1a1a1a", font=font)
    for value in (frame.low, frame.high):
        draw.text((8, frame.y(value) - 12), spell_number(_short(value)), fill="#666", font=font)
    for at, anchor in ((samples[0][0], "la"), (samples[-1][0], "ra")):
        draw.text((frame.x(at), _HEIGHT - 38), _clock(chart, at), "#666", font, anchor=anchor)
    if chart.threshold is not None and math.isfinite(chart.threshold):
        level = frame.y(chart.threshold)
        draw.line((_LEFT, level, _WIDTH - _RIGHT, level), fill="#b3261e", width=2)
    draw.line([(frame.x(at), frame.y(value)) for at, value in samples], "#1a5fb4", 3)
    target = io.BytesIO()
    picture.save(target, "PNG", optimize=True)
    return target.getvalue()


class _Frame:
    """Where a sample lies in the picture."""

    def __init__(self, samples: list[tuple[float, float]], threshold: float | None) -> None:
        values = [value for _, value in samples]
        if threshold is not None and math.isfinite(threshold):
            values.append(threshold)
        self.low, self.high = min(values), max(values)
        self.first, self.last = samples[0][0], samples[-1][0]

    def x(self, at: float) -> float:
        """Pixels from the left."""
        share = (at - self.first) / ((self.last - self.first) or 1)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _clock(chart: Chart, at: float) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(at, UTC).strftime("%d %b %H:%M UTC")

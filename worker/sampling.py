"""The job that samples this host."""

from __future__ import annotations

import time

from config.settings import settings
from data.collectors.sampler import Sampler, all_collectors
from data.metrics.direct import Direct
from data.metrics.store import SampleWriter


class Sampling:
    """Keeps the collectors between ticks, as rates need the tick before."""

    def __init__(self) -> None:
        host = settings().instance
        direct = Direct()
        self._sampler = Sampler(all_collectors(host, direct))
        self._writer = SampleWriter(host, direct)

    def run(self) -> None:
        """Take and store one sample. Raises DatabaseUnavailable."""
        self._writer.write(self._sampler.sample(time.monotonic()))

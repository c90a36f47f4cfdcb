"""One sample of this host out of all collectors; one that fails takes only its own figures."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from data.collectors.cpu import Cpu
from data.collectors.disks import DiskActivity, DiskSpace
from data.collectors.memory import Memory
from data.collectors.network import Network
from data.collectors.postgres import Postgres
from data.collectors.product import Product, registered_web_pids
from data.collectors.reading import Collector
from data.database import DatabaseUnavailable
from data.metrics.direct import Direct
from data.metrics.store import Sample

_log = structlog.get_logger()


def all_collectors(host: str, direct: Direct) -> list[Collector]:
    """The collectors of a worker on `host`."""
    return [
        Cpu(), Memory(), DiskSpace(), DiskActivity(), Network(),
        Product(lambda: registered_web_pids(host)), Postgres(direct),
    ]  # fmt: skip


class Sampler:
    """Asks each collector in turn."""

    def __init__(self, collectors: Sequence[Collector]) -> None:
        self.collectors = collectors
        self._failing: set[str] = set()

    def sample(self, now: float) -> Sample:
        """The figures at `now` (monotonic seconds). Raises DatabaseUnavailable, nothing else."""
        sample = Sample()
        for collector in self.collectors:
            try:
                reading = collector.read(now)
            except DatabaseUnavailable:
                raise
            except Exception as error:  # whatever breaks in one collector stays there
                sample.errors[collector.name] = self._said(collector.name, error)
                continue
            self._failing.discard(collector.name)
            sample.values |= reading.values
            sample.cores = reading.cores or sample.cores
            sample.parts |= {key: v for key, v in reading.parts.items() if v is not None}
        return sample

    def _said(self, name: str, error: Exception) -> str:
        if name not in self._failing:
            _log.warning("a collector failed", collector=name, exc_info=error)
            self._failing.add(name)
        return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"

"""Writes this host's samples and closes the minutes and hours they leave behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from config.metrics import STORED
from config.settings import settings
from data import database
from data.metrics import partitions, rollups


@dataclass
class Sample:
    """values: by name of the catalogue, missing or None where unknown. cores: percent of each.

    parts: figures of single disks and interfaces by dotted name. errors: collector → reason.
    """

    values: dict[str, float | None] = field(default_factory=dict)
    cores: list[float] | None = None
    parts: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


_COLUMNS = ("instance", "interval_s", *STORED, "cpu_cores", "parts", "errors")
# The database's clock serves the whole fleet; samples lie on its grid, so that hosts line up and a
# second worker on the same host adds nothing.
_INSERT = f"""
    INSERT INTO metric_samples (at, {", ".join(_COLUMNS)})
    SELECT coalesce(:at, date_bin(make_interval(secs => :interval_s),
        clock_timestamp() + make_interval(secs => CAST(:interval_s AS float) / 2),
        '1970-01-01+00')), {", ".join(f":{name}" for name in _COLUMNS)}
    ON CONFLICT (instance, at) DO NOTHING RETURNING at
"""


class SampleWriter:
    """Writes the samples of one host, one after the other."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.left: datetime | None = None

    def write(self, sample: Sample, at: datetime | None = None) -> None:
        """Store one sample, then the roll-ups it completes. Raises DatabaseUnavailable.

        at: None takes the database's clock. A roll-up that fails is tried again with each sample.
        """
        written = self._insert(sample, at)
        if written is None:
            return
        if self.left is None or _minute(self.left) != _minute(written):
            with database.transaction() as opened:
                rollups.close(opened, "metric", self.instance, written, self.left)
        self.left = written

    def _insert(self, sample: Sample, at: datetime | None) -> datetime | None:
        """The sample's time; None when a sample of that time is there already."""
        try:
            return self._inserted(sample, at)
        except IntegrityError as error:
            if not partitions.is_missing(error):
                raise
            partitions.ensure(at)
            return self._inserted(sample, at)

    def _inserted(self, sample: Sample, at: datetime | None) -> datetime | None:
        with database.transaction() as opened:
            found: datetime | None = opened.execute(text(_INSERT), self._bound(sample, at)).scalar()
            return found

    def _bound(self, sample: Sample, at: datetime | None) -> dict[str, Any]:
        return {
            "at": at,
            "instance": self.instance,
            "interval_s": settings().sample_interval,
            **{name: sample.values.get(name) for name in STORED},
            "cpu_cores": sample.cores,
            "parts": json.dumps(sample.parts) if sample.parts else None,
            "errors": json.dumps(sample.errors) if sample.errors else None,
        }


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)

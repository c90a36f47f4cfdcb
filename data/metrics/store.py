"""Writes this host's samples and closes the minutes and hours they leave behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg2

from config.metrics import STORED
from config.settings import settings
from data import database
from data.metrics import partitions, rollups
from data.metrics.direct import Direct


@dataclass
class Sample:
    """values: by name of the catalogue, missing or None where unknown. cores: percent of each.

    parts: figures of single disks and interfaces by dotted name. errors: collector → reason.
    """

    values: dict[str, float | None] = field(default_factory=dict)
    cores: list[float] | None = None
    parts: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


# The database's clock serves the whole fleet; samples lie on its grid, so that hosts line up and a
# second worker on the same host adds nothing. One array is cheaper to read than 57 parameters.
_INSERT = f"""
    INSERT INTO metric_samples (at, instance, interval_s, {", ".join(STORED)},
                                cpu_cores, parts, errors)
    SELECT coalesce($1::timestamptz, date_bin(make_interval(secs => $3::float8),
               clock_timestamp() + make_interval(secs => $3::float8 / 2), '1970-01-01+00')),
           $2::text, $3, {", ".join(f"v[{n}]" for n in range(1, len(STORED) + 1))},
           $5::real[], $6::jsonb, $7::jsonb
    FROM (SELECT $4::float8[] AS v) given
    ON CONFLICT (instance, at) DO NOTHING RETURNING at
"""


class SampleWriter:
    """Writes the samples of one host, one after the other, over a connection of its own."""

    def __init__(self, instance: str, direct: Direct) -> None:
        self.instance = instance
        self.left: datetime | None = None
        self._direct = direct

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
        given = (at, self.instance, settings().sample_interval, *_bound(sample))
        try:
            row = self._direct.ask("sample", _INSERT, given)
        except psycopg2.IntegrityError as error:
            if not partitions.is_missing(error):
                raise
            partitions.ensure(at)
            row = self._direct.ask("sample", _INSERT, given)
        return None if row is None else row[0]


def _bound(sample: Sample) -> tuple[str | None, ...]:
    return (
        _array([sample.values.get(name) for name in STORED]),
        None if sample.cores is None else _array(sample.cores),
        json.dumps(sample.parts) if sample.parts else None,
        json.dumps(sample.errors) if sample.errors else None,
    )


def _array(values: Sequence[float | None]) -> str:
    return "{" + ",".join("NULL" if v is None else repr(float(v)) for v in values) + "}"


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)

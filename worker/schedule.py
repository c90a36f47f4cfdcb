"""The one table of what the worker does, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from config.settings import settings
from worker import sampling
from worker.light import lazily, once_a_vendor_is_configured


@dataclass(frozen=True)
class Job:
    """`run` is called every `every`, never beside itself; what it raises is recorded.

    fleet: only the worker that leads runs it, so that it runs once however many there are. It must
    bear being run again after a leader died in its midst.
    """

    name: str
    every: timedelta
    run: Callable[[], object]
    fleet: bool = False


def jobs() -> tuple[Job, ...]:
    """Every job; a room adds its line here."""
    tick = timedelta(seconds=settings().sample_interval)
    return (
        Job("sample this host", tick, sampling.Sampling().run),
        Job("close abandoned roll-ups", timedelta(minutes=10),
            lazily("data.metrics.housekeeping:close_abandoned"), fleet=True),
        Job("keep metric partitions", timedelta(hours=1),
            lazily("data.metrics.housekeeping:keep_partitions"), fleet=True),
        Job("forget gone processes", timedelta(hours=1),
            lazily("data.metrics.housekeeping:forget_gone"), fleet=True),
        Job("synchronise integrations", timedelta(seconds=15),
            once_a_vendor_is_configured("data.integrations.jobs:synchronise"), fleet=True),
        Job("probe integrations", timedelta(minutes=5),
            once_a_vendor_is_configured("data.integrations.jobs:probes"), fleet=True),
        Job("compare with vendors", timedelta(minutes=20),
            once_a_vendor_is_configured("data.integrations.jobs:nightly"), fleet=True),
        Job("forget ended sessions", timedelta(hours=1), lazily("auth.sessions:sweep"), fleet=True),
        Job("forget old page views", timedelta(hours=6), lazily("auth.activity:sweep"), fleet=True),
        Job("follow company settings", timedelta(minutes=1),
            lazily("data.ingest.rollups:rebuild_if_stale"), fleet=True),
        Job("add up customers", timedelta(minutes=1),
            lazily("data.ingest.customer_days:make"), fleet=True),
        Job("back up the database", timedelta(minutes=5),
            lazily("data.backups.make:nightly"), fleet=True),
        Job("judge alert rules", timedelta(seconds=5), lazily("alerts.duties:judge"), fleet=True),
        Job("send notifications", timedelta(seconds=5), lazily("alerts.duties:send")),
        Job("watch the database", timedelta(seconds=5), lazily("alerts.outage:check")),
        Job("call the heartbeat address", timedelta(minutes=1),
            lazily("alerts.duties:heartbeat"), fleet=True),
        Job("tidy alert history", timedelta(hours=1), lazily("alerts.duties:tidy"), fleet=True),
    )  # fmt: skip

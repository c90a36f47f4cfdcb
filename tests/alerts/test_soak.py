"""A thousand changes while workers are killed at random: all told, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.engine import fixed_time
from data import database as data
from tests.alerts.world import World, channel, rule, save

ROOT = Path(__file__).parents[2]
CHANGES = 1000
LINES = 50
AT_ONCE = 4  # messages that one worker has under way


def start(ledger: Path, url: str, began: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.alerts.soak_worker", str(ledger), str(began)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def waiting() -> int:
    return int(data.scalar("SELECT count(*) FROM alert_notifications WHERE sent_at IS NULL"))


def test_a_thousand_changes_are_all_told_while_workers_are_killed(
    database: str, tmp_path: Path
) -> None:
    """Told twice is only what was under way in a worker when it was killed."""
    channel("mail")
    channel("pager", 1)
    save(*(rule(f"hot {n}", for_=timedelta(0), match={"line": str(n)}) for n in range(LINES)))
    world, chance, ledger = World(), random.Random(5), tmp_path / "ledger"
    engine = world.engine()
    at = fixed_time(datetime.now(UTC) - timedelta(hours=1), timedelta(seconds=15))
    began, kills = time.time(), 0
    workers = [start(ledger, database, began) for _ in range(2)]
    for cycle in range(CHANGES // LINES):
        at += timedelta(seconds=15)
        for line in range(LINES):
            world.put("oven", at, 10.0 if cycle % 2 else 90.0, str(line))
        if cycle % 5 == 4:
            engine = world.engine()
        engine.evaluate(at)
        if chance.random() < 0.5:
            victim = workers.pop(0)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            kills += 1
            workers.append(start(ledger, database, began))
        time.sleep(chance.random() * 0.3)
    while waiting() and time.time() - began < 80:
        time.sleep(0.2)
    for worker in workers:
        worker.kill()
        worker.wait()
    assert data.scalar("SELECT count(*) FROM alert_changes") == CHANGES
    lines = [line.split() for line in ledger.read_text().splitlines()]
    told = Counter((channel, key, event) for channel, key, event, _ in lines)
    twice = sum(count - 1 for count in told.values())
    print(f"{kills} kills, {len({line[3] for line in lines})} messages, {twice} told twice")
    assert len(told) == 2 * CHANGES
    assert waiting() == 0
    repeated = {batch for *one, batch in lines if told[tuple(one)] > 1}  # type: ignore[index]
    assert len(repeated) <= 2 * kills * AT_ONCE
    for channel_, key in {(line[0], line[1]) for line in lines}:
        events = [line[2] for line in lines if line[:2] == [channel_, key]]
        assert (events[0], events[-1]) == ("trigger", "resolve")

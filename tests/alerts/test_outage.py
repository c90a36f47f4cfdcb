"""A database that is gone is told from memory, once, and becomes history when it is back."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import channelbook, rulebook
from alerts.channels.config import ChannelConfig, Receipt, Surroundings
from alerts.channels.errors import Permanent, Temporary
from alerts.channels.message import Message
from alerts.delivery import deliver
from alerts.outage import Outage, ping
from data import database as data
from tests.alerts.world import START

SECRET = "k" * 32


class Scene:
    """A database that can be gone, and channels that can fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gone = False
        self.sent: list[tuple[str, Message]] = []
        self.answers: dict[str, Exception] = {}
        self.watch = self.worker()

    def worker(self) -> Outage:
        return Outage(self.folder, self._reach, self.send)

    def _reach(self) -> None:
        if self.gone:
            raise ConnectionError
        ping()

    def send(
        self, message: Message, config: ChannelConfig, _: Surroundings, __: str | None
    ) -> Receipt:
        if config.name in self.answers:
            raise self.answers[config.name]
        assert config["routing_key"] == SECRET
        self.sent.append((config.name, message))
        return Receipt("ok")

    def at(self, seconds: int) -> str:
        return self.watch.check(START + timedelta(seconds=seconds)).name


@pytest.fixture
def scene(database: str, home: Path) -> Iterator[Scene]:
    rulebook.install_defaults()
    for name in ("pager", "second"):
        channelbook.save(
            name, "pagerduty", {"routing_key": SECRET}, "Jo", is_default=name == "pager"
        )
    yield Scene(home / "spool")


def test_an_outage_is_noticed_and_told_from_memory_within_15_seconds(scene: Scene) -> None:
    assert scene.at(0) == "inactive"
    scene.gone = True
    assert [scene.at(second) for second in (5, 10, 15)] == ["pending", "firing", "firing"]
    ((name, message),) = scene.sent
    assert (name, message.items[0].rule) == ("pager", "Database unreachable")


def test_a_hiccup_shorter_than_that_is_not_told(scene: Scene) -> None:
    scene.at(0)
    scene.gone = True
    scene.at(5)
    scene.gone = False
    assert scene.at(10) == "inactive"
    assert scene.sent == []


def test_a_worker_that_starts_during_the_outage_knows_the_channels_and_tells_once(
    scene: Scene,
) -> None:
    scene.at(0)
    scene.gone = True
    scene.watch = scene.worker()
    scene.at(5)
    scene.at(10)
    scene.watch = scene.worker()
    scene.at(15)
    assert len(scene.sent) == 1


def test_what_was_told_becomes_an_incident_and_its_end_is_told(scene: Scene) -> None:
    scene.at(0)
    scene.gone = True
    scene.at(5)
    scene.at(10)
    scene.gone = False
    assert scene.at(65) == "inactive"
    incident = data.one("SELECT active_since, fired_at, resolved_at FROM alert_incidents")
    assert incident is not None
    assert [(at - START).total_seconds() for at in incident.values()] == [5, 10, 65]
    later = START + timedelta(seconds=100)
    deliver(lambda: later, scene.send)
    (trigger,), (resolve,) = (message.items for _, message in scene.sent)
    assert (resolve.event, resolve.dedup_key) == ("resolve", trigger.dedup_key)
    assert scene.at(70) == "inactive"
    assert data.scalar("SELECT count(*) FROM alert_incidents") == 1
    assert not (scene.folder / "outage.json").exists()


def test_catching_up_twice_writes_it_down_once(scene: Scene) -> None:
    scene.at(0)
    scene.gone = True
    scene.at(5)
    scene.at(10)
    spooled = (scene.folder / "outage.json").read_text()
    scene.gone = False
    scene.at(65)
    (scene.folder / "outage.json").write_text(spooled)
    scene.watch = scene.worker()
    scene.at(70)
    assert data.scalar("SELECT count(*) FROM alert_incidents") == 1


def test_a_channel_that_fails_is_tried_again_and_a_refusal_falls_back(scene: Scene) -> None:
    scene.at(0)
    scene.gone = True
    scene.answers["pager"] = Temporary("busy")
    scene.at(5)
    scene.at(10)
    scene.at(15)
    assert scene.sent == []
    scene.answers["pager"] = Permanent("no such key")
    scene.at(21)
    scene.at(26)
    assert [name for name, _ in scene.sent] == ["second"]


def test_what_lies_on_disk_holds_no_secret_and_is_its_owners_alone(scene: Scene) -> None:
    scene.at(0)
    scene.gone = True
    scene.at(5)
    scene.at(10)
    for path in scene.folder.iterdir():
        assert SECRET not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0
        json.loads(path.read_text())


def test_a_removed_rule_is_watched_but_not_told(scene: Scene) -> None:
    rulebook.remove("Database unreachable")
    scene.at(0)
    scene.gone = True
    for second in (5, 10, 15, 20):
        scene.at(second)
    assert scene.sent == []


def test_a_broken_spool_file_stops_nothing(scene: Scene) -> None:
    scene.folder.mkdir(parents=True, exist_ok=True)
    (scene.folder / "outage.json").write_text("{")
    (scene.folder / "alert-memory.json").write_text("[]")
    scene.watch = scene.worker()
    assert scene.at(0) == "inactive"


def test_a_server_that_is_frozen_counts_as_gone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(data, "url", lambda: f"postgresql+psycopg2://u:p@127.0.0.1:{port}/x")
        began = time.monotonic()
        with pytest.raises(Exception, match="timeout"):
            ping()
        assert time.monotonic() - began < 4

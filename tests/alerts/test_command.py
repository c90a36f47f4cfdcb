"""`manage.py alerts` prints data on stdout, and refuses in one sentence with exit status 2."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts import channelbook, rulebook
from config import settings as settings_module
from data import database as data
from data.metrics import housekeeping
from tests.contracts.channel_servers import http_server
from tests.product import manage

RULE = """[[rule]]
name = "oven"
signal = "line.temperature"
threshold = 80
for = "2m"
every = "1m"
"""
SERIES = """ts,value,line
2026-03-01T08:00:00Z,70,1
2026-03-01T08:01:00Z,81.5,1
2026-03-01T08:02:00Z,82,1
2026-03-01T08:03:00Z,83,1
2026-03-01T08:04:00Z,60,1
"""


class Shell:
    """The command line with a database and a folder of its own."""

    def __init__(self, url: str, home: Path) -> None:
        self.environment = {**os.environ, "DATABASE_URL": url, "SENTIA_HOME": str(home)}
        self.folder = home.parent

    def file(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    def prints(self, *arguments: str) -> str:
        done = manage("alerts", *arguments, environment=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refuses(self, *arguments: str) -> str:
        done = manage("alerts", *arguments, environment=self.environment)
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr.strip().splitlines()[-1]


@pytest.fixture
def shell(database: str, home: Path) -> Shell:
    return Shell(database, home)


def test_a_backtest_prints_each_change(shell: Shell) -> None:
    rule, series = shell.file("oven.toml", RULE), shell.file("oven.csv", SERIES)
    assert (
        shell.prints("backtest", rule, "--series", series)
        == """ts,labels,from_state,to_state,value
2026-03-01T08:01:00Z,line=1,inactive,pending,81.5
2026-03-01T08:03:00Z,line=1,pending,firing,83
2026-03-01T08:04:00Z,line=1,firing,inactive,60
"""
    )
    late = shell.prints(
        "backtest", rule, "--series", series, "--from", "2026-03-01T08:02:00Z",
        "--to", "2026-03-01T08:20:00Z",
    )  # fmt: skip
    assert late.splitlines()[1:] == [
        "2026-03-01T08:02:00Z,line=1,inactive,pending,82",
        "2026-03-01T08:04:00Z,line=1,pending,inactive,60",
        "2026-03-01T08:09:00Z,line=1,inactive,no_data,",
    ]


def test_a_backtest_refuses_what_it_cannot_judge(shell: Shell) -> None:
    rule, series = shell.file("oven.toml", RULE), shell.file("bad.csv", "ts,value\nsoon,1\n")
    assert shell.refuses("backtest", rule, "--series", series) == (
        'bad.csv, line 2: "soon" is not an instant; write it as 2026-01-31T08:00:00Z.'
    )
    wrong = shell.file("wrong.toml", RULE.replace('"2m"', '"2 minutes"'))
    assert shell.refuses("backtest", wrong, "--series", series) == (
        'wrong.toml, line 5: for: "2 minutes" is not a duration; write it as 30s, 5m, 1h30m or 2d.'
    )
    assert shell.refuses("backtest", "no such rule", "--series", series) == (
        'No rule is called "no such rule"; `alerts list` prints the names.'
    )
    assert "cannot be read" in shell.refuses("backtest", rule, "--series", "/nowhere.csv")
    two = shell.file("two.toml", RULE + RULE.replace("oven", "basin"))
    assert shell.refuses("backtest", two, "--series", series) == (
        "two.toml holds 2 rules; a backtest takes one."
    )


def test_a_kept_rule_is_tried_on_stored_history(shell: Shell) -> None:
    rulebook.install_defaults()
    housekeeping.keep_partitions()
    now = datetime.now(UTC).replace(microsecond=0)
    for minute in range(10, -1, -1):
        data.execute(
            "INSERT INTO metric_samples (instance, at, interval_s, cpu_pct) "
            "VALUES ('web-1', :at, 60, 95)",
            at=now - timedelta(minutes=minute),
        )
    start = (now - timedelta(minutes=10)).isoformat()
    lines = shell.prints("backtest", "CPU high", "--from", start).splitlines()[1:]
    assert [line.split(",")[1:4] for line in lines[:2]] == [
        ["instance=web-1", "inactive", "pending"],
        ["instance=web-1", "pending", "firing"],
    ]


def test_rules_are_listed_exported_and_imported(shell: Shell) -> None:
    assert shell.prints("list").splitlines()[0] == (
        "name,severity,signal,condition,for,enabled,error"
    )
    file = str(shell.folder / "rules.toml")
    shell.prints("export", file)
    assert shell.prints("import", file) == f"0 rules added, {len(rulebook.defaults())} replaced.\n"
    assert shell.refuses("import", shell.file("oven.toml", RULE)) == (
        'oven.toml, line 3: No signal is called "line.temperature"; '
        "`python manage.py alerts signals` lists them."
    )
    assert "system.cpu_pct,CPU,%,instance" in shell.prints("signals")


def test_an_import_says_what_its_rules_name_and_is_not_there(shell: Shell) -> None:
    text = '[[rule]]\nname = "r"\nsignal = "system.cpu_pct"\nthreshold = 1\nchannels = ["gone"]\n'
    done = manage("alerts", "import", shell.file("r.toml", text), environment=shell.environment)
    assert (done.returncode, done.stdout) == (0, "1 rules added, 0 replaced.\n")
    assert done.stderr == 'r: No channel is called "gone".\n'


def test_a_channel_is_tested_from_the_command_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.refuses("test-channel", "hook") == (
        'No channel is called "hook"; the Alerts page lists them.'
    )
    with http_server() as receiver:
        url = f"{receiver.url}/s3cret-path"
        channelbook.save("hook", "webhook", {"url": url, "key": "s3cret"}, "Jo")
        refused = shell.refuses("test-channel", "hook")
        assert "ALERT_ALLOW_PRIVATE_TARGETS" in refused
        shell.environment["ALERT_ALLOW_PRIVATE_TARGETS"] = "true"
        assert shell.prints("test-channel", "hook") == "hook delivered the test: answered 200.\n"
        receiver.status, receiver.body = 404, "no s3cret here"
        assert shell.refuses("test-channel", "hook") == (
            "hook did not deliver the test: The webhook answered 404: no ••• here."
        )
    (row,) = channelbook.listed()
    assert row.last_error == "The webhook answered 404: no ••• here."
    assert "s3cret" not in repr(row)
    stored = data.scalar("SELECT alert_channels::text FROM alert_channels")
    assert "s3cret" not in str(stored)
    settings_module.settings.cache_clear()

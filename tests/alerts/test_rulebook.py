"""The default rules come once each, also those of a later version, and removed ones stay away."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from alerts import rulebook
from data import database as data


def names() -> set[str]:
    return {kept.rule.name for kept in rulebook.kept()}


def test_each_default_rule_comes_once_and_a_removed_one_stays_removed(database: str) -> None:
    rulebook.install_defaults()
    assert names() == {rule.name for rule in rulebook.defaults()}
    rulebook.remove("CPU high")
    rulebook.install_defaults()
    assert "CPU high" not in names()
    rulebook.restore_missing("Jo")
    assert "CPU high" in names()


def test_a_default_rule_of_a_later_version_comes_on_its_own(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulebook.install_defaults()
    rulebook.remove("Memory high")
    mine = replace(rulebook.find("CPU high").rule, name="Disk full", description="mine")
    rulebook.save(mine, "Jo")
    later = (*rulebook.defaults(), replace(mine, name="Fan slow"), replace(mine, name="Disk full"))
    monkeypatch.setattr(rulebook, "defaults", lambda: later)
    for _ in range(2):
        rulebook.install_defaults()
    assert rulebook.find("Fan slow").origin == "Fan slow"
    assert rulebook.find("Disk full").origin is None
    assert "Memory high" not in names()
    rulebook.remove("Fan slow")
    rulebook.install_defaults()
    assert "Fan slow" not in names()


def test_an_installation_of_before_gets_what_was_added_and_not_what_was_removed(
    database: str,
) -> None:
    rulebook.install_defaults()
    rulebook.remove("Backup missing")
    rulebook.remove("Integration differs")
    upgrade_from_before_0018()
    rulebook.install_defaults()
    assert "Backup missing" not in names()
    assert "Integration differs" in names()
    assert len(names()) == len(rulebook.defaults()) - 1


@pytest.mark.parametrize("came_with_it", [True, False])
def test_a_default_rule_that_was_renamed_and_removed_long_ago_stays_removed(
    database: str, monkeypatch: pytest.MonkeyPatch, came_with_it: bool
) -> None:
    first = rulebook.defaults()
    if not came_with_it:
        first = tuple(rule for rule in first if rule.name != "Integration differs")
    with monkeypatch.context() as patched:
        patched.setattr(rulebook, "defaults", lambda: first)
        rulebook.install_defaults()
    if came_with_it:
        given = rulebook.find("Integration differs").rule
        rulebook.save(replace(given, name="Totals differ"), "Jo", before=given.name)
        rulebook.remove("Totals differ")
    rulebook.remove("KPI past its critical bound")
    upgrade_from_before_0018()
    data.execute(import_module("data.migrations.versions.0024_renamed_default").GIVEN)
    rulebook.install_defaults()
    assert ("Integration differs" in names()) is not came_with_it


def upgrade_from_before_0018() -> None:
    module = import_module("data.migrations.versions.0018_offered_defaults")
    with data.transaction() as opened:
        opened.exec_driver_sql("DROP TABLE alert_installation")
        opened.exec_driver_sql("CREATE TABLE alert_installation (made_at timestamptz PRIMARY KEY)")
        opened.exec_driver_sql("INSERT INTO alert_installation VALUES (now())")
        for statement in module.statements():
            opened.exec_driver_sql(statement)

"""Every signal can be read on a fresh installation, and the default rules watch known ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts import engine, rulebook, rulefile, signals
from alerts.rules import Rule
from data import database as data
from data.queries import kpi
from data.queries.figure import Figure
from tests.alerts.world import START, World, channel, notifications, rule, save
from tests.data.company_files import take

NOW = datetime.now(UTC)


def test_every_signal_can_be_read_without_any_data(database: str) -> None:
    for name in signals.catalogue():
        signals.read(name, NOW - timedelta(minutes=5), NOW)


def test_the_default_rules_watch_known_signals_and_are_judged_without_error(database: str) -> None:
    rulebook.install_defaults()
    cycle = engine.Engine().evaluate(NOW)
    assert cycle.rules == len(rulebook.defaults())
    assert cycle.errors == {}


def test_default_rules_come_once_and_can_be_reset_and_restored(database: str) -> None:
    rulebook.install_defaults()
    found = rulebook.find("CPU high").rule
    changed = Rule("CPU hot", found.signal, 99.0)
    rulebook.save(changed, "Jo", before="CPU high")
    rulebook.remove("Memory high")
    rulebook.install_defaults()
    assert {kept.rule.name for kept in rulebook.kept()} & {"CPU high", "Memory high"} == set()
    rulebook.reset("CPU hot", "Jo")
    assert rulebook.find("CPU high").rule == found
    assert rulebook.restore_missing("Jo") == 1
    with pytest.raises(rulebook.UnknownRule, match="did not come with the product"):
        rulebook.save(changed, "Jo")
        rulebook.reset("CPU hot", "Jo")


def test_a_kpis_own_bound_is_the_one_people_set(database: str) -> None:
    rule = Rule("ccc", "kpi.cash_conversion_cycle", "critical")
    assert signals.bound_of(rule) == 75
    data.execute(
        "INSERT INTO kpi_targets (kpi, from_day, critical, set_by) "
        "VALUES ('cash_conversion_cycle', '2020-01-01', 90, 'Jo')"
    )
    assert signals.bound_of(rule) == 90
    with pytest.raises(signals.SignalError, match="has no critical bound"):
        signals.bound_of(Rule("orders", "kpi.orders", "critical"))


def test_a_kpi_past_its_critical_bound_is_told_by_how_much(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def value(slug: str, *_: object) -> Figure:
        known = {"cash_conversion_cycle": 90.0, "cash_runway": 1.2}.get(slug)
        return Figure(slug, known, None if known else "nothing")

    monkeypatch.setattr(kpi, "value", value)
    found = signals.read("kpi.beyond_critical_pct", NOW - timedelta(minutes=1), NOW)
    told = {dict(one.labels)["kpi"]: round(one.values[-1], 6) for one in found}
    assert told == {"cash_conversion_cycle": 20.0, "cash_runway": 20.0}


def test_production_is_told_by_line_and_product(database: str) -> None:
    runs = "run_id,line,shift,started_at,ended_at,ideal_cycle_s,total_count,good_count,sku"
    take(
        "production-runs",
        f"""
        {runs}
        1,L1,Early,2026-01-05T06:00,2026-01-05T14:00,54,400,380,A
        2,L2,Early,2026-01-05T06:00,2026-01-05T14:00,54,400,400,B
        """,
    )
    at = datetime(2026, 1, 5, 20, tzinfo=UTC)
    for name, told in (
        ("production.scrap_pct", {"L1": 5, "L2": 0}),
        ("kpi.output.by_product", {"A": 380, "B": 400}),
    ):
        found = signals.read(name, at - timedelta(minutes=5), at)
        assert {one.labels[0][1]: one.values[0] for one in found} == told
    later = at + timedelta(days=1)
    assert signals.read("production.scrap_pct", later - timedelta(minutes=5), later) == []
    assert len(signals.read("kpi.output.by_line", at - timedelta(days=1), later)) == 2


def test_a_line_that_stands_still_is_told_by_the_minute(database: str) -> None:
    data.execute("INSERT INTO production_lines VALUES ('L1', 'One', 'x'), ('L2', 'Two', 'x')")
    take("production-stops", "stop_id,line,started_at,ended_at,reason\n"
         "1,L1,2026-01-05T06:00,,breakdown\n"
         "2,L2,2026-01-05T06:00,,planned maintenance")  # fmt: skip
    at = datetime(2026, 1, 5, 6, 20, tzinfo=UTC)
    found = signals.read("production.stopped_minutes", at, at)
    assert [(one.labels[0][1], one.values[0]) for one in found] == [("L1", 20), ("L2", 0)]


def test_a_backup_that_never_was_is_as_old_as_the_installation(database: str) -> None:
    rulebook.install_defaults()
    data.execute("UPDATE alert_installation SET made_at = now() - interval '27 hours'")
    (series,) = signals.read("backup.age_hours", NOW, datetime.now(UTC))
    assert series.values[0] == pytest.approx(27, abs=0.01)


def test_the_worst_total_that_differs_from_the_vendors_is_told_by_measure(database: str) -> None:
    data.execute(
        "INSERT INTO integration_differences (connection, measure, period, ours, theirs) VALUES "
        "('shopify', 'orders', current_date - 9, 199, 200), ('shopify', 'orders', "
        "current_date - 8, 99, 100), ('shopify', 'orders', current_date, 1, 100), "
        "('xero', 'revenue', current_date - 40, 5, 0), ('amazon', 'sales', current_date - 9, 7, 7)"
    )
    data.execute(
        "INSERT INTO integration_differences (connection, measure, period, ours, theirs, "
        "checked_at) VALUES ('amazon', 'units', current_date - 70, 1, 2, now() - interval '9 days')"
    )
    now = datetime.now(UTC)
    found = signals.read("integration.difference_pct", now, now)
    told = {tuple(dict(one.labels).values()): one.values[0] for one in found}
    assert told == {("amazon", "sales"): 0, ("shopify", "orders"): 1, ("xero", "revenue"): 100}


def test_rules_survive_export_and_import(database: str) -> None:
    rulebook.install_defaults()
    text = rulefile.spell(kept.rule for kept in rulebook.kept())
    new, changed = rulebook.take_over(rulefile.parse(text), "Jo")
    assert (new, changed) == (0, len(rulebook.defaults()))
    assert rulefile.spell(kept.rule for kept in rulebook.kept()) == text


def test_two_rules_cannot_have_one_name(database: str) -> None:
    rulebook.save(Rule("a", "system.cpu_pct", 1.0), "Jo")
    rulebook.save(Rule("b", "system.cpu_pct", 1.0), "Jo")
    with pytest.raises(rulebook.RuleRefused, match='Another rule is called "a"'):
        rulebook.save(Rule("a", "system.cpu_pct", 1.0), "Jo", before="b")
    with pytest.raises(rulebook.RuleRefused, match="needs a threshold"):
        rulebook.save(Rule("c", "system.cpu_pct"), "Jo")


def test_removing_a_rule_resolves_and_tells_what_it_fired(database: str) -> None:
    channel("mail")
    save(rule(for_=timedelta(0)))
    world = World()
    world.put("oven", START, 90.0)
    world.engine().evaluate(START)
    rulebook.remove("hot")
    assert notifications() == [("mail", "trigger"), ("mail", "resolve")]
    assert data.scalar("SELECT count(*) FROM alert_states") == 0

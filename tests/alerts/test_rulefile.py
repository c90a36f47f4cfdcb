"""Rules as TOML: read with defaults, every mistake with its line, written to be read back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import durations
from alerts.rulefile import LARGEST, RuleFileError, decoded, parse, spell
from alerts.rules import Rule


def mistakes(text: str) -> list[str]:
    with pytest.raises(RuleFileError) as caught:
        parse(text, "rules.toml")
    return caught.value.sentences


def test_a_rule_of_three_lines_takes_the_documented_defaults() -> None:
    (rule,) = parse('[[rule]]\nname = "cpu"\nsignal = "system.cpu"\nthreshold = 85\n')
    assert rule == Rule(
        name="cpu",
        signal="system.cpu",
        threshold=85.0,
        aggregate="last",
        op=">",
        for_=timedelta(minutes=5),
        keep_firing_for=timedelta(0),
        every=timedelta(seconds=15),
        staleness=timedelta(minutes=5),
        no_data="resolve",
        severity="warning",
    )


def test_every_mistake_is_told_with_its_line() -> None:
    text = '''[[rule]]
name = "cpu"
signal = "system.cpu"
threshold = "high"
for = 300

[[rule]]
name = "memory"
description = """
threshold = 1
"""
signal = "system.memory"
aggregate = "mean"
colour = "red"
threshold = 90

[[rule]]
name = "memory"
signal = "system.memory"
aggregate = "avg"
threshold = 90
[rule.labels]
bad-name = "x"

[[rule]]
threshold = 1
'''
    assert mistakes(text) == [
        "rules.toml, line 4: threshold must be a number or the KPI's own bound "
        '(target, warning, critical), not "high".',
        'rules.toml, line 5: for must be a duration in quotes such as "5m", not 300.',
        'rules.toml, line 14: "colour" is not a key of a rule; the keys are name, signal, '
        "aggregate, window, op, threshold, change_over, for, keep_firing_for, every, staleness, "
        "no_data, severity, match, labels, channels, repeat, escalation, runbook, description, "
        "enabled.",
        "rules.toml, line 13: aggregate must be one of last, avg, min, max, sum, rate, p95, "
        'not "mean".',
        'rules.toml, line 22: labels: "bad-name" is not a label name; use letters, digits and _.',
        'rules.toml, line 25: A rule needs "name".',
        'rules.toml, line 25: A rule needs "signal".',
    ]


def test_an_impossible_rule_is_refused_at_the_key_that_makes_it_so() -> None:
    text = '[[rule]]\nname = "a"\nsignal = "s"\naggregate = "avg"\nevery = "0s"\n'
    assert mistakes(text) == [
        "rules.toml, line 5: every must be longer than 0s.",
        'rules.toml, line 4: avg needs a window, for example window = "5m".',
        "rules.toml, line 1: > needs a threshold, for example threshold = 85.",
    ]


def test_two_rules_cannot_share_a_name() -> None:
    one = '[[rule]]\nname = "a"\nsignal = "s"\nthreshold = 1\n'
    assert mistakes(one + one) == ['rules.toml, line 6: The name "a" is taken by an earlier rule.']


def test_text_that_is_not_toml_is_told_with_its_line() -> None:
    (sentence,) = mistakes("[[rule]]\nname = cpu\n")
    assert sentence.startswith("rules.toml, line 2: this is not TOML: ")
    assert mistakes("") == ["rules.toml holds no [[rule]]."]
    assert mistakes("name = 1\n") == [
        'rules.toml: "name" is not known here; rules stand under [[rule]].'
    ]


RULE = '[[rule]]\nname = "a"\nsignal = "s"\nthreshold = 1\n'


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "0x" + "f" * 400])
def test_a_threshold_is_a_finite_number(number: str) -> None:
    (sentence,) = mistakes(RULE.replace("1", number))
    assert sentence.startswith("rules.toml, line 4: ")
    assert "number" in sentence
    assert len(sentence) < 100


@pytest.mark.parametrize("key", ["for", "keep_firing_for", "every", "window", "staleness"])
@pytest.mark.parametrize(
    "span", ['"-5m"', '"9999y9999w"', "-5", '"5m\\u0000"', "[[]]", "1979-05-27"]
)
def test_a_span_of_no_use_is_told_at_its_line(key: str, span: str) -> None:
    (sentence,) = mistakes(f"{RULE}{key} = {span}\n")
    assert sentence.startswith(f"rules.toml, line 5: {key}")
    assert sentence.isprintable()


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('runbook = "a\\u0000"', "runbook"),
        ('channels = ["a\\u0000"]', "channels"),
        ('labels = { team = "\\u0000" }', "labels"),
        (f'description = "{"x" * 5000}"', "description"),
        (f'match = {{ line = "{"x" * 5000}" }}', "match"),
    ],
)
def test_text_that_cannot_be_kept_is_told_at_its_line(line: str, key: str) -> None:
    (sentence,) = mistakes(f"{RULE}{line}\n")
    assert sentence.startswith(f"rules.toml, line 5: {key} ")


def test_what_no_file_of_rules_holds_is_refused_in_one_short_sentence() -> None:
    nested = "x = " + "[" * 3000 + "]" * 3000
    assert mistakes(nested) == ["rules.toml is nested too deeply to be rules."]
    assert mistakes(f"{RULE}\nx = {'1' * 5000}\n") == [
        "rules.toml, line 6: a number is too long to read."
    ]
    (sentence,) = mistakes(f'{RULE}op = "{"x" * 100_000}"\n')
    assert len(sentence) < 200
    with pytest.raises(RuleFileError, match=r"^r.toml is larger than 5 MB; split it.$"):
        decoded(b" " * (LARGEST + 1), "r.toml")
    with pytest.raises(RuleFileError, match=r"^r.toml, line 2: this is not UTF-8"):
        decoded(b'[[rule]]\nname = "\xff"\n', "r.toml")


def test_of_many_mistakes_the_first_are_told_and_the_others_counted() -> None:
    with pytest.raises(RuleFileError) as caught:
        parse(RULE * 5000, "rules.toml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[0] == 'rules.toml, line 6: The name "a" is taken by an earlier rule.'
    assert lines[-1] == "And 4,979 more mistakes; correct these first."


seconds = st.integers(1, 10_000_000).map(lambda count: timedelta(seconds=count))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: bool(text.strip()) and text.isprintable()
)


@given(
    st.builds(
        Rule,
        name=words,
        signal=words,
        threshold=st.floats(allow_nan=False, allow_infinity=False)
        | st.sampled_from(["target", "critical"]),
        window=st.none() | seconds,
        for_=seconds,
        keep_firing_for=seconds,
        every=seconds,
        no_data=st.sampled_from(["resolve", "keep", "fire"]),
        severity=st.sampled_from(["critical", "warning", "info"]),
        labels=st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), texts),
        channels=st.lists(words, max_size=3).map(tuple),
        runbook=st.none() | texts,
        enabled=st.booleans(),
    )
)
def test_a_written_rule_reads_back_the_same(rule: Rule) -> None:
    assert parse(spell([rule])) == [rule]


@given(st.integers(0, 10**12).map(lambda count: timedelta(milliseconds=count)))
def test_a_written_duration_reads_back_the_same(span: timedelta) -> None:
    assert durations.parse(durations.spell(span)) == span


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "1.5h", "5m1h", "5min"])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write it as 30s, 5m"):
        durations.parse(text)


def test_a_byte_order_mark_and_windows_lines_are_read_over() -> None:
    (rule,) = parse('\ufeff[[rule]]\r\nname = "r"\r\nsignal = "s"\r\nthreshold = 1\r\n')
    assert rule.threshold == 1.0

"""What is made of pip-audit's answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commands.advisories import UNREACHABLE, judged


def heard(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


HOLE = {"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": [], "description": "x"}


@pytest.mark.parametrize(
    "silent", ["", "ERROR: no route", heard({"name": "a", "skip_reason": "?"})]
)
def test_a_source_that_is_away_is_a_sentence_and_no_failure(silent: str) -> None:
    assert judged(silent) == ([UNREACHABLE], 0)


def test_a_known_hole_is_named_with_its_remedy_and_fails() -> None:
    lines, holes = judged(
        heard(
            {"name": "a", "version": "2.0", "vulns": [HOLE, HOLE | {"fix_versions": []}]},
            {"name": "b", "version": "1", "vulns": []},
            {"name": "c", "skip_reason": "not there"},
        )
    )
    assert holes == 2
    assert lines == [
        "a 2.0 has PYSEC-1; take 2.1 or later.",
        "a 2.0 has PYSEC-1; no version is without it yet.",
        "2 packages audited, 2 known holes; the source does not know 1 others.",
    ]


def test_nothing_known_passes() -> None:
    lines, holes = judged(heard({"name": "b", "version": "1", "vulns": []}))
    assert (lines, holes) == (["1 packages audited, 0 known holes."], 0)

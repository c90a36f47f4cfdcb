"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "data", "auth", "alerts", "components", "pages", "server", "worker", "commands")
FILES = [
    path
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if "versions" not in path.parts
]


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_a_file_says_its_purpose_in_its_first_line_and_stays_short(path: Path) -> None:
    text = path.read_text()
    assert text.startswith('"""'), "the first line says what the file is for"
    assert text.count("\n") <= 300, "a file over 300 lines holds two ideas"


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_only_settings_read_the_environment(path: Path) -> None:
    if _relative(path) == "config/settings.py":
        return
    readers = re.findall(r"os\.getenv|os\.environ(?!\s*\||\.get\(\"PATH\")", path.read_text())
    assert not readers, "read it through config.settings"


def test_no_module_of_the_server_hides_one_of_python() -> None:
    """`server/` is sys.path[0] when the shell runs."""
    import sys

    names = {path.stem for path in (ROOT / "server").glob("*.py")} - {"__init__"}
    assert not names & (set(sys.stdlib_module_names) | set(ROOMS))


def test_pages_do_nothing_when_imported() -> None:
    for path in (ROOT / "pages").glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            assert not isinstance(node, (ast.For, ast.While, ast.With, ast.If)), path.name
            if isinstance(node, ast.Expr):
                assert isinstance(node.value, ast.Constant), path.name


def test_every_command_of_make_is_explained() -> None:
    done = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {"run", "test", "check", "demo", "bench"} <= {
        line.split("\t")[0] for line in done.splitlines()
    }

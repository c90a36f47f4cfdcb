"""Every line of the threat model names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = [
    line
    for line in (ROOT / "docs" / "threat-model.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| who")
]


def test_every_line_names_a_test_that_exists() -> None:
    assert len(LINES) > 40
    for line in LINES:
        named = re.search(r"`(tests/[\w/]+\.py)::(\w+)`", line)
        assert named, line
        tree = ast.parse((ROOT / named[1]).read_text())
        assert named[2] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (
            line
        )


def test_nothing_unpacks_what_people_upload() -> None:
    """No compressed input, so no bomb; no name of a file that becomes a path."""
    unpackers = {"zipfile", "tarfile", "gzip", "bz2", "lzma", "openpyxl"}
    for room in ("pages", "components", "commands", "data"):
        for file in (ROOT / room).rglob("*.py"):
            assert not unpackers & _imported(file), file
            assert "read_excel" not in file.read_text(), file
    names = re.compile(r"(Path\(|open\(|joinpath\(|/ *)\w*(upload|uploaded|given)\w*\.name\b")
    for file in (ROOT / "pages").glob("*.py"):
        assert not names.search(file.read_text()), file


def _imported(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in whole | parts}

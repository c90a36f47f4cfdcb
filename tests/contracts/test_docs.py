"""What README and docs name is there: commands, settings, files, and a rule that can be judged."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

from alerts import advice, rulefile
from config.settings import Settings
from manage import GROUPS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Of the shell and of other programs.
_NOT_OURS = {"VENDOR"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_command_that_is_named_exists(path: Path) -> None:
    for group, word in re.findall(
        r"manage\.py ([a-z][a-z-]*)(?: ([a-z][a-z-]+))?", path.read_text()
    ):
        assert group in GROUPS, f"manage.py {group}"
        command = get_command(import_module(f"commands.{GROUPS[group]}").app)
        known = getattr(command, "commands", {})
        assert not known or not word or word in known, f"manage.py {group} {word}"


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    known = {name.upper() for name in Settings.model_fields}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", path.read_text()))
    assert not named - known - _NOT_OURS


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target


@pytest.mark.usefixtures("database")
def test_the_rule_that_the_documentation_shows_can_be_judged() -> None:
    shown = (ROOT / "docs" / "alerting.md").read_text()
    example = shown.partition("```toml\n")[2].partition("```")[0]
    assert len(rulefile.parse(example, "docs/alerting.md", advice.usable)) == 1

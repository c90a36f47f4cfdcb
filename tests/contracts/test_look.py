"""The look, held by numbers: contrast, one scale, colours that agree, nothing from elsewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
SHEETS = sorted((ROOT / "components").glob("*.css"))
STYLE = (ROOT / "components" / "style.css").read_text("utf-8")
_COLOURS: dict[str, str] = dict(
    re.findall(r"--sx-([a-z-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\)", STYLE)
)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2: 4.5 for text, 3 for what is drawn."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _of(name: str, scheme: str) -> str:
    light, dark = _COLOURS[name].split(", ")
    return light if scheme == "light" else dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "muted", "good", "warn", "bad", "accent"])
def test_words_can_be_read_on_every_ground(scheme: str, ink: str) -> None:
    page = CONFIG["theme"][scheme]["backgroundColor"]
    for ground in (page, _of("card", scheme), _of("wash", scheme)):
        assert _contrast(_of(ink, scheme), ground) >= 4.5, (ink, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["good", "warn", "bad"])
def test_a_badge_can_be_read_on_its_own_ground(scheme: str, state: str) -> None:
    assert _contrast(_of(state, scheme), _of(f"{state}-wash", scheme)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_themes_own_words_can_be_read(scheme: str) -> None:
    theme = CONFIG["theme"][scheme]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        for ink in ("textColor", "linkColor", "redColor", "orangeColor", "greenColor", "grayColor"):
            assert _contrast(theme[ink], ground) >= 4.5, (ink, ground)
    sidebar = theme["sidebar"]
    assert _contrast(sidebar["textColor"], sidebar["backgroundColor"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_line_of_a_chart_can_be_seen(scheme: str) -> None:
    theme = CONFIG["theme"][scheme]
    colours = theme["chartCategoricalColors"]
    assert len(set(colours)) == len(colours) >= 8
    for colour in colours:
        assert _contrast(colour, _of("card", scheme)) >= 2.5, colour


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_style_sheet_and_the_theme_agree(scheme: str) -> None:
    theme = CONFIG["theme"][scheme]
    assert _of("card", scheme) == theme["secondaryBackgroundColor"]
    assert _of("ink", scheme) == theme["textColor"]
    assert _of("line", scheme) == theme["borderColor"]
    assert _of("accent", scheme) == theme["primaryColor"]


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in [
        *SHEETS,
        *(ROOT / "server" / "static").glob("*.js"),
        ROOT / ".streamlit/config.toml",
    ]:
        text = path.read_text("utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), path.name
        assert "@import" not in text


def test_the_fonts_of_the_theme_are_there_and_free() -> None:
    for face in CONFIG["theme"]["fontFaces"]:
        file = ROOT / "server" / "static" / Path(face["url"]).name
        assert file.read_bytes()[:4] == b"wOF2"
        assert file.stat().st_size < 40_000
    assert "SIL Open Font License" in (ROOT / "server/static/geist-LICENSE.txt").read_text("utf-8")


def test_sizes_of_text_come_from_one_scale() -> None:
    """Custom properties, the few that stand in the framework's own units, and em within a line."""
    for size in re.findall(r"font-size:\s*([^;}]+)", STYLE):
        assert re.fullmatch(
            r"var\(--sx-(xs|sm|md|lg|xl)\)|inherit|1rem|1\.1429rem|1\.5rem|10px|0\.\d+em",
            size.strip(),
        ), size


def test_flags_of_production_are_set() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["toolbarMode"] in ("viewer", "minimal")
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"]["enableStaticServing"] is True

"""Which browser somebody signs in with, in words."""

from __future__ import annotations


def device(agent: str | None) -> str:
    """A browser's long name in two words, such as “Firefox on Windows”."""
    given = agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in given), "Browser")
    system = next((name for mark, name in _SYSTEMS if mark in given), "")
    return f"{browser} on {system}" if system else browser


# The first mark that is found decides: every browser claims to be those after it.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
             ("Safari", "Safari"), ("curl", "curl"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
            ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip

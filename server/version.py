"""The product's version, as pyproject.toml states it."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

SERVICE = "sentia-dashboard"


@lru_cache
def version() -> str:
    """Such as `1.2.0`."""
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    return str(project["project"]["version"])

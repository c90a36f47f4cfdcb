"""`python -m commands.advisories`: known holes in pinned packages, where a source is reachable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PATIENCE_S = 90
UNREACHABLE = "No advisory source could be reached, so no package was audited."


def main() -> int:
    """Ask pip-audit about requirements.lock; 1 when a package has a known hole."""
    try:
        heard = subprocess.run(
            [sys.executable, "-m", "pip_audit", "-r", "requirements.lock", "--no-deps",
             "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "5"],
            cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE_S, check=False,
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired:
        heard = ""
    lines, holes = judged(heard)
    print("\n".join(lines))
    return 1 if holes else 0


def judged(heard: str) -> tuple[list[str], int]:
    """What to print of pip-audit's JSON, and how many holes it names."""
    try:
        packages = json.loads(heard)["dependencies"]
    except (ValueError, KeyError):
        return [UNREACHABLE], 0
    known = [one for one in packages if "vulns" in one]
    if not known:
        return [UNREACHABLE], 0
    lines = [
        f"{one['name']} {one['version']} has {hole['id']}; {_remedy(hole['fix_versions'])}"
        for one in known
        for hole in one["vulns"]
    ]
    holes = len(lines)
    unknown = len(packages) - len(known)
    missing = f"; the source does not know {unknown} others" if unknown else ""
    return [*lines, f"{len(known)} packages audited, {holes} known holes{missing}."], holes


def _remedy(versions: list[str]) -> str:
    return f"take {versions[0]} or later." if versions else "no version is without it yet."


if __name__ == "__main__":
    sys.exit(main())

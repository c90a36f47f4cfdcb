"""`python -m bench`: every row of the speed table, beside its references, in one run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import parts, report
from bench.report import Row

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
METHOD = """# Benchmarks

Made by `make bench` on {day}, on {machine}. References run in the same minutes on the same
machine: *stock* is a bare Streamlit script (one metric, one Plotly chart of 1,000 points) without
uvloop, *tuned* the same under `st.App` with this product's tuning, node_exporter Debian's own.
How each number is taken stands in `bench/`, one file a part.

{table}
"""


def main(arguments: list[str]) -> int:
    """Run what was asked for and print the table."""
    chosen = _parse(arguments)
    rows: list[Row] = []
    for name, part in parts.PARTS.items():
        if chosen.only and name not in chosen.only:
            continue
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += _measured(name, part, chosen.lines)
        print("\n".join(f"  {r.what}: {r.measured}  {r.reference}" for r in rows[-6:]),
              file=sys.stderr, flush=True)  # fmt: skip
    print(report.table(rows))
    if chosen.write:
        made = report.table(rows)
        PAGE.write_text(METHOD.format(day=report.today(), machine=report.machine(), table=made))
    return 0


def _measured(name: str, part: Callable[[int], Iterator[Row]], lines: int) -> list[Row]:
    """A part that cannot be measured here is a row that says so, not the end of the run."""
    rows: list[Row] = []
    try:
        rows.extend(part(lines))
    except Exception as error:
        rows.append(Row(name, "not measured", f"{type(error).__name__}: {error}"[:120]))
    return rows


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000, help="order lines to fill in")
    parser.add_argument("--only", nargs="*", choices=list(parts.PARTS), help="parts to run")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

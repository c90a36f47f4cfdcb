"""Hashing beside the web process: children of low priority, so that sign-ins slow no page.

A thread of low priority would not do: what holds the interpreter's lock and is not given a core
keeps everybody waiting.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_YIELD = 10


class Children:
    """As many as leave one core to the pages; each is started at its first use."""

    def __init__(self, count: int) -> None:
        self._idle: queue.Queue[subprocess.Popen[str] | None] = queue.Queue()
        for _ in range(count):
            self._idle.put(None)

    def ask(self, *words: str) -> Any:
        """What `answered` says of the words; raises OSError when no child can be had."""
        child = self._idle.get()
        try:
            if child is None or child.poll() is not None:
                child = _started()
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(json.dumps(words) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
            if not line:
                raise OSError("the child that hashes passwords died")
            return json.loads(line)
        except (OSError, ValueError):
            _ended(child)
            child = None
            raise
        finally:
            self._idle.put(child)


def _started() -> subprocess.Popen[str]:
    """It leaves at the end of its input, so it does not outlive this process."""
    return subprocess.Popen(
        [sys.executable, "-m", "auth.hashing"], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def _ended(child: subprocess.Popen[str] | None) -> None:
    if child is not None:
        with contextlib.suppress(OSError):
            child.kill()
        child.wait()


def answered(words: list[str]) -> Any:
    """`hash PASSWORD` or `check PASSWORD HASH`, done here and now."""
    from auth.passwords import hasher

    if words[0] == "hash":
        return hasher().hash(words[1])
    return bool(hasher().check_pw(words[1], words[2]))


def main() -> None:
    """The child: one request a line, one answer a line."""
    if hasattr(os, "nice"):
        os.nice(_YIELD)
    for line in sys.stdin:
        began = time.perf_counter()
        print(json.dumps(answered(json.loads(line))), flush=True)
        # As long again: a storm of sign-ins gets half a core, and no single one waits for this.
        time.sleep(time.perf_counter() - began)


if __name__ == "__main__":
    main()

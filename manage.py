"""The command line: `python manage.py --help` lists what it can do."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from commands import Refusal
from config import logging
from config.refused import SettingsError
from config.settings import settings
from data import database, migrate
from data.embedded import EmbeddedError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

# Name of the group, module in commands/; imported only when it is called for.
GROUPS = {
    "users": "users",
    "audit": "audit",
    "import": "imports",
    "kpi": "kpi",
    "sample": "sample",
    "alerts": "alerts",
    "integrations": "integrations",
    "secrets": "secrets",
    "worker": "worker",
    "rollups": "rollups",
    "backup": "backup",
    "restore": "restore",
    "settings-doc": "settings_doc",
}
OFFLINE = {"settings-doc", "restore"}  # restore starts the database, but does not migrate it
# What a page waits for, whoever calls a command has to see to.
_TOLD_HERE = {
    database.UNREACHABLE: "The database cannot be reached; start it or correct DATABASE_URL."
}
REFUSED = (
    Refusal,
    SettingsError,
    EmbeddedError,
    database.DatabaseUnavailable,
    database.DatabaseRefused,
    migrate.SchemaTooNew,
)


def needs_schema(arguments: list[str]) -> bool:
    """Whether the call wants the database started and migrated; a person may be called restore."""
    return arguments[:1] != [] and arguments[0] not in OFFLINE and "--help" not in arguments


def main(arguments: list[str]) -> int:
    """Run one command; every refusal is one sentence on stderr and exit status 2."""
    wanted = arguments[0] if arguments else "--help"
    for name in GROUPS if wanted == "--help" else GROUPS.keys() & {wanted}:
        app.add_typer(import_module(f"commands.{GROUPS[name]}").app, name=name)
    try:
        if not app.registered_groups:
            raise Refusal(f"There is no command {wanted!r}; `manage.py --help` lists them.")
        if needs_schema(arguments):
            logging.configure(settings().log_level)
            database.start()
            migrate.upgrade()
        app(arguments)
    except REFUSED as refusal:
        print(_TOLD_HERE.get(str(refusal), refusal), file=sys.stderr)
        return 2
    finally:
        database.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

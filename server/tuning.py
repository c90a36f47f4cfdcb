"""The measured costs of stock Streamlit, paid once at the start or not at all."""

from __future__ import annotations

import gc
import importlib
import logging
import signal

from streamlit import config
from streamlit import logger as streamlit_log
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from server import gathering

# Seconds that open requests get to finish after Ctrl-C; websockets are closed at once.
GRACE_S = 1


def apply() -> None:
    """Settings of Streamlit and uvicorn that their own configuration does not reach.

    To be called while uvicorn imports the application: it reads some of them right after.
    """
    # A full collection after every script run costs nine tenths of a rerun; the environment
    # variable of this option has no effect under st.App.
    config.set_option("runner.postScriptGC", False)
    _remember_theme()
    _log_in_one_chain()
    gathering.apply()
    for name in ("uvicorn.error", "uvicorn.access", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # The library that hashes passwords declares a component when it is imported, outside any page.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
    # Uvicorn's signal handler is a method of the running server, which is the way to that server.
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if server is not None:
        # It waits for open connections without end, and Streamlit passes it no limit.
        server.config.timeout_graceful_shutdown = GRACE_S
        # It believes any proxy on this machine; server/proxies.py believes those in the setting.
        server.config.proxy_headers = False


def _log_in_one_chain() -> None:
    """Have Streamlit write into the product's log: one line each, with secrets masked.

    By itself it draws tracebacks in colour, and whatever stands in an error could forge lines.
    """
    config.set_option("logger.enableRich", False)
    streamlit_log.setup_formatter = _passed_on
    streamlit_log.update_formatter()
    # server/trouble.py logs the same error, with the reference that the person was given.
    streamlit_log.get_logger("streamlit.error_util").addFilter(
        lambda record: record.msg != "Uncaught app execution"
    )


def _passed_on(logger: logging.Logger) -> None:
    """In place of giving a logger of Streamlit's a handler of its own."""
    logger.handlers.clear()
    logger.propagate = True


def _remember_theme() -> None:
    """Put the theme together once: every run of every session sends it, and it never changes.

    Made anew, it is a fourteenth of the cost of a live tick.
    """
    made: dict[str, CustomThemeConfig] = {}
    make = app_session._populate_theme_msg

    def remembered(msg: CustomThemeConfig, section: str = "theme") -> None:
        if section not in made:
            fresh = CustomThemeConfig()
            make(fresh, section)
            made[section] = fresh
        if made[section].ByteSize():  # merging nothing would still send an empty section
            msg.MergeFrom(made[section])

    app_session._populate_theme_msg = remembered


_HEAVY = (
    "pandas",
    "pyarrow",
    "plotly.graph_objects",
    "data.integrations.status",
    "alerts.duties",
    "server.api.application",
)


def warm() -> None:
    """Import what pages and duties need before they do, then spare it from every collection."""
    for name in _HEAVY:
        importlib.import_module(name)
    importlib.import_module("pages.registry").pages()
    gc.collect()
    gc.freeze()

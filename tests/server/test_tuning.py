"""What is done once must come out as Streamlit does it each time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.runtime import app_session

from server import tuning
from tests.product import ROOT

BROKEN = """
import sys
from config import logging
from server import trouble, tuning
from streamlit import error_util, logger

tuning.apply()
logging.configure("info")
text = "first\\n{\\"event\\": \\"forged\\"}\\x1b[31m\\r\\0 postgresql://ann:hidden@host/x"
error_util.handle_user_script_exception(ValueError(text), trouble.show)
logger.get_logger("streamlit.anything").warning(text)
"""


@pytest.mark.parametrize("section", ["theme", "theme.light", "theme.dark", "theme.dark.sidebar"])
def test_a_remembered_theme_is_the_one_streamlit_makes(
    section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = app_session._populate_theme_msg
    made = NewSession()
    make(made.custom_theme, section)
    monkeypatch.setattr(app_session, "_populate_theme_msg", make)
    tuning._remember_theme()
    for _ in range(2):
        remembered = NewSession()
        app_session._populate_theme_msg(remembered.custom_theme, section)
        assert remembered.custom_theme == made.custom_theme


def test_what_stands_in_an_error_of_a_page_forges_no_line_of_the_log() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    assert lines[0]["event"] == "a page failed"
    assert lines[-1]["event"].startswith("first\n")
    assert "hidden" not in done.stdout + done.stderr

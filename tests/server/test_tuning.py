"""What is done once must come out as Streamlit does it each time."""

from __future__ import annotations

import pytest
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.runtime import app_session

from server import tuning


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

"""streamlit-authenticator's form without its cookie, its store and its waiting."""

from __future__ import annotations

from typing import Any

from streamlit_authenticator import Authenticate


class _NoCookie:
    """What the form asks about cookies; ours is one that no script can read."""

    def get_cookie(self) -> None:
        """There is none."""

    def set_cookie(self) -> None:
        """A route of the server sets it."""


class Form(Authenticate):  # type: ignore[misc]
    """Its `login` draws the form and hands what was entered to `controller.login`."""

    def __init__(self, controller: Any) -> None:
        self.attrs = {"login_sleep_time": 0}
        self.path = None
        self.cookie_controller = _NoCookie()
        self.authentication_controller = controller

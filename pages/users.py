"""Users: who is here, who may come in, what they do, what was done."""

from __future__ import annotations

from components import board, guard
from components.heading import heading
from pages import Page, users_accounts, users_activity, users_audit, users_now, users_signins

_VIEWS = {
    "Now": users_now.show,
    "Accounts": users_accounts.show,
    "Activity": users_activity.show,
    "Sign-ins": users_signins.show,
    "Tokens": users_accounts.tokens,
    "Audit": users_audit.show,
}


def render() -> None:
    """One view at a time; the others cost nothing."""
    guard.require("users")
    with heading("Users", "Who is here, who may come in, and what was done"):
        pass
    view, opened = board.views(tuple(_VIEWS))
    with opened:
        _VIEWS[view]()


PAGE = Page("users", "Users", ":material/group:", "Administration", "users", render)

"""Users → Sign-ins: failures by account and address, dormant accounts, who may do what."""

from __future__ import annotations

import pandas as pd

from auth import people, roles, usage
from components import tables
from components.panel import panel


def show() -> None:
    """What an access review needs."""
    with panel("Failed sign-ins", "in 30 days, by account and address", key="failed"):
        tables.table(usage.failures(30), name="failed-sign-ins",
                     columns={"account": "Account", "address": "From", "failures": "Failures",
                              "last": "Last"}, nothing="None failed.")  # fmt: skip
    with panel("Dormant", "open accounts nobody signed in to for 30 days", key="dormant"):
        tables.table(usage.dormant(30), name="dormant",
                     columns={"username": "Username", "name": "Name", "role": "Role",
                              "last_signed_in_at": "Last signed in"},
                     nothing="No account is dormant.")  # fmt: skip
    with panel("Permission review", "every open account and all it may do", key="review"):
        tables.table(review(), name="permissions",
                     columns={"username": "Username", "role": "Role", "resource": "Resource",
                              "actions": "May"})  # fmt: skip


def review() -> pd.DataFrame:
    """One row an open account and resource it may touch: username, role, resource, actions."""
    return pd.DataFrame(
        [
            {
                "username": user["username"],
                "role": user["role"],
                "resource": resource,
                "actions": ", ".join(held),
            }
            for user in people.everyone()
            if user["disabled_at"] is None
            for resource, actions in roles.ACTIONS.items()
            if (held := [one for one in actions if roles.can(user["role"], resource, one)])
        ]
    )

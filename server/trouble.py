"""What a person sees when a page breaks: one sentence, and a reference that finds it in the log."""

from __future__ import annotations

import secrets

import streamlit as st
import structlog

from auth.roles import PermissionDenied
from data.database import DatabaseUnavailable

_log = structlog.get_logger()


def show(error: Exception) -> bool:
    """Log what broke a page or one of its fragments, and say so; True: nothing else shows it."""
    if isinstance(error, DatabaseUnavailable):
        st.warning(str(error), icon=":material/cloud_off:")
        return True
    if isinstance(error, PermissionDenied):
        st.error(str(error), icon=":material/lock:")
        return True
    reference = secrets.token_hex(4)
    _log.error("a page failed", reference=reference, exc_info=error)
    st.error(
        "This part could not be shown. Try again; if it stays, give an admin the reference "
        f"{reference}.",
        icon=":material/error:",
    )
    return True

"""The entry: `streamlit run app.py` serves pages and HTTP from this one ASGI application."""

import streamlit as st

from server import instrument, routes, single_sign_on, tuning
from server.lifespan import lifespan
from server.startup import settings_or_exit

chosen = settings_or_exit()
tuning.apply()
app = st.App(
    "server/shell.py",
    lifespan=lifespan,
    routes=routes.everything(),
    middleware=routes.middleware(),
    on_script_error=instrument.script_failed,
    secrets=single_sign_on.secrets_for_streamlit(chosen),
)

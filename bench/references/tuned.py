"""The bare script under `st.App` with the product's tuning, and nothing else of it."""

import streamlit as st

from server import tuning

tuning.apply()
app = st.App("page.py")

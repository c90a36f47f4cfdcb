"""The bare script: one metric and one Plotly chart of 1,000 points."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

x = np.arange(1000)
y = np.random.default_rng().normal(size=1000).cumsum()
st.metric("Metric", f"{y[-1]:.2f}")
st.plotly_chart(go.Figure(go.Scatter(x=x, y=y)))

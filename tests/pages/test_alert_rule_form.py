"""The fields of a rule, drawn without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from alerts.rules import Rule
    from pages import alert_rule_form

    st.text(alert_rule_form.form(Rule("Old", "gone.signal", 1.0), "Old"))


@pytest.mark.usefixtures("database")
def test_a_rule_whose_signal_is_gone_asks_for_another_instead_of_taking_one() -> None:
    page = AppTest.from_function(_page).run(timeout=30)
    assert not page.exception
    assert page.selectbox(key="rule-Old-signal").value is None
    assert page.text[0].value == ("No signal is called gone.signal here; choose one to watch.")

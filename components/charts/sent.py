"""A chart as `st.echarts_chart` sends it, made once and sent to many.

That call converts, hashes and serialises its option for each session anew, which is four fifths of
what a refresh of a board costs. A test holds that both send the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamlit.elements import echarts_chart
from streamlit.elements.lib.layout_utils import LayoutConfig
from streamlit.elements.lib.utils import compute_and_register_element_id
from streamlit.proto.EChartsChart_pb2 import EChartsChart


def message(option: Mapping[str, Any], key: str, alt: str) -> EChartsChart:
    """What is sent for `option`. To be made while a page runs: the page is part of its identity."""
    plain, data = echarts_chart._normalize_spec(option)
    made = EChartsChart(
        spec=echarts_chart._serialize_option(plain),
        theme="streamlit",
        alt=alt,
        id=compute_and_register_element_id(
            "echarts_chart", user_key=key, key_as_main_identity=True, dg=None
        ),
    )
    for name, table in data.items():
        dataset = made.datasets.add(name=name, has_name=True)
        dataset.data.data = table
    return made


def send(place: Any, made: EChartsChart, height: int) -> None:
    """Put it into `place`, an `st.empty()`."""
    place._enqueue("echarts_chart", made, layout_config=LayoutConfig("stretch", height))

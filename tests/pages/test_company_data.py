"""Answers that pages keep: asked once, the same for all, and nobody's changes reach another."""

from __future__ import annotations

import pandas as pd
import pytest

from pages import company_data

pytestmark = pytest.mark.usefixtures("database")


def test_a_kept_answer_is_asked_once_for_each_version_and_question() -> None:
    asked: list[tuple[object, ...]] = []

    def question(*given: object) -> dict[str, int]:
        asked.append(given)
        return {"times": len(asked)}

    assert company_data.kept("1", question, "a", ["b"]) == {"times": 1}
    assert company_data.kept("1", question, "a", ["b"]) == {"times": 1}
    assert company_data.kept("1", question, "a", ["c"]) == {"times": 2}
    assert company_data.kept("2", question, "a", ["b"]) == {"times": 3}
    assert asked == [("a", ["b"]), ("a", ["c"]), ("a", ["b"])]


def test_what_one_page_does_to_an_answer_no_other_sees() -> None:
    def question() -> dict[str, pd.DataFrame]:
        return {"frame": pd.DataFrame({"value": [1, 2]})}

    first = company_data.kept("3", question)
    first["frame"]["value"] = 9
    first["frame"]["more"] = 1
    first["other"] = first.pop("frame")
    assert list(company_data.kept("3", question)) == ["frame"]
    assert company_data.kept("3", question)["frame"].to_dict("list") == {"value": [1, 2]}


def test_a_question_that_fails_is_asked_again() -> None:
    asked: list[int] = []

    def question() -> int:
        asked.append(1)
        if len(asked) == 1:
            raise ValueError("not now")
        return len(asked)

    with pytest.raises(ValueError, match="not now"):
        company_data.kept("4", question)
    assert company_data.kept("4", question) == 2

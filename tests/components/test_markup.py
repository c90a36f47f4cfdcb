"""Text goes into HTML and Markdown as text."""

from __future__ import annotations

from components.markup import plain, sentences


def test_signs_of_markdown_are_told_as_signs() -> None:
    assert plain("**a** [b](c) $d$ &lt; <e>") == (r"\*\*a\*\* \[b\]\(c\) \$d\$ \&lt; \<e\>")


def test_sentences_stand_one_a_line_and_keep_their_code() -> None:
    assert sentences("a.toml, line 3: `manage.py *` helps.\n    Line_4") == (
        "a\\.toml, line 3\\: `manage.py *` helps\\.  \nLine\\_4"
    )
    assert sentences("one ` alone") == "one \\` alone"

"""Runs a script by stock Streamlit, as it is without uvloop installed."""

import sys

sys.modules["uvloop"] = None  # type: ignore[assignment]

from streamlit.web.cli import main  # noqa: E402

if __name__ == "__main__":
    main()

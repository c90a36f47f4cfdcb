"""The worker takes in a library only when a job uses it."""

from __future__ import annotations

import subprocess
import sys

from tests.product import ROOT
from worker.light import once_a_vendor_is_configured


def _loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_starting_loads_no_frames_no_vendors_and_no_screens() -> None:
    loaded = _loaded_after("import worker.__main__")
    assert not loaded & {"pandas", "numpy", "pyarrow", "openai", "requests", "streamlit", "alembic"}


def test_judging_alerts_loads_pandas_without_arrow_and_no_vendor_library() -> None:
    run = "from worker.light import lazily; lazily('alerts.duties:judge').found()"
    loaded = _loaded_after(run)
    assert "pandas" in loaded
    assert not loaded & {"pyarrow", "openai", "streamlit"}


def test_whoever_needs_arrow_has_it_afterwards() -> None:
    run = "from worker.light import lazily; lazily('alerts.duties:judge').found()"
    loaded = _loaded_after(f"{run}; import data.ingest.dataset")
    assert "pyarrow" in loaded


def test_without_a_vendor_its_jobs_do_nothing(database: str) -> None:
    job = once_a_vendor_is_configured("no.such.module:function")
    assert job() is None

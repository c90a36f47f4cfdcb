"""Import: a CSV file into the company's data, whole or not at all."""

from __future__ import annotations

import streamlit as st

from auth import audit, roles
from auth.people import Person
from components import guard
from components.banner import notice
from components.heading import heading
from components.panel import panel
from data.ingest import background
from data.ingest.csvfile import CsvFile
from data.ingest.datasets import MODULES, dataset
from data.ingest.report import ImportRefused
from pages import Page, imports_parts

# Dataset → the resource whose `import` it needs; the others belong to the business.
_RESOURCES = {
    "stock": "inventory", "movements": "inventory", "purchase-orders": "inventory",
    "products": "inventory", "invoices": "finance", "payments": "finance", "bank": "finance",
    "ledger": "finance", "production-runs": "production", "production-stops": "production",
    "deliveries": "production",
}  # fmt: skip


def render() -> None:
    """The page."""
    person = guard.require("business", "import")
    with heading("Import", "CSV files, taken whole or not at all; importing one again is harmless"):
        allowed = [name for name in MODULES if roles.can(person.role, _resource(name), "import")]
        kind = st.selectbox(
            "What the file holds", allowed, key="dataset", format_func=imports_parts.title
        )
    if "import-over" in st.session_state:
        imports_parts.outcome(st.session_state["import-over"])
    running = st.session_state.get("import-running")
    if running is not None:
        imports_parts.watch(running, _resource(kind))
    else:
        _new(person, kind)
    with panel("Recent imports"):
        imports_parts.recent()


def _resource(name: str) -> str:
    return _RESOURCES.get(name, "business")


def _new(person: Person, kind: str) -> None:
    uploaded = st.file_uploader("CSV file (UTF-8, with a header)", type=["csv", "txt", "tsv"])
    if uploaded is None:
        return
    path = background.keep(f"{person.id}-{uploaded.file_id}", uploaded.getvalue())
    try:
        with CsvFile(path) as file:
            file.name = uploaded.name
            chosen = _columns(kind, file)
    except ImportRefused as refusal:
        notice(str(refusal).replace(path.name, uploaded.name), "critical")
        return
    skip_bad = st.checkbox("Leave bad rows out and take the good ones", key="skip-bad")
    if st.button("Import", type="primary", disabled=chosen is None):
        guard.require(_resource(kind), "import")
        order = background.Order(kind, path, uploaded.name, chosen or {}, skip_bad)
        number = background.start(order, person.username)
        audit.record("import", actor=person, on=kind, address=guard.address(),
                     detail={"file": uploaded.name, "import": number})  # fmt: skip
        st.session_state["import-running"] = number
        st.session_state.pop("import-over", None)
        st.rerun()


def _columns(kind: str, file: CsvFile) -> dict[str, str] | None:
    """What the file begins with and which column is which. Raises ImportRefused.

    The rows are read before the panel is there: it would keep a refusal to itself.
    """
    first = imports_parts.first_rows(file)
    with panel("Columns", file.name):
        st.dataframe(first, hide_index=True)
        return imports_parts.mapping(dataset(kind), file)
    return None


PAGE = Page("imports", "Import", ":material/upload_file:", "Business", "business", render, "import")

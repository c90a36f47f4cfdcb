"""Every documented operation, with every kind of caller: nothing breaks, nothing undocumented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

from auth import people, tokens
from auth.person import Person
from config import settings as settings_module
from data import database
from server.api.application import application
from server.routes import everything
from tests.product import ROOT, RunningApp

KINDS = ("none", "expired", "viewer", "operator", "manager", "admin")
SCHEMA = schemathesis.openapi.from_dict(application().state.openapi())
CHECKS = [
    checks.not_a_server_error,
    checks.CHECKS.get_one("status_code_conformance"),
    checks.CHECKS.get_one("content_type_conformance"),
    checks.CHECKS.get_one("response_schema_conformance"),
    checks.CHECKS.get_one("response_headers_conformance"),
]


@pytest.fixture(scope="module")
def app() -> Iterator[RunningApp]:
    """A product of its own, as generated calls change what they find; nobody has to wait."""
    made = RunningApp(environment={"API_CALLS_PER_MINUTE": "1000000"})
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def callers(app: RunningApp) -> Iterator[dict[str, dict[str, str]]]:
    """The headers of each kind of caller."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIA_HOME", str(app.folder / "home"))
        settings_module.settings.cache_clear()
        database.stop()
        made = {role: _token(role) for role in KINDS[2:]} | {"expired": _token("admin", "old")}
        database.execute("UPDATE api_tokens SET expires_at = now() WHERE name = 'old'")
        database.stop()
    settings_module.settings.cache_clear()
    yield {
        kind: {"Authorization": f"Bearer {made[kind]}"} if kind in made else {} for kind in KINDS
    }


def _token(role: str, name: str = "good") -> str:
    row = people.find("admin")
    owner = Person(row["id"], row["username"], row["name"], row["role"])
    return tokens.make(owner, name, role, timedelta(hours=1))


@pytest.mark.parametrize("kind", KINDS)
@SCHEMA.parametrize()
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_every_caller_as_documented(
    case: Any, kind: str, app: RunningApp, callers: dict[str, dict[str, str]]
) -> None:
    headers = {**(case.headers or {}), **callers[kind]}
    if "Authorization" not in callers[kind]:
        headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
    case.headers, case.cookies = headers, {}
    answer = case.call(base_url=f"{app.url}/api", timeout=30)
    case.validate_response(answer, checks=CHECKS)
    if kind in ("none", "expired") and case.path != "/health":
        assert answer.status_code >= 400, answer.status_code
    if kind == "viewer" and case.path.startswith("/admin/"):
        assert answer.status_code >= 400, answer.status_code


def test_every_route_of_the_server_stands_in_the_runbook() -> None:
    runbook = Path(ROOT / "docs" / "runbook.md").read_text()
    paths = {getattr(route, "path", "") for route in everything()}
    missing = {path for path in paths if f"`{path}" not in runbook and f" {path}`" not in runbook}
    assert not missing

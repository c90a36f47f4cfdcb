"""What every registered vendor has to hold, a fifth one too."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings, settings
from data.integrations import connections, credentials, probe, sync
from data.integrations.client import Making, Vendor
from data.integrations.credentials import Credentials
from data.integrations.errors import NotConfigured
from data.integrations.registry import VENDORS
from data.integrations.world import World
from tests.data.integrations.fake import Answer, Fake, running

ROOT = Path(__file__).parent.parent.parent
every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))


def _given(vendor: Vendor, url: str = "") -> dict[str, str]:
    typed = {each.name: f"S3cret-{each.name}" for each in vendor.inputs}
    typed |= {"region": "eu", "shop": "acme"}
    return (
        typed
        | {name: f"{url}/x" if "url" in name else "m" for name in ("model",)}
        | {
            "base_url": url,
            "token_url": f"{url}/token",
        }
    )


def _client(vendor: Vendor, given: dict[str, str], patience_s: float = 0.0):  # type: ignore[no-untyped-def]
    credential = Credentials(given, frozenset())
    return vendor.make(Making(vendor.name, credential, World(), patience_s, World().now() + 5))


@every_vendor
def test_it_says_what_is_missing_and_how_to_get_it(vendor: Vendor) -> None:
    with pytest.raises(NotConfigured) as raised:
        _client(vendor, {"base_url": "https://{shop}.example.com"})
    assert str(raised.value).endswith(".")
    assert vendor.steps
    assert vendor.inputs


@every_vendor
def test_each_credential_has_a_setting_that_overrides_it(vendor: Vendor) -> None:
    for each in vendor.inputs:
        field = Settings.model_fields[f"{vendor.name}_{each.name}"]
        assert field.description
        assert (
            f"`{vendor.name.upper()}_{each.name.upper()}`"
            in (ROOT / "docs" / "settings.md").read_text()
        )


@every_vendor
def test_secrets_are_marked_as_such(vendor: Vendor) -> None:
    for each in vendor.inputs:
        secret = "SecretStr" in str(Settings.model_fields[f"{vendor.name}_{each.name}"].annotation)
        assert each.secret == secret
        assert (each.name in credentials.SECRET) == secret


@every_vendor
def test_its_streams_have_names_of_their_own(vendor: Vendor) -> None:
    client = _client(vendor, _given(vendor, "http://127.0.0.1:9"))
    names = [each.name for each in client.streams()]
    again = [each.name for each in client.since(World().moment())]
    assert len({*names, *again}) == len(names) + len(again)
    assert all(name.endswith(" again") for name in again)
    assert bool(names) == (vendor.every is not None)


@every_vendor
@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"S3cret", kind="text/plain"),
        Answer(401, {"error": "S3cret"}),
        Answer(403, {"error": "S3cret"}),
        Answer(404, {}),
        Answer(200, b"<html>", kind="text/html"),
        Answer(200, b"{"),
        Answer(200, []),
        Answer(200, {}),
        Answer(fault="close"),
    ],
    ids=["500", "401", "403", "404", "html", "cut-json", "list", "empty", "closed"],
)
def test_whatever_comes_is_said_in_one_sentence_without_secrets(
    vendor: Vendor, answer: Answer, database: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Fake(lambda _: answer)) as fake:
        for name, value in _given(vendor, fake.url).items():
            monkeypatch.setenv(f"{vendor.name.upper()}_{name.upper()}", value)
        settings.cache_clear()
        found = probe.test(vendor.name)
    assert found["healthy"] is False
    assert found["message"].endswith(".")
    assert "\n" not in found["message"]
    assert "S3cret" not in found["message"]
    assert found["response_ms"] < 10_000


@every_vendor
def test_without_configuration_it_is_quiet(vendor: Vendor, database: str, home: Path) -> None:
    settings.cache_clear()
    assert sync.sync(vendor.name).state == "not configured"
    assert connections.named(vendor.name).title == vendor.title


def test_the_guide_names_the_registry() -> None:
    guide = (ROOT / "docs" / "adding-an-integration.md").read_text()
    assert "data/integrations/registry.py" in guide
    assert "tests/contracts/test_integrations.py" in guide

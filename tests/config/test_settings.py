"""Settings: defaults, refusals that name the variable, a page that lists them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import settings_doc
from config.refused import SettingsError
from config.settings import Settings, settings


@pytest.fixture(autouse=True)
def _fresh() -> None:
    settings.cache_clear()


def test_nothing_set_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = settings()
    assert (chosen.company_currency, chosen.company_timezone, chosen.port) == ("GBP", "UTC", 8501)
    assert chosen.sentia_home == tmp_path / ".sentia"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "many"), ("PORT", "99999"), ("COMPANY_TIMEZONE", "Mars/Olympus"),
     ("COMPANY_CURRENCY", "pounds"), ("SENTIA_WORKER", "sometimes")],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_one_sentence_naming_it(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        settings()
    assert str(caught.value).startswith(f"{variable} cannot be used:")
    settings.cache_clear()


def test_a_value_of_another_form_is_told_which_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANY_CURRENCY", "pounds")
    with pytest.raises(SettingsError, match="it must look like GBP"):
        settings()
    settings.cache_clear()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANY_CURRENCY", "")
    assert settings().company_currency == "GBP"
    settings.cache_clear()


def test_a_secret_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/d")
    assert "hidden" not in repr(settings())
    settings.cache_clear()


def test_every_setting_says_what_it_does() -> None:
    for name, described in Settings.model_fields.items():
        assert described.description and described.description.endswith("."), name


def test_the_page_of_settings_is_the_table_of_settings() -> None:
    assert settings_doc.PAGE.read_text() == settings_doc.text(), (
        "run `python manage.py settings-doc`"
    )

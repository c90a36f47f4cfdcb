"""Every setting of the product in one typed table; nothing else reads the environment."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting that cannot be used; its text is one sentence that names the variable."""


class Settings(BaseSettings):
    """Field name = environment variable in lower case. Frozen once read."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    # Process
    port: int = Field(8501, ge=1, le=65535, description="Port of pages and HTTP.")
    sentia_home: Path = Field(
        Path(".sentia"), description="Folder of the embedded database, keys and spool files."
    )
    sentia_worker: Literal["managed", "external"] = Field(
        "managed",
        description="`managed`: the web process starts and watches the worker; "
        "`external`: you run `python manage.py worker`.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line that is written."
    )

    # Database
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL 15 or later, `postgresql://user:password@host/db`; "
        "empty starts the embedded PostgreSQL under SENTIA_HOME.",
    )
    database_pool_size: int = Field(
        10, ge=1, le=100, description="Connections that each process keeps open at most."
    )

    # Company
    company_name: str = Field("Sentia", min_length=1, description="Name shown on every page.")
    company_currency: str = Field(
        "GBP", pattern=r"^[A-Z]{3}$", description="ISO 4217 code that money is shown in."
    )
    company_timezone: str = Field(
        "UTC", description="IANA zone that decides where a business day begins and ends."
    )

    # Sign-in
    sentia_admin_password: SecretStr | None = Field(
        None,
        description="Password of the first admin, used once on an empty database; "
        "empty generates one and prints it once.",
    )

    # Live metrics

    # Integrations

    # Alerts

    # HTTP

    @field_validator("company_timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("must be an IANA time zone such as Europe/London")
        return name

    @model_validator(mode="after")
    def _absolute_home(self) -> Self:
        object.__setattr__(self, "sentia_home", self.sentia_home.expanduser().resolve())
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.company_timezone)


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once. Raises SettingsError with one sentence."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
        reason = first["msg"].removeprefix("Value error, ")
        reason = reason[0].lower() + reason[1:]
        raise SettingsError(f"{name} cannot be used: {reason}. See docs/settings.md.") from None

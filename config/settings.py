"""Every setting of the product in one typed table; nothing else reads the environment."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from socket import gethostname
from typing import Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from config.durations import by_role
from config.refused import SettingsError, sentence
from config.single_sign_on import SingleSignOnSettings


class Settings(SingleSignOnSettings):
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

    sentia_backups_kept: int = Field(
        7, ge=0, le=3660, description="Nightly backups kept in SENTIA_HOME/backups; 0 makes none."
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
    sentia_session_hours: str = Field(
        "8,admin=4",
        description="Hours after which a session ends whatever happens: one number for all, "
        "`role=hours` for a role of its own.",
    )
    sentia_idle_minutes: str = Field(
        "60",
        description="Minutes without anybody touching a page after which a session ends, written "
        "alike; a wall screen of operators wants `60,operator=480`.",
    )
    sentia_activity: Literal["named", "anonymous", "off"] = Field(
        "named",
        description="Page views for the Users page: `named` keeps who looked, `anonymous` only "
        "that somebody did, `off` keeps none.",
    )
    sentia_activity_days: int = Field(
        400, ge=1, le=3660, description="Days that page views are kept."
    )
    sentia_require_mfa: Literal["none", "admin", "all"] = Field(
        "none", description="Whose sign-in needs a second factor: `none`, `admin` or `all`."
    )
    sentia_smtp_url: SecretStr | None = Field(
        None,
        description="Mail server for invitations and forgotten passwords, "
        "`smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`; empty: an admin hands "
        "links over. A password is sent encrypted only: a server without STARTTLS gets none, and "
        "the link is handed over.",
    )
    sentia_mail_from: str = Field("sentia@localhost", description="Sender of those messages.")

    # Live metrics
    instance_name: str = Field(
        "", description="Name of this host on the Performance page; empty: the host's own."
    )
    sample_interval: float = Field(
        5, ge=1, le=60, description="Seconds between two samples of live metrics."
    )
    metrics_raw_days: int = Field(
        7, ge=1, le=90, description="Days that every single sample is kept."
    )
    metrics_minute_days: int = Field(
        90, ge=2, le=3650, description="Days that figures by the minute are kept."
    )
    metrics_hour_days: int = Field(
        1095, ge=7, le=36500, description="Days that figures by the hour are kept."
    )

    # Integrations
    sentia_secret_key: SecretStr | None = Field(
        None,
        description="Key that stored credentials are encrypted under, 16 characters or more; "
        "`new,old` while rotating; empty generates `secrets.key` in SENTIA_HOME.",
    )
    xero_client_id: str | None = Field(None, description="Client id of the Xero app.")
    xero_client_secret: SecretStr | None = Field(
        None, description="Client secret of the Xero app; empty for an app with PKCE."
    )
    xero_base_url: str = Field("https://api.xero.com", description="Address of Xero's API.")
    xero_token_url: str = Field(
        "https://identity.xero.com/connect/token", description="Where Xero gives access tokens."
    )
    xero_authorize_url: str = Field(
        "https://login.xero.com/identity/connect/authorize",
        description="Where a person allows the Xero web app.",
    )
    shopify_shop: str | None = Field(
        None, description="The shop's name, `name` or `name.myshopify.com`."
    )
    shopify_client_id: str | None = Field(None, description="Client id of the Shopify app.")
    shopify_client_secret: SecretStr | None = Field(
        None, description="Client secret of the Shopify app."
    )
    shopify_access_token: SecretStr | None = Field(
        None, description="Static token of an older custom app, instead of client credentials."
    )
    shopify_base_url: str = Field(
        "https://{shop}.myshopify.com", description="Address of the shop's Admin API."
    )
    shopify_token_url: str = Field(
        "", description="Where Shopify gives access tokens; empty: under SHOPIFY_BASE_URL."
    )
    amazon_client_id: str | None = Field(None, description="Login with Amazon client id.")
    amazon_client_secret: SecretStr | None = Field(
        None, description="Login with Amazon client secret."
    )
    amazon_refresh_token: SecretStr | None = Field(
        None, description="Refresh token of the seller's authorisation."
    )
    amazon_region: str = Field("eu", description="Selling region: `na`, `eu` or `fe`.")
    amazon_marketplaces: str = Field(
        "", description="Marketplace ids, comma-separated; empty: all the seller takes part in."
    )
    amazon_base_url: str = Field(
        "https://sellingpartnerapi-{region}.amazon.com", description="Address of the SP-API."
    )
    amazon_token_url: str = Field(
        "https://api.amazon.com/auth/o2/token",
        description="Where Login with Amazon gives access tokens.",
    )
    openai_api_key: SecretStr | None = Field(
        None, description="Key for Explain; empty turns Explain off."
    )
    openai_model: str = Field("gpt-6-luna", description="Model that writes explanations.")
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        description="Address of the OpenAI API or of a local server that speaks it.",
    )
    openai_monthly_tokens: int = Field(
        1_000_000, ge=0, description="Tokens that Explain may use in a calendar month."
    )

    # Alerts
    alert_allow_private_targets: bool = Field(
        False,
        description="Let alert channels and the heartbeat call private and local addresses.",
    )
    alert_group_seconds: int = Field(
        30,
        ge=0,
        le=600,
        description="Alerts of a group that change within this time go as one message.",
    )
    alert_heartbeat_url: SecretStr | None = Field(
        None,
        description="Dead man's switch: called each minute while all is well, so that another "
        "service notices when this one falls silent.",
    )
    public_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Address at which people reach this installation, for links in messages; "
        "empty: http://localhost:PORT.",
    )
    pagerduty_url: str = Field(
        "https://events.pagerduty.com", description="Address of the PagerDuty Events API."
    )
    slack_url: str = Field(
        "https://hooks.slack.com", description="What a Slack incoming webhook must begin with."
    )
    slack_api_url: str = Field(
        "https://slack.com/api", description="Address of the Slack API, for bot tokens."
    )

    # HTTP
    metrics_token: SecretStr | None = Field(
        None,
        description="Bearer token that `/metrics` asks for; empty: it answers this machine only.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of reverse proxies, comma-separated, whose "
        "`X-Forwarded-For` and `X-Forwarded-Proto` are believed; empty: nobody's.",
    )
    allowed_hosts: str = Field(
        "", description="Host names that requests may be addressed to, comma-separated; empty: any."
    )
    allowed_origins: str = Field(
        "",
        description="Further origins, such as `https://intranet.example`, comma-separated, whose "
        "pages may change state or open a live connection here; empty: only this one.",
    )
    frame_ancestors: str = Field(
        "",
        pattern=r"^[^;,\r\n]*$",
        description="Origins that may embed the product in a frame, space-separated; empty: none.",
    )
    api_calls_per_minute: int = Field(
        300, ge=1, description="Calls of `/api` a minute that one token, or one browser, may make."
    )
    http_body_kib: int = Field(
        1024,
        ge=1,
        description="Largest request body in KiB; file uploads have a limit of their own.",
    )

    @field_validator("company_timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("must be an IANA time zone such as Europe/London")
        return name

    @field_validator("sentia_session_hours", "sentia_idle_minutes")
    @classmethod
    def _by_role(cls, given: str) -> str:
        by_role(given)
        return given

    @field_validator("trusted_proxies")
    @classmethod
    def _proxy_addresses(cls, listed: str) -> str:
        for one in filter(None, (part.strip() for part in listed.split(","))):
            try:
                ip_network(one, strict=False)
            except ValueError:
                raise ValueError("must list addresses or networks such as 10.0.0.0/8") from None
        return listed

    @model_validator(mode="after")
    def _absolute_home(self) -> Self:
        object.__setattr__(self, "sentia_home", self.sentia_home.expanduser().resolve())
        return self

    @property
    def instance(self) -> str:
        """The name this host goes by."""
        return self.instance_name or gethostname()

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
        raise SettingsError(sentence(error, Settings.model_fields)) from None

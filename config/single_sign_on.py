"""Settings of single sign-on: which provider, and what its claims mean here."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

_ROLES = ("viewer", "operator", "manager", "admin")


class SingleSignOnSettings(BaseSettings):
    """Part of the table in config/settings.py; without an address and a client there is none."""

    sentia_oidc_metadata_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Where the OpenID provider describes itself, such as "
        "`https://accounts.google.com/.well-known/openid-configuration`; empty: no single "
        "sign-on.",
    )
    sentia_oidc_client_id: str = Field(
        "", description="Client id that the provider gave for this installation."
    )
    sentia_oidc_client_secret: SecretStr | None = Field(
        None, description="Client secret; empty for a client without one, which has PKCE alone."
    )
    sentia_oidc_label: str = Field(
        "single sign-on",
        min_length=1,
        max_length=40,
        description="Whom the button names: “Sign in with …”.",
    )
    sentia_oidc_scopes: str = Field(
        "openid email profile",
        pattern=r"(^|.* )openid( .*|$)",
        description="Scopes that are asked for; `openid` is needed.",
    )
    sentia_oidc_prompt: Literal["select_account", "login", "consent", "provider"] = Field(
        "select_account",
        description="What the provider is asked to show at each sign-in; `provider`: what it "
        "would by itself.",
    )
    sentia_oidc_sign_out: Literal["here", "provider"] = Field(
        "here",
        description="What signing out ends: the session `here`, or at the `provider` too, and with "
        "it that of other applications; `PUBLIC_URL/` must be registered there to come back.",
    )
    sentia_oidc_role_claim: str = Field(
        "roles",
        min_length=1,
        description="Claim of the identity token that holds roles or groups; dots lead into it, as "
        "in Keycloak's `realm_access.roles`.",
    )
    sentia_oidc_roles: str = Field(
        "",
        description="Values of that claim and the role each gives, `value=role`, comma-separated; "
        "the highest counts. Empty: roles are given on the Users page.",
    )
    sentia_oidc_default_role: Literal["refused", "viewer"] = Field(
        "refused",
        description="Role of who has none by the claim: `viewer`, or `refused`.",
    )
    sentia_oidc_second_factor: bool = Field(
        False,
        description="The provider always asks for a second factor; without this only a sign-in "
        "whose `amr` claim says so counts as one.",
    )

    @field_validator("sentia_oidc_roles")
    @classmethod
    def _known_roles(cls, given: str) -> str:
        roles_by_value(given)
        return given

    @model_validator(mode="after")
    def _address_and_client(self) -> Self:
        if bool(self.sentia_oidc_metadata_url) != bool(self.sentia_oidc_client_id):
            raise ValueError(
                "single sign-on needs SENTIA_OIDC_METADATA_URL and SENTIA_OIDC_CLIENT_ID together"
            )
        return self

    @property
    def single_sign_on(self) -> bool:
        """Whether people may sign in through a provider."""
        return bool(self.sentia_oidc_metadata_url and self.sentia_oidc_client_id)


def roles_by_value(given: str) -> dict[str, str]:
    """`sentia-admins=admin,floor=operator` as a dictionary. Raises ValueError."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in given.split(","))):
        value, _, role = part.rpartition("=")
        if not value.strip() or role.strip() not in _ROLES:
            raise ValueError(f"must list value=role, with a role of {', '.join(_ROLES)}")
        found[value.strip()] = role.strip()
    return found

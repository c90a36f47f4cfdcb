"""A real OpenID provider on loopback: npm's `oidc-provider`, see tests/oidc/provider.mjs."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from tests.product import ROOT

FOLDER = ROOT / "tests" / "oidc"
CLIENT = "sentia"
SECRET = "a secret that only the two of them know"


@dataclass
class Provider:
    """Issues identities to one client until it is stopped."""

    redirect_uri: str
    issuer: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        if not (FOLDER / "node_modules").exists():
            subprocess.run(["make", "provider"], cwd=ROOT, check=True, timeout=300)
        self.process = subprocess.Popen(
            ["node", "provider.mjs", self.redirect_uri], cwd=FOLDER, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.issuer = self.process.stdout.readline().strip()
        assert self.issuer, "the provider did not start; run `make provider`"

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def person(self, subject: str, **claims: Any) -> None:
        """Somebody who can sign in there, with what the provider says of them."""
        body = json.dumps(claims).encode()
        request = urllib.request.Request(f"{self.issuer}/people/{subject}", body, method="PUT")
        urllib.request.urlopen(request, timeout=5).close()

    @property
    def settings(self) -> dict[str, str]:
        """What the product is started with."""
        return {
            "SENTIA_OIDC_METADATA_URL": f"{self.issuer}/.well-known/openid-configuration",
            "SENTIA_OIDC_CLIENT_ID": CLIENT,
            "SENTIA_OIDC_CLIENT_SECRET": SECRET,
            "SENTIA_OIDC_LABEL": "Works account",
            "SENTIA_OIDC_ROLE_CLAIM": "realm.roles",
            "SENTIA_OIDC_ROLES": "sentia-admins=admin,office=manager,floor=operator",
        }

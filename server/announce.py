"""The four lines on the terminal: where to open the product and how to sign in."""

from __future__ import annotations

from config.settings import settings


def ready(port: int, generated_password: str | None) -> str:
    """What a person at the terminal needs to know; the password appears here and nowhere else."""
    return "\n".join(
        (
            f"{settings().company_name} dashboard is ready.",
            f"  Open     http://localhost:{port}",
            f"  Sign in  {_sign_in(generated_password)}",
            "  Stop     Ctrl-C",
        )
    )


def _sign_in(generated_password: str | None) -> str:
    if generated_password is not None:
        return f"as admin with {generated_password} (shown this once; change it on Your account)"
    if settings().sentia_admin_password is not None:
        return "with your username and password; the first is admin with SENTIA_ADMIN_PASSWORD"
    return "with your username and password"


def waiting(problem: str) -> str:
    """What to say while an external database is away."""
    return f"{problem} The start goes on by itself; /health/ready tells when it is done."

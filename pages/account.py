"""Your own account: profile, password, second factor, API tokens."""

from __future__ import annotations

from components import guard
from components.heading import heading
from components.panel import panel
from pages import Page, account_factor, account_profile, account_tokens


def render() -> None:
    """What a person may change about themselves."""
    person = guard.person()
    with heading("Your account", f"{person.username}, {person.role}"):
        pass
    if person.scopes is not None:
        account_factor.required()
    with panel("Second factor", "a code of your phone besides the password", key="factor"):
        account_factor.show(person)
    if person.scopes is not None:
        return
    with panel("Profile", key="profile"):
        account_profile.profile(person)
        account_profile.email(person)
    with panel("Password", "signs you out everywhere", key="password"):
        account_profile.password(person)
    with panel("API tokens", "for programs that read or change on your behalf", key="tokens"):
        account_tokens.show(person)


PAGE = Page("account", "Your account", ":material/person:", "", None, render)

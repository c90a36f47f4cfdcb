"""Single sign-on in a browser against a real OpenID provider."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator

import psycopg2
import pytest
from playwright.sync_api import BrowserContext, Route, expect
from playwright.sync_api import Page as Tab

from tests.product import RunningApp
from tests.provider import Provider

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def provider(postgres: Callable[[str], str]) -> Iterator[tuple[Provider, RunningApp]]:
    """The provider and the product that trusts it, with a database of its own."""
    name = f"t_{secrets.token_hex(6)}"
    _sql(postgres("postgres"), f"CREATE DATABASE {name} TEMPLATE migrated")
    app = RunningApp(database_url=postgres(name))
    made = Provider(f"{app.url}/oauth2callback")
    made.start()
    app.environment = made.settings | {"PUBLIC_URL": app.url, "SENTIA_OIDC_SIGN_OUT": "provider"}
    app.start()
    yield made, app
    app.stop()
    made.stop()
    _sql(postgres("postgres"), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def oidc(provider: tuple[Provider, RunningApp]) -> Provider:
    return provider[0]


@pytest.fixture
def product(provider: tuple[Provider, RunningApp]) -> RunningApp:
    return provider[1]


def _sql(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def asked(product: RunningApp, statement: str) -> list[tuple[object, ...]]:
    assert product.database_url
    return _sql(product.database_url, statement)


def enter(tab: Tab, address: str, account: str) -> None:
    """From a page of ours to the provider and back, by hand."""
    tab.goto(address)
    tab.get_by_role("button", name="Sign in with Works account").click()
    at_the_provider(tab, account)


def at_the_provider(tab: Tab, account: str) -> None:
    tab.locator("input[name=account]").fill(account)
    tab.get_by_role("button", name="Continue").click()


def signed_in(tab: Tab) -> None:
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()


def sign_out(tab: Tab) -> None:
    """Here, and at the provider, which asks before it ends its own session."""
    tab.get_by_role("button", name="Sign out").click()
    tab.get_by_role("button", name="Yes, sign me out").click()
    expect(tab.get_by_role("textbox", name="Username")).to_be_visible()


def test_somebody_new_gets_an_account_in_their_role_and_lands_where_they_wanted(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1001", name="Olga Ops", email="olga@example.com", email_verified=True,
                realm={"roles": ["floor", "coffee"]})  # fmt: skip
    tab = context.new_page()
    sent: list[str] = []
    tab.on("request", lambda one: sent.append(one.url))
    enter(tab, f"{product.url}/performance?x=1", "1001")
    signed_in(tab)
    assert tab.url == f"{product.url}/performance?x=1"
    expect(tab.locator(".sx-who")).to_contain_text("Olga Ops")
    expect(tab.locator(".sx-who")).to_contain_text("Operator")
    asking = next(one for one in sent if one.startswith(f"{oidc.issuer}/auth"))
    for part in ("state=", "nonce=", "code_challenge=", "code_challenge_method=S256"):
        assert part in asking
    assert asked(product, "SELECT username, role, password_hash, email FROM users"
                          " WHERE name = 'Olga Ops'") == [
        ("olga@example.com", "operator", None, "olga@example.com")
    ]  # fmt: skip


def test_streamlits_own_cookie_never_reaches_the_browser(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1002", realm={"roles": ["floor"]})
    tab = context.new_page()
    enter(tab, product.url, "1002")
    signed_in(tab)
    names = {str(one["name"]) for one in context.cookies(product.url)}
    assert "sentia_session" in names
    assert not [name for name in names if name.startswith("_streamlit_user")]


def test_signing_out_and_shutting_out_end_it_as_they_end_a_password_session(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1003", preferred_username="sam", realm={"roles": ["floor"]})
    tab = context.new_page()
    enter(tab, product.url, "1003")
    signed_in(tab)
    kept = context.cookies(product.url)
    sign_out(tab)
    context.clear_cookies()
    context.add_cookies(kept)  # type: ignore[arg-type]
    tab.goto(product.url)
    expect(tab.get_by_role("textbox", name="Username")).to_be_visible()
    enter(tab, product.url, "1003")
    signed_in(tab)
    product.manage("users", "disable", "sam")
    expect(tab.get_by_role("textbox", name="Username")).to_be_visible(timeout=5000)
    enter(tab, product.url, "1003")
    expect(tab.get_by_test_id("stAlert")).to_contain_text("Your account here is closed")


def test_signing_out_here_signs_out_at_the_provider_too_where_that_is_set(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1010", realm={"roles": ["floor"]})
    tab = context.new_page()
    enter(tab, product.url, "1010")
    signed_in(tab)
    left = context.request.get(f"{product.url}/auth/logout", max_redirects=0)
    assert left.headers["location"] == "/", "a link signs nobody out"
    signed_in(tab)
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url(f"{oidc.issuer}/session/end**")
    tab.get_by_role("button", name="Yes, sign me out").click()
    tab.wait_for_url(f"{product.url}/")
    expect(tab.get_by_role("textbox", name="Username")).to_be_visible()


def test_a_page_that_is_shut_while_it_signs_out_still_ends_at_the_provider(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1011", realm={"roles": ["floor"]})
    tab = context.new_page()
    enter(tab, product.url, "1011")
    signed_in(tab)

    def late(route: Route) -> None:
        answer = route.fetch()
        time.sleep(3)  # open pages of a session that ended are shut within a second
        route.fulfill(response=answer)

    tab.route("**/auth/session", late)
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url(f"{oidc.issuer}/session/end**")


def test_a_role_changed_at_the_provider_holds_from_the_next_sign_in(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1004", name="Rosa", realm={"roles": ["floor"]})
    tab = context.new_page()
    enter(tab, product.url, "1004")
    expect(tab.locator(".sx-who")).to_contain_text("Operator")
    oidc.person("1004", name="Rosa", realm={"roles": ["office", "floor"]})
    sign_out(tab)
    enter(tab, product.url, "1004")
    expect(tab.locator(".sx-who")).to_contain_text("Manager")
    oidc.person("1004", name="Rosa", realm={"roles": []})
    sign_out(tab)
    enter(tab, product.url, "1004")
    expect(tab.get_by_test_id("stAlert")).to_contain_text("You have no role here")


def test_who_declines_there_is_told_so_here(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    tab = context.new_page()
    tab.goto(product.url)
    tab.get_by_role("button", name="Sign in with Works account").click()
    tab.get_by_role("button", name="Decline").click()
    expect(tab.get_by_test_id("stAlert")).to_contain_text("did not confirm who you are")


def test_a_return_that_this_browser_did_not_begin_signs_nobody_in(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1005", realm={"roles": ["floor"]})
    mine = context.new_page()
    returns: list[str] = []
    mine.on("request", lambda one: returns.append(one.url))
    enter(mine, product.url, "1005")
    signed_in(mine)
    other = context.browser.new_context()  # type: ignore[union-attr]
    theirs = other.new_page()
    theirs.goto(next(one for one in returns if "/oauth2callback" in one))
    expect(theirs.get_by_test_id("stAlert")).to_contain_text("began in another browser")
    assert "sentia_session" not in {one["name"] for one in other.cookies(product.url)}
    other.close()


def test_the_second_factor_set_up_here_is_asked_for_unless_the_provider_had_one(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1006", realm={"roles": ["floor"]}, preferred_username="tom")
    tab = context.new_page()
    enter(tab, product.url, "1006")
    signed_in(tab)
    asked(product, "INSERT INTO second_factors (user_id, sealed, confirmed_at)"
                   " SELECT id, 'x', now() FROM users WHERE username = 'tom'")  # fmt: skip
    sign_out(tab)
    enter(tab, product.url, "1006")
    expect(tab.get_by_text("Enter your code")).to_be_visible()
    oidc.person("1006", realm={"roles": ["floor"]}, preferred_username="tom", amr=["pwd", "mfa"])
    context.clear_cookies()
    enter(tab, product.url, "1006")
    signed_in(tab)


def test_a_step_up_sends_to_the_provider_and_comes_back_to_the_same_page(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1007", realm={"roles": ["sentia-admins"]}, name="Ada")
    tab = context.new_page()
    enter(tab, f"{product.url}/users?view=Accounts", "1007")
    signed_in(tab)
    tab.get_by_role("button", name="Confirm with Works account").click()
    at_the_provider(tab, "1007")
    expect(tab.get_by_role("button", name="Set role")).to_be_visible()
    assert tab.url == f"{product.url}/users?view=Accounts"


def test_a_step_up_by_somebody_else_confirms_nothing(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.person("1008", realm={"roles": ["sentia-admins"]}, name="Adam")
    tab = context.new_page()
    enter(tab, f"{product.url}/users?view=Accounts", "1008")
    signed_in(tab)
    tab.get_by_role("button", name="Confirm with Works account").click()
    at_the_provider(tab, "1007")
    expect(tab.get_by_test_id("stAlert").last).to_contain_text("did not confirm who you are")
    assert tab.get_by_role("button", name="Set role").count() == 0


def test_a_provider_that_is_away_is_one_sentence_and_passwords_still_work(
    oidc: Provider, product: RunningApp, context: BrowserContext
) -> None:
    oidc.stop()
    tab = context.new_page()
    tab.goto(product.url)
    tab.get_by_role("button", name="Sign in with Works account").click()
    expect(tab.get_by_test_id("stAlert")).to_contain_text("did not answer; try again")
    tab.get_by_role("textbox", name="Username").fill("admin")
    tab.get_by_role("textbox", name="Password").fill(product.admin_password)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    signed_in(tab)

"""The picture in the README is this product: `make screenshot` takes it anew."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.product import ROOT, RunningApp

_FOLDER = ROOT / "test-results"


def test_a_manager_sees_the_sample_company_on_the_business_page(
    app: RunningApp, signed_in: Callable[..., Page]
) -> None:
    assert app.manage("sample", "load", "--orders", "20000").returncode == 0
    page = signed_in("business")
    page.get_by_text("Sample data").wait_for()
    page.locator("canvas").first.wait_for()
    page.wait_for_timeout(1500)  # the charts' opening animation
    _FOLDER.mkdir(exist_ok=True)
    picture = page.screenshot(path=_FOLDER / "business.png")
    assert len(picture) > 50_000, "a page without its charts is a small picture"

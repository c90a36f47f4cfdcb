"""The page around the pages and its files: quick, cacheable, and nothing that was not asked for."""

from __future__ import annotations

import gzip
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from server.assets import FOLDER
from tests.product import RunningApp
from tests.server.processes import eventually


def fetch(app: RunningApp, path: str, **headers: str) -> Any:
    request = urllib.request.Request(
        app.url + path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return urllib.request.urlopen(request)


def test_every_page_gets_the_document_under_the_companys_name(app: RunningApp) -> None:
    for path in ("/", "/performance", "/no-such-page"):
        with fetch(app, path) as answer:
            body = answer.read().decode()
            assert "<title>Sentia</title>" in body
            assert answer.headers["Cache-Control"] == "no-cache"
            assert "agent" not in body


def test_the_document_names_our_sheet_and_our_font(app: RunningApp) -> None:
    body = fetch(app, "/").read().decode()
    found = re.search(
        r'<link rel="stylesheet" href="(/app/static/sentia\.css\?v=\w+)"></body>', body
    )
    assert found is not None
    with fetch(app, found[1]) as answer:
        sheet = answer.read().decode()
        assert answer.headers["Content-Type"].startswith("text/css")
    assert "--sx-card" in sheet
    assert 'content:"Sentia"' in sheet
    assert "SourceSans" not in body
    font = re.search(r'rel="preload"\s+href="([^"]+)"', body)
    assert font is not None
    assert fetch(app, font[1]).headers["Content-Type"] == "font/woff2"


def test_only_who_is_signed_in_fetches_charts_ahead(app: RunningApp) -> None:
    assert "EChartsChart" not in fetch(app, "/").read().decode()
    body = fetch(app, "/", Cookie="sentia_session=whatever").read().decode()
    for name in re.findall(r'href="/static/js/([^"]+)"', body):
        assert (FOLDER / "static" / "js" / name).is_file()
    assert "EChartsChart" in body


def test_files_are_kept_for_ever_and_come_compressed(app: RunningApp) -> None:
    file = next((FOLDER / "static" / "js").glob("index.*.js"))
    path = f"/static/js/{file.name}"
    with fetch(app, path) as answer:
        assert answer.read() == file.read_bytes()
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].endswith("/javascript")

    def compressed() -> bool:
        with fetch(app, path, Accept_Encoding="gzip") as answer:
            return (
                answer.headers["Content-Encoding"] == "gzip"
                and gzip.decompress(answer.read()) == file.read_bytes()
            )

    eventually(compressed, 10)


@pytest.mark.parametrize(
    "path",
    ["/static/../index.html", "/static/%2e%2e/%2e%2e/app.py", "/static/js/..%2f..%2findex.html"],
)
def test_no_path_leads_out_of_the_folder(app: RunningApp, path: str) -> None:
    assert "__streamlit" not in app.get(path)[1]
    assert "st.App" not in app.get(path)[1]


def test_a_deep_link_opens_its_live_connection_without_asking_around(
    app: RunningApp, context: BrowserContext
) -> None:
    page = context.new_page()
    missing: list[str] = []
    said: list[str] = []
    page.on("response", lambda r: missing.append(r.url) if r.status >= 400 else None)
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.goto(f"{app.url}/performance")
    page.get_by_label("Username").wait_for()
    page.wait_for_timeout(500)
    assert not missing
    assert not said

"""The page around the pages: Streamlit's own, told where its server is and what comes next."""

from __future__ import annotations

import hashlib
import re
from html import escape
from pathlib import Path

import streamlit
from starlette.datastructures import Headers
from starlette.types import Scope

from auth.sessions import COOKIE
from components import style

FOLDER = Path(streamlit.__file__).parent / "static"
# The browser then opens its live connection at once, where it would first ask twice for health
# and configuration at each level of the address; and no other origin may send it messages.
_SCRIPT = """
      window.prerenderReady = false
      window.__streamlit = {
        BACKEND_BASE_URL: window.location.origin + "/",
        HOST_CONFIG: {
          allowedOrigins: [window.location.origin],
          useExternalAuthToken: false,
          enableCustomParentMessages: false,
          metricsUrl: "",
        },
      }
    """
# The font of the theme, instead of the one that Streamlit would fetch ahead and never write with.
_FONT = re.compile(r"\./static/media/SourceSans[^\"]*")
_OUR_FONT = "/app/static/geist.woff2"
SHEET = "/app/static/sentia.css"
_WITHOUT_SCRIPT = "<noscript><p>This dashboard needs JavaScript.</p></noscript>"
# What every page of ours draws with; each brings along what it imports.
_SOON = ("EChartsChart", "Html", "Selectbox", "PageLink")
_IMPORT = re.compile(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")
_RESERVED = ("/health", "/metrics", "/api", "/media", "/component", "/static", "/app", "/auth",
             "/oauth2callback")  # fmt: skip


class Document:
    """The HTML, in one form for who is signed in and one for who is not yet."""

    def __init__(self, title: str) -> None:
        page = (FOLDER / "index.html").read_text("utf-8")
        self.sheet = style.sheet(title)
        self.plain = _ours(page, title, self.sheet)
        self.ahead = self.plain.replace(
            b"</head>", "".join(map(_link, needed_soon(page))).encode() + b"</head>"
        )

    def is_asked_for(self, scope: Scope) -> bool:
        """Whether a browser opens a page: a path of one part that nothing else answers for."""
        path: str = scope["path"]
        return (
            path.count("/") == 1
            and "." not in path
            and not path.startswith("/_")
            and path not in _RESERVED
        )

    def body_for(self, scope: Scope) -> bytes:
        """Whoever comes with a session will draw charts; the login form needs none."""
        signed_in = f"{COOKIE}=" in Headers(scope=scope).get("cookie", "")
        return self.ahead if signed_in else self.plain


def needed_soon(page: str) -> list[str]:
    """Scripts that the first page will import and the document does not name yet."""
    folder = FOLDER / "static" / "js"
    wanted = [file.name for stem in _SOON for file in folder.glob(f"{stem}.*.js")]
    found: list[str] = []
    while wanted:
        name = wanted.pop()
        if name in found or name in page:
            continue
        found.append(name)
        wanted += _IMPORT.findall(_beginning(folder / name))
    return found


def _beginning(file: Path) -> str:
    """Where a bundler writes the imports."""
    with file.open("rb") as opened:
        return opened.read(16_384).decode("utf-8", "ignore")


def _ours(page: str, title: str, sheet: bytes) -> bytes:
    page = re.sub(r"<!--.*?-->\s*", "", page, flags=re.DOTALL)
    page = re.sub(r"<title>.*?</title>", f"<title>{escape(title)}</title>", page)
    page = re.sub(r'<link rel="service-desc"[^>]*>\s*', "", page)
    page = re.sub(r"<noscript>.*?</noscript>", _WITHOUT_SCRIPT, page, flags=re.DOTALL)
    page = re.sub(r"<script>.*?</script>", lambda _: f"<script>{_SCRIPT}</script>", page,
                  count=1, flags=re.DOTALL)  # fmt: skip
    page = _FONT.sub(_OUR_FONT, page)
    # After what the head will hold: where both say something, ours holds.
    version = hashlib.sha256(sheet).hexdigest()[:8]
    page = page.replace("</body>", f'<link rel="stylesheet" href="{SHEET}?v={version}"></body>')
    # A page of one path segment finds them either way; from the root they need no base.
    return page.replace('"./', '"/').encode()


def _link(name: str) -> str:
    return f'<link rel="modulepreload" crossorigin href="/static/js/{name}">'

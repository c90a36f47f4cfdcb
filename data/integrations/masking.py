"""Takes secrets out of whatever is written down or shown."""

from __future__ import annotations

import re

_NAMED = re.compile(
    r"(?i)(access_token|refresh_token|client_secret|client_id|api_key|authorization|code_verifier|"
    r"x-amz-access-token|x-shopify-access-token|password|paginationToken|nextToken|code)"
    r"(\"?\s*[=:]\s*\"?)(?:(?:Bearer|Basic)\s+)?[^\s\"'&,;}]+"
)
_SHAPED = re.compile(
    r"\b(shp(?:at|ca|pa|ss|ua)_\w+|sk-[\w-]{8,}|Atz[ar]\|\S+|eyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?|"
    r"amzn1\.(?:application-oa2-client|oa2-cs)\.\S+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w~+/.=-]{8,}")
_USER = re.compile(r"(://[^:/\s@]*:)[^@\s]+@")


def mask(text: str, *secrets: str | None) -> str:
    """`text` without the given secrets and without anything that looks like one."""
    for secret in sorted((s for s in secrets if s), key=len, reverse=True):
        text = text.replace(secret, "***")
    text = _NAMED.sub(r"\1\2***", text)
    text = _SHAPED.sub("***", text)
    text = _BEARER.sub(r"\1 ***", text)
    return _USER.sub(r"\1***@", text)

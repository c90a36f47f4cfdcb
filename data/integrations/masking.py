"""Takes secrets out of whatever is written down or shown."""

from __future__ import annotations

import re

_NAMES = (
    r"[\w-]{0,40}token|[\w-]{0,40}secret|[\w-]{0,40}password|[\w-]{0,40}api[_-]?key|"
    r"[\w-]{0,40}signature|authorization|client_id|code_verifier|code"
)
# `name=value`, `"name": "value"` as in JSON, also escaped within a string, `'name': 'value'` and
# `('name', 'value')` as Python writes them, `name%3Dvalue` in an address.
_BETWEEN = r"(?:[\"']\s*,\s*|\\*[\"']?\s*[=:]\s*|%3[AaDd])"
_VALUE = (
    r"(?:\\+\".*?\\+\"|\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|"
    r"(?:(?:Bearer|Basic)\s+)?[^\s\"'&,;}\\]+)"
)
_NAMED = re.compile(rf"(?i)\b({_NAMES})({_BETWEEN}){_VALUE}")
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

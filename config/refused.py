"""A setting that cannot be used, in one sentence that names it and says what would do."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic.fields import FieldInfo


class SettingsError(Exception):
    """Its text is one sentence that names the variable."""


def sentence(error: ValidationError, fields: Mapping[str, FieldInfo]) -> str:
    """The first complaint; where a form is asked for, its default instead of a pattern."""
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    reason = first["msg"].removeprefix("Value error, ")
    known = fields.get(field)
    if first["type"] == "string_pattern_mismatch" and known and known.description:
        reason = f"it must look like {known.default} ({known.description.rstrip('.')})"
    return (
        f"{field.upper() or 'A setting'} cannot be used: {reason[0].lower()}{reason[1:]}. "
        "See docs/settings.md."
    )

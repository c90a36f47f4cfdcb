"""What can go wrong at a vendor; each text is one sentence with what happened and what to do."""

from __future__ import annotations

from data.integrations.masking import mask


class VendorError(Exception):
    """Root of every failure of a vendor's API. `state` is what the connection becomes.

    What a vendor said may stand in the sentence: whatever looks like a secret is taken out.
    """

    state = "failing"

    def __init__(self, sentence: str) -> None:
        super().__init__(mask(sentence))


class NotConfigured(VendorError):
    """Credentials are missing."""

    state = "not configured"


class Unreachable(VendorError):
    """No usable answer came: network, timeout, 5xx, cut-off body; worth trying again."""


class BreakerOpen(Unreachable):
    """The vendor failed several times in a row and is left alone until `until` (epoch s)."""

    def __init__(self, sentence: str, until: float) -> None:
        super().__init__(sentence)
        self.until = until


class Limited(VendorError):
    """The vendor's limit `kind` is used up; `until` is when it may be asked again (epoch s)."""

    state = "degraded"

    def __init__(self, sentence: str, kind: str, until: float) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.until = until


class SignInRefused(VendorError):
    """The vendor refuses the credentials; a person has to act."""


class NotAllowed(VendorError):
    """The credentials are good, but do not allow this; a person has to act."""


class Unexpected(VendorError):
    """An answer that is not what the vendor documents."""


class Refused(VendorError):
    """The vendor calls the request itself wrong (4xx)."""


class TooCostly(Refused):
    """One query asks for more than the vendor allows at once; a smaller page helps."""


class PositionLost(VendorError):
    """A paging token is no longer accepted; the walk starts again at its last sure point."""

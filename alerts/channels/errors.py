"""What can go wrong while telling: each error knows whether to try again."""

from __future__ import annotations


class DeliveryError(Exception):
    """A message that did not arrive; its text is one sentence without any secret."""

    permanent = False

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Temporary(DeliveryError):
    """It may work later: the network, a busy or broken server."""


class Throttled(Temporary):
    """The receiver asks to wait; `retry_after` in seconds where it says how long."""


class Permanent(DeliveryError):
    """It will not work until somebody changes something: give up at once."""

    permanent = True

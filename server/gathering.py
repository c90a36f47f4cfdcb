"""What a run draws reaches the event loop in few turns, in the order in which it was drawn.

Stock Streamlit wakes the loop for each message. Sixty times in a run, loop and run then take turns
at Python's lock, which costs an eighth of the time of a rerun.
"""

from __future__ import annotations

import threading
from typing import Any

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

# The longest that something drawn waits for what is drawn after it.
WAIT_S = 0.02
_DRAWN = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG
_lock = threading.Lock()
_tell = AppSession._on_scriptrunner_event


def apply() -> None:
    """Let sessions that begin from now on gather."""
    AppSession._on_scriptrunner_event = _gathered  # type: ignore[method-assign, assignment]


def _gathered(
    self: Any, sender: Any, event: ScriptRunnerEvent, forward_msg: Any = None, **more: Any
) -> None:
    """Called in the thread of a run, in place of the session's own."""
    with _lock:
        batch: list[Any] = self.__dict__.setdefault("sentia_batch", [])
        if event is _DRAWN:
            batch.append((sender, forward_msg))
            first = len(batch) == 1
        else:
            # Closed here and not on the loop: what the next run draws must not get into it.
            self.sentia_batch = []
    if event is not _DRAWN:
        self._call_soon_on_event_loop(lambda: _hand_over(self, batch))
        _tell(self, sender, event, forward_msg, **more)
    elif first:
        later = self._event_loop.call_later
        self._call_soon_on_event_loop(lambda: later(WAIT_S, _hand_over, self, batch))


def _hand_over(self: Any, batch: list[Any]) -> None:
    """Called on the event loop, twice for a batch that was closed before its time."""
    with _lock:
        if self.sentia_batch is batch:
            self.sentia_batch = []
        drawn = batch.copy()
        batch.clear()  # before it is told: what broke in the middle is not told again
    for sender, message in drawn:
        self._handle_scriptrunner_event_on_event_loop(sender, _DRAWN, message)

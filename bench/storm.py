"""People who sign in again and again: a program of its own, as they have machines of their own."""

from __future__ import annotations

import asyncio
import os
import sys
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench import wire
from bench.servers import PASSWORD, ROOT

SECONDS = 8.0
PEOPLE = 8


async def begun(url: str) -> asyncio.subprocess.Process:
    """Start a storm against the product at `url`."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.storm", url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )


async def ended(raging: asyncio.subprocess.Process) -> int:
    """Wait for its end; returns how many times somebody signed in."""
    said, _ = await raging.communicate()
    return int(said)


async def _signing_in(url: str, end: float) -> int:
    done = 0
    while time.perf_counter() < end:
        page = await wire.opened(url, keep=True)
        await page.submit(_filled(page.deltas))
        await page.connection.close()
        done += 1
    return done


def _filled(deltas: list[ForwardMsg]) -> BackMsg:
    """The login form with the admin's name and password, sent off."""
    message = BackMsg()
    for delta in deltas:
        element = delta.delta.new_element
        if element.WhichOneof("type") == "text_input":
            state = message.rerun_script.widget_states.widgets.add(id=element.text_input.id)
            name = element.text_input.label == "Username"
            state.string_value = "admin" if name else PASSWORD
        elif element.WhichOneof("type") == "button" and element.button.is_form_submitter:
            message.rerun_script.widget_states.widgets.add(id=element.button.id, trigger_value=True)
    return message


async def _rage(url: str) -> int:
    end = time.perf_counter() + SECONDS
    return sum(await asyncio.gather(*(_signing_in(url, end) for _ in range(PEOPLE))))


if __name__ == "__main__":
    # Their own processors would do this work; here it must not take the product's.
    os.nice(10)
    print(asyncio.run(_rage(sys.argv[1])))

"""A process that sends what is due to a ledger file, until it is killed."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

from alerts import delivery
from alerts.channels.config import ChannelConfig, Receipt, Surroundings
from alerts.channels.message import Message


def main(ledger: str, began: float) -> None:
    """All clocks run 40 times as fast since `began`, so that leases end within the test."""
    handle = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def clock() -> datetime:
        return datetime.fromtimestamp(began + (time.time() - began) * 40, UTC)

    def send(message: Message, config: ChannelConfig, _: Surroundings, __: str | None) -> Receipt:
        lines = [
            f"{config.name} {item.dedup_key} {item.event} {message.key}" for item in message.items
        ]
        os.write(handle, ("\n".join(lines) + "\n").encode())
        time.sleep(0.004)
        return Receipt("ok")

    print("ready", flush=True)
    while True:
        delivery.deliver(clock, send)
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))

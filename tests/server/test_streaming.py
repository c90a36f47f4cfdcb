"""What a blocking writer produces, sent while it is made; whoever leaves stops it."""

from __future__ import annotations

import threading
from typing import IO

import pytest

from server.api.streaming import Gone, stream


def test_the_parts_come_in_order_and_end() -> None:
    def work(target: IO[bytes]) -> None:
        for number in range(40):
            target.write(b"%d," % number)

    assert b"".join(stream(work)) == b"".join(b"%d," % number for number in range(40))


def test_a_failure_before_the_first_part_is_raised_at_once() -> None:
    def work(_: IO[bytes]) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        stream(work)


@pytest.mark.parametrize("read", [0, 1, 5])
def test_a_reader_who_leaves_ends_the_writer_however_much_was_read(read: int) -> None:
    ended = threading.Event()

    def work(target: IO[bytes]) -> None:
        try:
            while True:
                target.write(b"row\n")
        except Gone:
            ended.set()
            raise

    parts = stream(work)
    assert [next(parts) for _ in range(read)] == [b"row\n"] * read
    del parts
    assert ended.wait(5)

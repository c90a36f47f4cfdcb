"""Reading, writing and failing in words."""

from __future__ import annotations

import io
import time

import pytest
from sqlalchemy.exc import ProgrammingError

from config import settings as settings_module
from data import database as db


def test_parameters_are_bound(database: str) -> None:
    assert db.scalar("SELECT :text", text="'; DROP TABLE users; --") == "'; DROP TABLE users; --"


def test_a_transaction_that_fails_leaves_nothing(database: str) -> None:
    db.execute("CREATE TABLE kept (n int)")
    with pytest.raises(ZeroDivisionError), db.transaction() as opened:
        opened.exec_driver_sql("INSERT INTO kept VALUES (1)")
        raise ZeroDivisionError
    assert db.scalar("SELECT count(*) FROM kept") == 0


def test_a_frame_has_floats_for_numerics_and_utc_instants(database: str) -> None:
    frame = db.frame("SELECT 1.5::numeric AS n, now() AS at, NULL::float AS missing, 'x' AS t")
    assert [str(kind) for kind in frame.dtypes[:2]] == ["float64", "datetime64[us, UTC]"]
    assert frame["missing"].isna().all()


def test_copy_takes_rows_in_within_the_callers_transaction(database: str) -> None:
    db.execute("CREATE TABLE kept (n int)")
    with db.transaction() as opened:
        db.copy_from(opened, "COPY kept FROM STDIN", io.StringIO("1\n2\n"))
        assert db.scalar("SELECT count(*) FROM kept") == 0
    assert db.scalar("SELECT sum(n) FROM kept") == 3


def test_an_error_of_the_statement_is_not_called_an_outage(database: str) -> None:
    with pytest.raises(ProgrammingError):
        db.read("SELECT * FROM nowhere")


def test_an_unreachable_server_is_one_sentence_within_two_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://sentia:secret@127.0.0.1:9/sentia")
    settings_module.settings.cache_clear()
    db.stop()
    db.start()
    begun = time.monotonic()
    with pytest.raises(db.DatabaseUnavailable) as caught:
        db.scalar("SELECT 1")
    assert time.monotonic() - begun < 2.5
    assert "secret" not in str(caught.value)
    db.stop()
    settings_module.settings.cache_clear()


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense", "postgresql://h:port/d"])
def test_an_address_that_is_none_is_refused_in_words(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    settings_module.settings.cache_clear()
    db.stop()
    with pytest.raises(db.DatabaseRefused, match="DATABASE_URL"):
        db.start()
    settings_module.settings.cache_clear()

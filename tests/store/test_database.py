"""One writer's transactions: all or nothing, broken off by a stop request, even inside a statement."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.conftest import FakeClock
from worksupport.errors import InterruptedRunError, TerminatedRunError
from worksupport.store.database import Store, raise_data_version

_ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def _types(store: Store) -> set[int]:
    return {type_id for (type_id,) in store.read("SELECT id FROM issue_types")}


def _change(store: Store, then: Callable[[sqlite3.Connection], object]) -> None:
    """A transaction that changes something before it comes to the point."""
    with store.transaction() as connection:
        connection.execute("DELETE FROM issue_types WHERE id = -1")
        then(connection)


def test_a_stop_request_breaks_off_a_long_statement(store: Store, clock: FakeClock) -> None:
    before = _types(store)
    threading.Timer(0.05, clock.request_stop, [15]).start()
    with pytest.raises(TerminatedRunError):
        _change(store, lambda connection: connection.execute(_ENDLESS))
    assert _types(store) == before


def test_after_a_stop_request_only_the_record_is_still_written(store: Store, clock: FakeClock) -> None:
    clock.request_stop()
    with pytest.raises(InterruptedRunError):
        _change(store, lambda connection: None)
    with store.transaction(even_if_stopped=True) as connection:
        connection.execute(_ENDLESS.replace("FROM n)", "FROM n LIMIT 200000)")).fetchall()
        connection.execute("DELETE FROM issue_types WHERE id = -1")
    assert -1 not in _types(store)


def test_an_error_rolls_back(store: Store) -> None:
    before = _types(store)
    with pytest.raises(ZeroDivisionError):
        _change(store, lambda connection: 1 / 0)
    assert _types(store) == before


def test_the_data_version_only_rises(store: Store) -> None:
    """Also when the clock is set back, or stands still; never below the time of day."""
    versions = []
    for now in ("2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00.000Z", "2026-11-22T11:00:00.000Z"):
        with store.transaction() as connection:
            raise_data_version(connection, now)
        versions += store.read("SELECT data_version FROM data_state")
    noon = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() * 1000)
    assert versions == [(noon,), (noon + 1,), (noon + 2,)]

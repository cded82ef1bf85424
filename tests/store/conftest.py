"""An open store with the default issue types, and one run after another in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from worksupport.model.issue_fields import IssueRow
from worksupport.store.database import Store
from worksupport.store.upsert import Merged, merge, stage_aside

Harvest = Callable[..., Merged]


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    """A new database, open for writing."""
    store = Store(tmp_path / "w.db", clock)
    with store.transaction() as connection:
        for type_id in (-1, 10004, 10000, 10101):
            connection.execute(
                "INSERT INTO issue_types (id, name) VALUES (?, ?)", [type_id, f"type {type_id}"]
            )
    yield store
    store.close()


@pytest.fixture
def merge_page(store: Store) -> Harvest:
    """merge_page("run", row, row) merges one page of that run."""

    def merge_one_page(run_id: str, *rows: IssueRow) -> Merged:
        with store.transaction() as connection:
            stage_aside(connection, rows, run_id)
            return merge(connection, run_id, store.clock.now_text())

    return merge_one_page


@pytest.fixture
def kept(store: Store) -> Callable[[], dict[str, tuple[str, str | None, bool]]]:
    """kept() gives, by source_id: key, parent key and whether it is missing."""

    def read() -> dict[str, tuple[str, str | None, bool]]:
        rows = store.connection.execute("SELECT source_id, issue_key, parent_key, missing_since FROM issues")
        return {source_id: (key, parent, missing is not None) for source_id, key, parent, missing in rows}

    return read

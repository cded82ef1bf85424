"""How SQLite finds what a page of a harvest needs: it must never cost a scan of all issues."""

import pytest

from tests.store.conftest import Harvest
from tests.store.rows_made import made_row
from worksupport.store import known
from worksupport.store import upsert as merging
from worksupport.store.database import Store

_NAMES = ("_DOUBLED", "_DISPLACED", "_MOVED", "_TOUCHED", "_UPSERT", "_SEEN")
_STATEMENTS = {name: getattr(merging, name) for name in _NAMES}
_STATEMENTS |= {f"_SIDE_TABLES {number}": text for number, text in enumerate(merging._SIDE_TABLES)}


@pytest.mark.parametrize("name", _STATEMENTS)
def test_issues_are_found_by_an_index(store: Store, merge_page: Harvest, name: str) -> None:
    """After a page, when the temporary tables are there."""
    merge_page("run", made_row("1", "A-1"))
    values = {"run": "run", "now": "2026-01-01T00:00:00.000Z"}
    plan = store.connection.execute(f"EXPLAIN QUERY PLAN {_STATEMENTS[name]}", values)
    steps = [step for *_, step in plan]
    assert steps
    assert not [step for step in steps if step in ("SCAN issues", "SCAN i", "SCAN o")]


@pytest.mark.parametrize("statement", [known._WITH_ALL_ABOVE, known._WITH_ALL_BELOW], ids=["above", "below"])
def test_what_is_known_is_not_found_by_its_source_alone(store: Store, statement: str) -> None:
    plan = store.connection.execute(f"EXPLAIN QUERY PLAN {statement}", {"source": "jira", "named": "[]"})
    steps = [step for *_, step in plan]
    assert any("(source=? AND source_id=?)" in step for step in steps)
    assert not [step for step in steps if "(source=?)" in step or step == "SCAN issues"]

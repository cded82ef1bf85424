"""What a run has counted of the whole tree: answers are the same with it and without."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Answer, Moving
from tests.filled_database import fill, issue
from worksupport.errors import NotFoundError
from worksupport.model.filters import Filters
from worksupport.queries.placement import place
from worksupport.queries.reader import answer
from worksupport.queries.tree import TreeQuestion, drawn_document, tree_text
from worksupport.sandbox.past import change_jira
from worksupport.sandbox.server import Sandbox
from worksupport.store.settled import settle

Run = Callable[..., Answer]
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
QUESTIONS = (
    {"max_depth": 1},
    {"label": "rare"},
    {"label": "rare", "max_depth": 1},
    {"state": "open", "max_depth": 2},
    {"missing": True},
    {"root_type": "Feature", "max_depth": 1},
    {"key": "K-1"},
)
KEYS = [f"K-{number}" for number in range(12)]


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Issues below whatever they please: circles, roots below roots, parents in another case."""
    parents = st.sampled_from([None, *KEYS, *map(str.lower, KEYS), "GONE-1"])
    return [
        issue(
            key,
            draw(st.sampled_from(["Product Version", "Feature", "Story", None])),
            parent=draw(parents),
            status=draw(st.sampled_from(["Open", "Done", "Won't Do", None])),
            category=draw(st.sampled_from(["new", "done", None])),
            labels=draw(st.sampled_from([(), ("rare",)])),
            missing_since=draw(st.sampled_from([None, None, None, "2026-11-01T00:00:00.000Z"])),
            updated_at=draw(st.sampled_from([None, "2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"])),
        )
        for key in KEYS
    ]


def question(given: dict[str, Any]) -> TreeQuestion:
    own = {name: given[name] for name in ("max_depth", "root_type", "key") if name in given}
    filters = {name: value for name, value in given.items() if name not in own}
    return TreeQuestion(**own, filters=Filters(**filters))


def answers(path: Path) -> list[object]:
    asked = [question(given) for given in QUESTIONS]
    return [told(path, each, read) for each in asked for read in (tree_text, drawn_document)]


def told(path: Path, asked: TreeQuestion, read: Callable[..., object]) -> object:
    try:
        return answer(path, lambda found: read(found, asked))
    except NotFoundError as error:  # the key may be missing
        return error.message


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows())
def test_answers_are_the_same_with_it(tmp_path: Path, issues: list[dict[str, Any]]) -> None:
    path = tmp_path / "team.db"
    path.unlink(missing_ok=True)
    fill(path, issues)
    before = answers(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        settle(connection)
    assert answers(path) == before


@pytest.mark.parametrize("command", [["harvest"], ["harvest", "--quick"], ["reload"]])
def test_every_run_settles_and_what_changes_unsettles(
    site: Sandbox, configured: Callable[..., Path], run: Run, command: list[str]
) -> None:
    path = configured(site)
    clock = Moving(NOON)
    assert run("harvest", "-q", clock=clock).exit_code == 0
    change_jira(site.world, site.world.jira_issues["IAIPORT-3"], "status", "Done", NOON, site.world.team[0])
    clock.moment = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    before = json.loads(run("tree", "--json", "--max-depth", 1, clock=clock).out)
    assert run(*command, "-q", clock=clock).exit_code == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT is_settled FROM data_state").fetchone() == (1,)
    settled = run("tree", "--json", "--max-depth", 1, clock=clock).out
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE data_state SET is_settled = 0")
    assert run("tree", "--json", "--max-depth", 1, clock=clock).out == settled
    # By the sandbox's clock the change is too old for a quick one.
    assert (json.loads(settled)["hierarchy"] == before["hierarchy"]) == ("--quick" in command)


def test_little_is_read_where_it_is_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tops = [issue("PV-1", "Product Version"), issue("PV-2", "Product Version")]
    below = [issue(f"S-{n}", parent="PV-1", labels=["rare"] if n == 7 else []) for n in range(500)]
    path = fill(tmp_path / "team.db", [*tops, *below, issue("BUG-1", None)])
    with closing(sqlite3.connect(path)) as connection, connection:
        settle(connection)
    read: list[int] = []
    original = place

    def counted(keys: list[str], *given: Any) -> Any:
        read.append(len(keys))
        return original(keys, *given)

    monkeypatch.setattr("worksupport.queries.tree.place", counted)
    shown = json.loads(answer(path, lambda found: tree_text(found, TreeQuestion(max_depth=1))))
    assert [(node["issue_key"], node["total"]) for node in shown["hierarchy"]] == [("PV-1", 500), ("PV-2", 0)]
    assert [each["issue_key"] for each in shown["outside_issues"]] == ["BUG-1"]
    assert read == [3]

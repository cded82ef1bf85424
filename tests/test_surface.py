"""One surface: the same filters find the same issues at every door; every command takes a form or says no;
what other programs read by name keeps it."""

import json
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conftest import Answer, FakeClock
from tests.filled_database import issue
from tests.queries.test_filters import PEOPLE, PV, TIMES, filled, some_filters
from tests.server.conftest import Client, served
from worksupport.commands.options import COMMANDS, FORMATS
from worksupport.model.filters import FILTERS

Run = Callable[..., Answer]
# Columns of the views: one more goes to the end of this list and of its view; none is renamed or removed.
_VIEWS = {
    "v_issues": "issue_key summary issue_type vendor_type state status status_category assignee assignees"
    " labels source url parent_key priority resolution reporter due_date fix_versions created_at updated_at"
    " closed_at first_seen_at description",
    "v_labels": "issue_key label",
    "v_assignees": "issue_key assignee account",
    "v_tree": "issue_key root depth path parent_key",
    "v_changes": "id issue_key field old new happened_at at not_before seen_at author author_name origin"
    " is_past source summary issue_type parent_key url",
    "v_runs": "id kind status started_at completed_at records_processed requests retries warnings"
    " error_message scope triggered_by issues_deleted",
}
_BY_NAME = {row.name: row for row in FILTERS}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty issues of every kind: below each other, in circles, orphans, missing ones."""
    chosen = random.Random(9)
    keys = [f"P-{number}" for number in range(60)]
    rows = [
        issue(
            key,
            chosen.choice([PV, "Feature", "Story"]),
            parent=chosen.choice([None, "P-999", *keys, *keys[:9]]),
            status=chosen.choice(["Open", "In Progress", "Done", "Blocked", "Won't Do"]),
            assignees=chosen.sample(PEOPLE, chosen.randrange(3)),
            labels=chosen.sample(["web", "Ü", "On Hold"], chosen.randrange(3)),
            source=chosen.choice(["jira", "github"]),
            missing_since=chosen.choice([None, None, None, TIMES[0]]),
            updated_at=chosen.choice([None, *TIMES]),
            created_at=chosen.choice([None, *TIMES]),
        )
        for key in keys
    ]
    return filled(tmp_path_factory.mktemp("surface"), rows)


@pytest.fixture(scope="module")
def server(database: Path) -> Iterator[Client]:
    with served(database, clock=FakeClock(), rate_limit_per_minute=0) as client:
        yield client


def _pairs(filters: dict[str, Any]) -> list[tuple[str, str]]:
    """Each filter's name and value; `true` for a flag."""
    flags = {name for name in filters if _BY_NAME[name].holds in ("flag", "days")}
    return [
        *((name, "true") for name in flags),
        *((name, str(value)) for name, values in filters.items() if name not in flags for value in values),
    ]


def _keys(nodes: list[Any]) -> set[str]:
    return {key for node in nodes for key in (node["issue_key"], *_keys(node.get("children", [])))}


def _without_paths(nodes: list[Any], fitting: set[str]) -> set[str]:
    """The tree's keys but for those of nodes that only lead to others."""
    found: set[str] = set()
    for node in nodes:
        below = _without_paths(node["children"], fitting)
        is_path = node["issue_key"] not in fitting and bool(below)
        found |= below | (set() if is_path else {node["issue_key"]})
    return found


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=some_filters())
def test_every_door_finds_the_same_issues(
    run: Run, database: Path, server: Client, filters: dict[str, Any]
) -> None:
    pairs = _pairs(filters)
    options = [_BY_NAME[name].option + f"={value}".removesuffix("=true") for name, value in pairs]

    def printed(command: str, *more: str) -> Any:
        answer = run(command, *more, *options, "--db", database, clock=FakeClock())
        assert answer.exit_code == 0, answer.err
        return answer.out

    found = set(printed("keys").split())
    assert {row.split("\t")[0] for row in printed("list").splitlines()} == found
    assert set(json.loads(printed("keys", "--json"))["issue_keys"]) == found
    assert _keys(json.loads(printed("list", "--json"))["issues"]) == found
    query = urlencode(pairs)
    assert set(server.ask(f"/api/issues/keys?{query}").document["issue_keys"]) == found
    assert _keys(server.ask(f"/api/issues?{query}").document["issues"]) == found
    text = printed("tree", "--json", "--max-depth=100")
    assert server.ask(f"/api/issues/hierarchy?{query}&max_depth=100").body.decode() == text
    tree = json.loads(text)
    assert _without_paths(tree["hierarchy"], found) | _keys(tree["outside_issues"]) == found


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_answers_in_a_form_or_says_that_it_has_none(
    run: Run, database: Path, command: str
) -> None:
    own = FORMATS.get("list" if command == "search" else command, ())
    key = ["P-0"] if command in ("show", "forecast") else ["--exit-zero"] if command == "lint" else []
    for form in {*(form for forms in FORMATS.values() for form in forms), "yaml"}:
        answer = run(command, *key, "--format", form, "--db", database, clock=FakeClock())
        assert (form, answer.exit_code) == (form, 0 if form in own else 2)
        # Nothing has changed there: then nothing is printed.
        assert bool(answer.out) == (form in own) or command == "changes"


def test_the_views_have_the_columns_that_were_promised(database: Path, run: Run) -> None:
    """And `help sql` tells of each."""
    with closing(sqlite3.connect(database)) as connection:
        views = connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
        found = {
            view: " ".join(name for _, name, *_ in connection.execute(f"PRAGMA table_info({view})"))
            for (view,) in views
        }
    # No promise: by those DuckDB reads the others.
    assert {view: found.pop(f"text_of_{view}") for view in _VIEWS} == _VIEWS
    assert found == _VIEWS
    pages = run("help", "sql").out.split("\n\n")
    for view, columns in _VIEWS.items():
        (page,) = (page for page in pages if page.startswith(f"{view}: "))
        assert " ".join(re.findall(r"^  (\w+) ", page, re.MULTILINE)) == columns

"""The views for strangers: there in every file, and with the values of the commands."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue
from worksupport.model.names import CHANGE_FIELDS
from worksupport.queries.changes import ChangesQuestion, changes_document
from worksupport.queries.issues import ListQuestion, list_document
from worksupport.queries.reader import answer
from worksupport.queries.tree import TreeQuestion, tree_rows_text
from worksupport.store.database import Store
from worksupport.store.views import STATEMENTS, VIEWS

Run = Callable[..., Answer]
Row = dict[str, Any]
PV = "Product Version"
FIRST_RELEASE = Path(__file__).parents[1] / "data" / "schema-1.sql"
NAMES = set(STATEMENTS)
_LISTS = ("assignees", "labels", "fix_versions", "warnings")


def rows(path: Path, view: str) -> list[Row]:
    """All rows, as a program reads them that knows nothing of us; lists made of JSON."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(f"SELECT * FROM {view}")]
    return [{name: json.loads(row[name]) if name in _LISTS else row[name] for name in row} for row in found]


def views_of(path: Path) -> set[str]:
    """The names of the views in the file; each can be read."""
    with closing(sqlite3.connect(path)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
    assert all(rows(path, name) is not None for name in names)
    return names


def assert_as_commands_say(path: Path) -> None:
    """Every view has the rows of the command that tells the same."""
    _assert_issues(path)
    _assert_places(path)
    _assert_changes(path)


def _assert_issues(path: Path) -> None:
    listed = answer(path, lambda found: list_document(found, ListQuestion()))["issues"]
    issues = rows(path, "v_issues")
    shared = [name for name in (listed[0] if listed else {}) if name != "missing_reason"]

    def of_both(all_of_them: list[Row]) -> list[list[Any]]:
        return [[row[name] for name in shared] for row in sorted(all_of_them, key=itemgetter("issue_key"))]

    assert of_both(issues) == of_both(listed)
    for view, column, field in (("v_labels", "label", "labels"), ("v_assignees", "assignee", "assignees")):
        told = sorted((row["issue_key"], each) for row in listed for each in row[field])
        assert sorted((row["issue_key"], row[column]) for row in rows(path, view)) == told


def _assert_places(path: Path) -> None:
    lines = answer(path, lambda found: tree_rows_text(found, TreeQuestion(max_depth=100))).splitlines()
    places = rows(path, "v_tree")
    assert sorted(map(_place, places)) == sorted(_place(json.loads(line)) for line in lines)
    paths = {row["issue_key"]: row["path"].split(" > ") for row in places}
    for row in places:
        keys = paths[row["issue_key"]]
        assert (keys[0], keys[-1], len(keys)) == (row["root"], row["issue_key"], row["depth"])
        assert row["parent_key"] is None or keys[:-1] == paths[row["parent_key"]]


def _place(row: Row) -> tuple[str, int, str]:
    return row["issue_key"], row["depth"], row["parent_key"] or ""


def _assert_changes(path: Path) -> None:
    changes = answer(path, lambda found: changes_document(found, ChangesQuestion(raw=True)))["changes"]
    told = {each["id"]: each for each in changes}
    for row in rows(path, "v_changes"):
        change = told.pop(row["id"])
        assert row.pop("happened_at") == (change["at"] or change["seen_at"])
        assert row.pop("is_past") in (0, 1)
        for which in ("old", "new"):
            row[which] = _value(row["field"], row[which])
        assert {name: change[name] for name in row} == row
    assert told == {}


def _value(field: str, text: str | None) -> Any:
    is_json = field in ("assignees", "labels", "fix_versions", "flagged")
    return json.loads(text) if is_json and text is not None else text


KEYS = [f"P-{number}" for number in range(9)]
_ROWS = st.tuples(
    st.sampled_from([PV, "Feature", "Story", None]),
    st.sampled_from([None, "P-99", "p-1", *KEYS]),
    st.sampled_from([None, None, "2026-01-01T00:00:00.000Z"]),
    st.lists(st.sampled_from(["web", "Ü", "'; --", '"]']), unique=True),
    st.lists(st.sampled_from(["Ann Berg", "Böb"]), unique=True),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9),
)


@settings(max_examples=20)
@given(st.lists(_ROWS, max_size=len(KEYS)))
def test_any_site_looks_as_the_commands_say(made: list[Any]) -> None:
    """Circles, tops below tops, orphans, missing ones, awkward texts."""
    issues = [
        issue(key, kind, parent=parent, missing_since=missing, labels=labels, assignees=people, summary=text)
        for key, (kind, parent, missing, labels, people, text) in zip(KEYS, made, strict=False)
    ]
    with TemporaryDirectory() as folder:
        assert_as_commands_say(fill(Path(folder) / "w.db", issues))


def test_a_tree_ends_where_the_command_s_does(tmp_path: Path) -> None:
    """A chain of more than a hundred, and one that bites its tail below a top."""
    chain = [issue(f"P-{n}", "Story", parent=f"P-{n - 1}") for n in range(2, 130)]
    circle = [issue("Q-1", PV, parent="Q-3"), issue("Q-2", parent="Q-1"), issue("Q-3", parent="Q-2")]
    path = fill(tmp_path / "w.db", [issue("P-1", PV), *chain, *circle])
    assert_as_commands_say(path)
    assert max(row["depth"] for row in rows(path, "v_tree")) == 100


def test_each_kind_of_change_reads_as_the_command_has_it(tmp_path: Path) -> None:
    """Ids by the names of now, members before accounts, parents by key, also of one that is gone."""
    path = fill(tmp_path / "w.db", [issue("P-1", PV), issue("P-2"), issue("o/r#1", None, source="github")])
    told = [
        ("status", '"3"', '"99"'),
        ("type", '"10101"', "null"),
        ("priority", None, '"1"'),
        ("assignees", "[]", '["a1","a2","a3"]'),
        ("labels", '["x"]', '["Ü","[bold]"]'),
        ("fix_versions", '["7"]', "[]"),
        ("parent", '"id of P-1"', '"id of G-1"'),
        ("parent", "null", '"id of nobody"'),
        ("flagged", "false", "true"),
        ("title", '"it\'s"', '"\\u202e"'),
        ("due_date", '"2026-12-04"', "null"),
        ("key", '"OLD-1"', '"P-2"'),
        ("missing", None, '"moved"'),
        ("new", None, None),
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        names = [("status", "3", "In Progress"), ("type", "10101", "Story"), ("account", "a1", "Ann")]
        names += [("account", "a2", "Bob B."), ("version", "7", "4.2")]
        connection.executemany("INSERT INTO names VALUES ('jira', ?, ?, ?, NULL)", names)
        connection.execute("INSERT INTO names VALUES ('github', 'account', 'a2', 'bob-b', NULL)")
        connection.execute(
            "INSERT INTO team_members (name, jira_id, github_id, member_id) VALUES ('Bob', 'a2', '', 'bob')"
        )
        gone = json.dumps({"source": "jira", "issue_key": "G-1", "summary": "Gone", "issue_type_id": 10101})
        connection.execute(
            "INSERT INTO gone_issues VALUES (9, 'jira', 'id of G-1', '', 'deleted', ?)", [gone]
        )
        for issue_id in (1, 2, 3, 9):
            for field, old, new in told:
                connection.execute(
                    "INSERT INTO changes (issue, field, old, new, at, seen_at, author, origin, is_past)"
                    " VALUES (?, ?, ?, ?, ?, '2026-11-02T00:00:00.000Z', ?, ?, ?)",
                    [
                        *(issue_id, CHANGE_FIELDS.index(field), old, new),
                        *(None if old else "2026-11-01T00:00:00.000Z", "bob" if old else None),
                        *(issue_id % 2, issue_id == 2),
                    ],
                )
    assert_as_commands_say(path)
    of_first = {row["field"]: (row["old"], row["new"]) for row in rows(path, "v_changes")[: len(told)]}
    assert of_first["assignees"] == ("[]", '["Ann","Bob","a3"]')
    assert of_first["status"] == ("In Progress", "99")


def test_every_file_has_them(run: Run, tmp_path: Path, clock: FakeClock) -> None:
    """A new one, one of the first release, their copies, and one that came back from a copy."""
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(FIRST_RELEASE.read_text("utf-8"))
    assert views_of(old) == set()
    for path in (new, old):
        Store(path, clock).close()
        assert views_of(path) == NAMES
        assert run("backup", tmp_path / "copies", "--latest", "--db", path).exit_code == 0
        assert views_of(tmp_path / "copies" / "latest.db") == NAMES
    assert run("restore", tmp_path / "copies" / "latest.db", "--db", new).exit_code == 0
    assert views_of(new) == NAMES
    assert_as_commands_say(old)


def test_one_that_is_lost_or_another_is_made_anew(tmp_path: Path, clock: FakeClock) -> None:
    """And nothing is written where all are as they should be; a view of somebody's own stays."""
    path = tmp_path / "w.db"
    Store(path, clock).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "DROP VIEW v_runs; DROP VIEW v_tree; CREATE VIEW v_tree AS SELECT 1; CREATE VIEW own AS SELECT 2"
        )
    Store(path, clock).close()
    assert views_of(path) == {*NAMES, "own"}
    assert rows(path, "v_tree") == []
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("PRAGMA schema_version").fetchall()
        Store(path, clock).close()
        assert connection.execute("PRAGMA schema_version").fetchall() == before


def test_runs_are_those_of_the_history(run: Run, tmp_path: Path) -> None:
    path = fill(
        tmp_path / "w.db",
        harvests=[
            {"run_id": "a", "status": "completed", "warnings": '["one"]', "requests": 7, "scope": "full"},
            {"run_id": "b", "status": "failed", "error_message": "no \x1b[2J", "warnings": None},
        ],
        reloads=[{"run_id": "c", "status": "completed", "triggered_by": "anna", "issues_deleted": 2}],
    )
    history = {each["id"]: each for each in json.loads(run("history", "--json", "--db", path).out)}
    found = {row["id"]: row for row in rows(path, "v_runs")}
    assert found.keys() == history.keys() == {"h1", "h2", "r1"}
    for name, row in found.items():
        started = history[name].get("started_at", history[name].get("reload_started"))
        assert row.pop("started_at") == started
        assert {column: history[name].get(column) for column in row} == row


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_each_column_has_a_type(tmp_path: Path, view: Any) -> None:
    """Without one, DuckDB takes text for bytes."""
    path = fill(tmp_path / "w.db")
    with closing(sqlite3.connect(path)) as connection:
        columns = connection.execute(f"PRAGMA table_info({view.name})").fetchall()
    numbers = {"depth", "id", "is_past", "records_processed", "requests", "retries", "issues_deleted"}
    for _, name, kind, *_ in columns:
        is_number = name in numbers and (view.name, name) != ("v_runs", "id")
        kinds = ("INTEGER", "BIGINT") if is_number else ("TIMESTAMP",) * 2 if _is_time(name) else ("TEXT", "")
        assert kind == kinds[0], name
        # DuckDB has no type for any after ATTACH: that is in what it reads.
        as_kind = f'CAST("{name}" AS {kinds[1]}) AS "{name}"' if kinds[1] else f' "{name}"'
        assert as_kind in view.sql.split("\r")[1]


def _is_time(name: str) -> bool:
    return name.endswith("_at") or name in ("at", "not_before")

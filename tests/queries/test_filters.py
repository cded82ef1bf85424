"""Every filter, on both commands, against a plain Python filter over the same rows."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.filled_database import fill, issue
from worksupport.model.filters import FILTERS, Filters, folded
from worksupport.queries.keys import issue_keys
from worksupport.queries.reader import answer
from worksupport.queries.tree import TreeQuestion, drawn_document, tree_document, tree_rows_text

PV = "Product Version"
PEOPLE = ["Ann Berg", "Böb", "c"]
TIMES = [f"2026-11-{day:02}T10:00:00.000Z" for day in range(1, 9)]
Row = dict[str, Any]


def _open(row: Row) -> bool:
    return row["state"] in ("todo", "doing", "blocked")


def _names(row: Row) -> list[str]:
    return [folded(name) for name in json.loads(row["assignees"])]


def _below(row: Row, top: str, rows: list[Row]) -> bool:
    parents = {each["issue_key"].casefold(): (each["parent_key"] or "").casefold() for each in rows}
    missing = {each["issue_key"].casefold() for each in rows if each["missing_since"] is not None}
    at, seen = row["issue_key"].casefold(), set[str]()
    while at and at not in seen:
        if at in missing and not seen <= missing:  # what is no longer found leads to nothing that is
            return False
        if at == top.casefold():
            return True
        seen.add(at)
        at = parents.get(at, "")
    return False


TEAMS = {"web": ["ann berg", "c"]}
PLAIN: dict[str, Callable[[Row, str, list[Row]], bool]] = {
    "assignee": lambda row, value, _: not _names(row) if value == "none" else folded(value) in _names(row),
    "state": lambda row, value, _: _open(row) if value == "open" else row["state"] == value,
    "open": lambda row, value, _: _open(row),
    "status": lambda row, value, _: folded(row["status"] or "") == folded(value),
    "issue_type": lambda row, value, _: (
        {10004: "product version", 10101: "story"}[row["issue_type_id"]] == folded(value)
    ),
    "label": lambda row, value, _: folded(value) in map(folded, json.loads(row["labels"])),
    "source": lambda row, value, _: row["source"] == value,
    "team": lambda row, value, _: any(name in TEAMS.get(value, []) for name in _names(row)),
    "under": lambda row, value, rows: _below(row, value, rows),
    "parent_key": lambda row, value, _: (row["parent_key"] or "").casefold() == value.casefold(),
    "changed_since": lambda row, value, _: (row["updated_at"] or "") >= value,
    "changed_before": lambda row, value, _: row["updated_at"] is not None and row["updated_at"] < value,
    "created_since": lambda row, value, _: (row["created_at"] or "") >= value,
    "stale": lambda row, value, _: _open(row) and row["updated_at"] is not None and row["updated_at"] < value,
    "missing": lambda row, value, _: True,
}
VALUES: dict[str, st.SearchStrategy[str | bool]] = {
    "assignee": st.sampled_from([*PEOPLE, "BÖB", "none", "nobody"]),
    "state": st.sampled_from(["todo", "doing", "blocked", "done", "dropped", "open"]),
    "open": st.just(True),
    "status": st.sampled_from(["open", "Blocked", "DONE", "x"]),
    "issue_type": st.sampled_from([PV, "story", "x"]),
    "label": st.sampled_from(["web", "Ü", "ü", "on hold"]),
    "source": st.sampled_from(["jira", "github"]),
    "team": st.sampled_from(["web", "x"]),
    "under": st.sampled_from(["P-0", "p-3", "P-99"]),
    "parent_key": st.sampled_from(["P-0", "p-3", "P-99"]),
    **{
        name: st.sampled_from(TIMES) for name in ("changed_since", "changed_before", "created_since", "stale")
    },
    "missing": st.just(True),
}


@st.composite
def some_rows(draw: st.DrawFn) -> list[Row]:
    keys = [f"P-{number}" for number in range(draw(st.integers(0, 10)))]
    return [
        issue(
            key,
            draw(st.sampled_from([PV, "Story"])),
            parent=draw(st.sampled_from([None, *keys])),
            status=draw(st.sampled_from(["Open", "In Progress", "Done", "Blocked", "Won't Do"])),
            assignees=draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=2)),
            labels=draw(st.lists(st.sampled_from(["web", "Ü", "On Hold"]), unique=True, max_size=2)),
            source=draw(st.sampled_from(["jira", "github"])),
            missing_since=draw(st.sampled_from([None, None, None, TIMES[0]])),
            updated_at=draw(st.sampled_from([None, *TIMES])),
            created_at=draw(st.sampled_from([None, *TIMES])),
        )
        for key in keys
    ]


@st.composite
def some_filters(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=3))
    flags = {"open", "missing"}
    return {
        name: True if name in flags else draw(st.lists(VALUES[name], min_size=1, max_size=2))
        for name in names
    }


def _fits(row: Row, given: dict[str, Any], rows: list[Row]) -> bool:
    if (row["missing_since"] is not None) != bool(given.get("missing")):
        return False
    values = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    return all(any(PLAIN[name](row, str(each), rows) for each in wanted) for name, wanted in values.items())


def test_the_tables_here_have_every_filter() -> None:
    assert set(PLAIN) == set(VALUES) == {row.name for row in FILTERS}


def filled(folder: Path, rows: list[Row]) -> Path:
    """A database of these issues, and of the members of the teams."""
    path = fill(folder / "w.db", rows)
    with closing(sqlite3.connect(path)) as connection, connection:
        for name in PEOPLE:
            teams = json.dumps(["Web"] if folded(name) in TEAMS["web"] else [])
            connection.execute(
                "INSERT INTO team_members (name, jira_id, github_id, member_id, teams)"
                " VALUES (?1, 'account of ' || ?1, '', ?1, ?2)",
                [name, teams],
            )
    return path


@settings(max_examples=120)
@given(rows=some_rows(), given_filters=some_filters())
def test_keys_answers_what_a_plain_filter_does(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], given_filters: dict[str, Any]
) -> None:
    path = filled(tmp_path_factory.mktemp("filters"), rows)
    found = answer(path, lambda connection: issue_keys(connection, Filters(**given_filters)))
    assert sorted(found) == sorted(row["issue_key"] for row in rows if _fits(row, given_filters, rows))


@settings(max_examples=60)
@given(rows=some_rows(), given_filters=some_filters())
def test_tree_keeps_what_fits_and_the_path_to_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], given_filters: dict[str, Any]
) -> None:
    given_filters.pop("missing", None)
    path = filled(tmp_path_factory.mktemp("filters"), rows)
    question = TreeQuestion(max_depth=100, filters=Filters(**given_filters))
    lines = answer(path, lambda connection: tree_rows_text(connection, question)).splitlines()
    shown = [json.loads(line)["issue_key"] for line in lines]
    present = [row for row in rows if row["missing_since"] is None]
    fitting = {row["issue_key"] for row in present if _fits(row, given_filters, rows)}
    # A leaf that is shown fits; who fits and has a place is shown.
    parents = {json.loads(line)["parent_key"] for line in lines}
    assert set(shown) - parents <= fitting
    whole = answer(path, lambda connection: tree_rows_text(connection, TreeQuestion(max_depth=100)))
    placed = {json.loads(line)["issue_key"] for line in whole.splitlines()}
    assert fitting & placed <= set(shown)


@settings(max_examples=60)
@given(rows=some_rows(), given_filters=some_filters(), depth=st.sampled_from([1, 2, 3, 100]))
def test_a_drawing_has_the_nodes_of_the_document(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], given_filters: dict[str, Any], depth: int
) -> None:
    """Whether it reads only the trees in which something fits, or all."""
    path = filled(tmp_path_factory.mktemp("drawn"), rows)
    question = TreeQuestion(max_depth=depth, filters=Filters(**given_filters))
    whole = answer(path, lambda connection: tree_document(connection, question))
    drawn = answer(path, lambda connection: drawn_document(connection, question))
    columns = [drawn["nodes"][name] for name in ("depth", *_DRAWN)]
    assert [*zip(*columns, strict=True)] == [*_nodes(whole["hierarchy"], 1)]
    assert [*drawn["outside"]["issue_key"]] == [issue["issue_key"] for issue in whole["outside_issues"]]


_DRAWN = ("issue_key", "state", "assignee", "done", "total", "dropped", "children_omitted", "changed_at")


def _nodes(nodes: list[Any], depth: int) -> Iterator[tuple[Any, ...]]:
    for node in nodes:
        yield depth, *(node[name] for name in _DRAWN)
        yield from _nodes(node["children"], depth + 1)

"""Which keys an answer has, in which order, and how SQLite finds them."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.filled_database import fill, issue
from worksupport.errors import UsageError
from worksupport.model.filters import Filters
from worksupport.output import json_text
from worksupport.queries.keys import issue_keys, keys_lines, keys_statement, keys_text
from worksupport.queries.reader import answer, is_empty, open_reader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A few issues that differ in everything one can filter by."""
    return fill(
        tmp_path / "issues.db",
        [
            issue("PAY-10", "Story", parent="PAY-2", assignees=["Anna Berg", "Bo"], labels=["Backend"]),
            issue("PAY-2", "Feature", parent="PV-1", assignees=["Bo"], labels=["backend", "STRASSE"]),
            issue("PAY-9", "Story", parent="pay-2", assignees=["ANNA BERG"], labels=["back"]),
            issue("PV-1", "Product Version", labels=["Straße"]),
            issue("acme/web#12", None, source="github", assignees=["Bo"], labels=["backend"]),
            issue("acme/web#3", None, source="github"),
            issue("PAY-1", "Story", assignees=["Bo"], missing_since="2026-01-01T00:00:00.000Z"),
        ],
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["PAY-2", "PAY-9", "PAY-10", "PV-1", "acme/web#3", "acme/web#12"]),
        ({"source": "github"}, ["acme/web#3", "acme/web#12"]),
        ({"source": "GitHub"}, ["acme/web#3", "acme/web#12"]),
        ({"assignee": "anna berg"}, ["PAY-9", "PAY-10"]),
        ({"assignee": "bo"}, ["PAY-2", "PAY-10", "acme/web#12"]),
        ({"assignee": "Anna"}, []),
        ({"label": "BACKEND"}, ["PAY-2", "PAY-10", "acme/web#12"]),
        ({"label": "strasse"}, ["PAY-2", "PV-1"]),
        ({"label": "back%"}, []),
        ({"label": ""}, []),
        ({"issue_type": "story"}, ["PAY-9", "PAY-10"]),
        ({"issue_type": "' OR 1=1 --"}, []),
        ({"parent_key": "pay-2"}, ["PAY-9", "PAY-10"]),
        ({"assignee": "bo", "label": "backend", "source": "jira"}, ["PAY-2", "PAY-10"]),
        ({"assignee": "bo", "issue_type": "Story", "parent_key": "PAY-2"}, ["PAY-10"]),
        ({"source": ["jira", "GitHub"], "label": "strasse"}, ["PAY-2", "PV-1"]),
        ({"label": ["strasse", "backend"], "source": "jira"}, ["PAY-2", "PAY-10", "PV-1"]),
        ({"assignee": ["nobody", "anna berg"]}, ["PAY-9", "PAY-10"]),
        ({"assignee": []}, ["PAY-2", "PAY-9", "PAY-10", "PV-1", "acme/web#3", "acme/web#12"]),
        ({"missing": True}, ["PAY-1"]),
        ({"missing": True, "assignee": "Anna Berg"}, []),
    ],
)
def test_filters(path: Path, filters: dict[str, Any], expected: list[str]) -> None:
    question = Filters(**filters)
    assert answer(path, lambda found: issue_keys(found, question)) == expected
    text = answer(path, lambda found: keys_text(found, question))
    assert json.loads(text) == {
        "issue_keys": expected,
        "total_count": len(expected),
        "harvested_at": None,
        "sources": {"jira": None, "github": None},
    }
    assert is_empty(text) == (not expected)


def test_natural_order(tmp_path: Path) -> None:
    """By number, not by digit; projects that end in digits, keys that changed hands and huge numbers too."""
    ordered = ["A-1", "A-2", "A-10", "A-99999999999", "A-1~7", "A-1~10", "A2-1", "A10-1", "b/c#2", "b/c#10"]
    path = fill(tmp_path / "issues.db", [issue(key) for key in reversed(ordered)])
    naturally = sorted(
        ordered, key=lambda key: (key.rstrip("0123456789"), int(key[len(key.rstrip("0123456789")) :]))
    )
    assert answer(path, lambda found: issue_keys(found, Filters())) == naturally
    assert json.loads(answer(path, lambda found: keys_text(found, Filters())))["issue_keys"] == naturally


@given(st.sets(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)))
def test_the_text_is_what_python_would_write(keys: set[str]) -> None:
    """SQLite writes the JSON; whatever stands in a key, no byte differs from `json.dumps`."""
    with TemporaryDirectory() as folder:
        path = fill(Path(folder, "issues.db"), [issue(key) for key in keys])
        found = answer(path, lambda found: issue_keys(found, Filters()))
        text = answer(path, lambda found: keys_text(found, Filters()))
        lines = answer(path, lambda found: keys_lines(found, Filters()))
    assert set(found) == keys
    tail = {"total_count": len(keys), "harvested_at": None, "sources": {"jira": None, "github": None}}
    assert text == json_text({"issue_keys": found, **tail})
    assert lines == "".join(json_text({"issue_key": key, "source": "jira"}) for key in found)


def test_a_question_tells_all_its_filters_in_its_repr() -> None:
    """The answers that `serve` keeps are told apart by it."""
    names = ("source", "assignee", "label", "issue_type", "parent_key", "changed_since")
    asked = [Filters(), Filters(missing=True)]
    asked += [Filters(**{name: value}) for name in names for value in ("jira", "github")]
    assert len({repr(question) for question in asked}) == len(asked)


def test_a_source_that_there_is_not() -> None:
    with pytest.raises(UsageError, match=r"the source is 'gitlab'; it must be one of jira, github"):
        Filters(source="gitlab")


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "issues_by_key_order"),
        ({"source": "jira"}, "issues_by_key_order"),
        ({"source": "GitHub"}, "sqlite_autoindex_issues_2"),
        ({"assignee": "x"}, "issue_assignees_by_name"),
        ({"label": "x"}, "issue_labels_by_label"),
        ({"issue_type": "x"}, "issues_by_type"),
        ({"parent_key": "x"}, "issues_by_parent"),
        ({"missing": True}, "issues_missing"),
    ],
)
def test_every_filter_uses_its_index(path: Path, filters: dict[str, str], index: str) -> None:
    """No filter reads the table from end to end, and the whole list needs no sorting."""
    sql, parameters = keys_statement(Filters(**filters))
    with open_reader(path) as reader:
        steps = [step for *_, step in reader.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    assert any(f"INDEX {index}" in step for step in steps), steps
    assert not [step for step in steps if step == "SCAN issues"]
    is_sorted_by_index = index in ("issues_by_key_order", "issues_missing")
    assert ("USE TEMP B-TREE FOR ORDER BY" in steps) == (not is_sorted_by_index)

"""How SQLite finds what each answer needs: every statement that is run, explained."""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.filled_database import fill, issue, result
from worksupport.model.filters import Filters
from worksupport.queries.changes import ChangesQuestion, changes_rows
from worksupport.queries.health import health_document
from worksupport.queries.history import HistoryQuestion, reloads_document, runs_document
from worksupport.queries.keys import keys_text
from worksupport.queries.reader import age, data_version, open_reader
from worksupport.queries.tree import TreeQuestion, tree_text

_Ask = Callable[[sqlite3.Connection], object]

_TREES = [
    TreeQuestion(),
    TreeQuestion(filters=Filters(assignee="anna")),
    TreeQuestion(filters=Filters(label="a")),
    TreeQuestion(filters=Filters(status="Open")),
    TreeQuestion(filters=Filters(changed_since="2026-01-01T00:00:00.000Z")),
]
# These grow with the issues. The tables of runs hold some 13 a day, for `harvest.retention_days`, and may be
# read whole.
_LARGE = {"issues", "issue_labels", "issue_assignees", "staged_issues"}
_NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _plans(path: Path, ask: _Ask) -> dict[str, list[str]]:
    """By statement, the steps of its plan."""
    statements: list[str] = []
    with open_reader(path) as reader:
        reader.set_trace_callback(statements.append)
        ask(reader)
        reader.set_trace_callback(None)
        return {
            statement: [step for *_, step in reader.execute(f"EXPLAIN QUERY PLAN {statement}")]
            for statement in statements
        }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """One issue, harvested once."""
    return fill(
        tmp_path / "issues.db",
        [issue("PV-1", "Product Version", assignees=["Anna"], labels=["a"])],
        harvests=[{"run_id": "h1", "status": "completed", "completed_at": "2026-01-01T10:00:00.000Z"}],
        results=[result("h1", "jira", ended_at="2026-01-01T09:00:00.000Z")],
    )


@pytest.mark.parametrize("question", _TREES, ids=repr)
def test_a_tree_reads_the_issues_once_in_their_order(path: Path, question: TreeQuestion) -> None:
    """All of them (a tree knows what it leaves out), by the index that has them sorted."""
    plans = _plans(path, lambda found: tree_text(found, question))
    whole = [steps for statement, steps in plans.items() if "ORDER BY rtrim(issue_key" in statement]
    assert [steps[0] for steps in whole] == ["SCAN issues USING INDEX issues_by_key_order"]
    # Where a filter leaves little to show, the rest of it is read of that alone.
    types = "SEARCH issue_types USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN"
    assert (types in whole[0]) == (question.filters == Filters())
    assert not [step for steps in plans.values() for step in steps if "TEMP B-TREE" in step]


def test_a_tree_of_one_issue_searches_what_is_below_it(path: Path) -> None:
    plans = _plans(path, lambda found: tree_text(found, TreeQuestion(key="PV-1")))
    (below,) = [steps for statement, steps in plans.items() if "RECURSIVE below" in statement]
    assert "SEARCH issues USING INTEGER PRIMARY KEY (rowid=?)" in below
    assert not [step for step in below if step.startswith("SCAN issues")], below


@pytest.mark.parametrize(
    ("question", "index"),
    [
        (TreeQuestion(filters=Filters(assignee="anna")), "issue_assignees_by_name (folded=?)"),
        (TreeQuestion(filters=Filters(label="a")), "issue_labels_by_label (folded=?)"),
    ],
)
def test_a_filter_of_a_tree_uses_its_index(path: Path, question: TreeQuestion, index: str) -> None:
    steps = [
        step for plan in _plans(path, lambda found: tree_text(found, question)).values() for step in plan
    ]
    assert [step for step in steps if step.endswith(f"USING COVERING INDEX {index}")], steps


@pytest.mark.parametrize(
    "ask",
    [
        age,
        data_version,
        lambda found: reloads_document(found, HistoryQuestion()),
        lambda found: runs_document(found, HistoryQuestion()),
        lambda found: health_document(found, now=_NOW, interval=timedelta(hours=2), is_locked=False),
    ],
    ids=["age", "data_version", "reloads", "runs", "health"],
)
def test_what_is_asked_of_runs_reads_neither_issues_nor_all_results(path: Path, ask: _Ask) -> None:
    plans = _plans(path, ask)
    assert plans
    for statement, steps in plans.items():
        assert not set(re.findall(r"(?:FROM|JOIN) (\w+)", statement)) & _LARGE, statement
        assert not [step for step in steps if step.startswith("SCAN source_results")], steps


@pytest.mark.parametrize("ask", [reloads_document, runs_document])
def test_the_newest_runs_need_no_sorting(path: Path, ask: Callable[..., object]) -> None:
    plans = _plans(path, lambda found: ask(found, HistoryQuestion()))
    runs = [steps for statement, steps in plans.items() if "FROM source_results" not in statement]
    assert runs  # by id, from the last on
    assert all(steps in (["SCAN reload_tracking"], ["SCAN harvest_jobs"]) for steps in runs), runs


def test_the_document_of_all_keys_needs_no_sorting(path: Path) -> None:
    (steps,) = _plans(path, lambda found: keys_text(found, Filters())).values()
    assert "SCAN issues USING INDEX issues_by_key_order" in steps
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


@pytest.mark.parametrize(
    "filters", [Filters(assignee="anna"), Filters(state="open", team="web"), Filters(under="PV-1")], ids=repr
)
def test_filtered_changes_of_a_day_are_found_by_time_or_by_issue(path: Path, filters: Filters) -> None:
    question = ChangesQuestion(since="2026-11-21T00:00:00.000Z", filters=filters)
    plans = _plans(path, lambda found: changes_rows(found, question))
    of_changes = [steps for statement, steps in plans.items() if "FROM changes" in statement]
    assert len(of_changes) == 3  # by today's values, by old ones, of what is gone
    for steps in of_changes:
        (how,) = [step for step in steps if step.startswith(("SCAN changes", "SEARCH changes"))]
        assert re.search("USING INDEX changes_by_(time|issue)", how), how

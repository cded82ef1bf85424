"""Each rule of `lint`: what it finds, and what looks like it but is in order."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue
from worksupport.model.definitions import LINT_RULES

Run = Callable[..., Answer]
OLD, NEW = "2026-11-01T08:00:00.000Z", "2026-11-20T08:00:00.000Z"  # it is 22 November
MEMBER = "Ann Ahlberg"


def one(key: str, kind: str | None = "Story", **given: Any) -> dict[str, Any]:
    """An issue with which nothing is wrong: changed lately, a member's, below A-1."""
    defaults = {
        "assignees": [MEMBER],
        "updated_at": NEW,
        "parent": "A-1" if kind != "Product Version" else None,
    }
    return issue(key, kind, **{**defaults, **given})


def github(key: str, parent: str | None, *, is_open: bool = True) -> dict[str, Any]:
    status, category = ("open", "new") if is_open else ("closed", "done")
    return one(key, None, source="github", status=status, category=category, parent=parent)


TOP = one("A-1", "Product Version", status="In Progress")
OPEN = one("A-99", status="In Progress")  # so that A-1 is not found done below
FINE: list[dict[str, Any]] = [TOP, OPEN]


@pytest.fixture
def lint(run: Run, tmp_path: Path) -> Callable[..., list[tuple[str, str, str]]]:
    """lint(rows, *arguments): rule, key and detail of each finding."""

    def find(rows: list[dict[str, Any]], *arguments: str, ignore: list[str] | None = None) -> Any:
        path = fill(tmp_path / f"{len(list(tmp_path.iterdir()))}.db", rows)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "INSERT INTO team_members (member_id, name, jira_id, github_id) VALUES ('a', ?, '', '')",
                [MEMBER],
            )
            rules = json.dumps([[], [], [], ignore or []])
            connection.execute("UPDATE data_state SET state_rules = ?", [rules])
            connection.commit()
        answer = run("lint", *arguments, "--json", "--db", path, clock=FakeClock())
        document = json.loads(answer.out)
        assert answer.exit_code == (8 if document["findings"] and "--exit-zero" not in arguments else 0)
        assert document["total_count"] == len(document["findings"])
        assert all(each["url"].endswith(each["issue_key"]) for each in document["findings"])
        assert {each["rule"] for each in document["findings"]} <= document["definitions"].keys()
        return [(each["rule"], each["issue_key"], each["detail"]) for each in document["findings"]]

    return find


Lint = Callable[..., list[tuple[str, str, str]]]


def test_nothing_is_wrong(lint: Lint) -> None:
    assert lint(FINE) == []


FOUND: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "done-parent-open-child": (
        [one("A-2", "Feature", status="Done"), *(one(f"A-{n}", parent="A-2") for n in range(3, 7))],
        [("A-2", "done, but open below it: A-3, A-4, A-5 and 1 more")],
    ),
    "open-parent-all-done": (
        [
            one("A-2", "Feature", status="In Progress"),
            one("A-3", parent="A-2", status="Done"),
            one("A-4", parent="A-2", status="Won't Do"),
        ],
        [("A-2", "all 2 issues below it are done or dropped")],
    ),
    "started-under-todo": (
        [one("A-2", "Feature"), one("A-3", parent="A-2", status="In Progress")],
        [("A-3", "in progress, but A-2 above it is not")],
    ),
    "cycle": (
        [
            one("A-2", parent="A-4"),
            one("A-3", parent="A-2"),
            one("A-4", parent="A-3"),
            one("A-5", parent="A-4"),
        ],
        [
            ("A-2", "below itself: A-2 < A-4 < A-3 < A-2"),
            ("A-3", "below itself: A-3 < A-2 < A-4 < A-3"),
            ("A-4", "below itself: A-4 < A-3 < A-2 < A-4"),
        ],
    ),
    "orphan": (
        [
            one("A-2", "Feature", parent=None),
            one("A-3", None, parent=None),
            one("A-4", parent=None, status="Done"),
        ],
        [("A-2", "has no parent")],
    ),
    "started-unassigned": (
        [one("A-2", status="In Progress", assignees=[]), one("A-3", assignees=[])],
        [("A-2", "in progress, and nobody is assigned")],
    ),
    "assignee-no-member": (
        [one("A-2", assignees=["Bo"]), one("A-3", assignees=["Bo"], status="Done"), one("A-4", assignees=[])],
        [("A-2", "assigned to Bo, who is not in the team")],
    ),
    "blocked-silent": (
        [
            one("A-2", status="Blocked", category="indeterminate", updated_at=OLD),
            one("A-3", status="Blocked", category="indeterminate"),
            one("A-4", updated_at=OLD),
        ],
        [("A-2", "blocked, and unchanged for 21 days")],
    ),
    "overdue": (
        [
            one("A-2", due_date="2026-11-21"),
            one("A-3", due_date="2026-11-22"),
            one("A-4", due_date="2026-11-21", status="Done"),
        ],
        [("A-2", "was due on 2026-11-21")],
    ),
    "github-closed-jira-open": (
        [
            one("A-2"),
            github("o/r#1", "A-2", is_open=False),
            one("A-3"),
            github("o/r#2", "A-3", is_open=False),
            github("o/r#3", "A-3"),
            github("o/r#4", None, is_open=False),
        ],
        [("o/r#1", "closed, but A-2 is open")],
    ),
    "jira-done-github-open": (
        [one("A-2", status="Done"), github("o/r#1", "A-2"), github("o/r#2", "A-2", is_open=False)],
        [("A-2", "done, but open in GitHub: o/r#1")],
    ),
}


@pytest.mark.parametrize("rule", FOUND)
def test_a_rule(lint: Lint, rule: str) -> None:
    """It finds just that, alone or among all; `lint.ignore` leaves it out, whole or for one issue."""
    rows, wanted = FOUND[rule]
    expected = [(rule, key, detail) for key, detail in wanted]
    assert lint([*FINE, *rows]) == expected
    assert lint([*FINE, *rows], "--rule", rule.upper(), "--exit-zero") == expected
    others = [each for each in LINT_RULES if each != rule]
    assert lint([*FINE, *rows], *(f"--rule={each}" for each in others)) == []
    assert lint([*FINE, *rows], ignore=[rule]) == []
    assert lint([*FINE, *rows], ignore=[f"{rule}:{wanted[0][0]}"]) == expected[1:]


def test_every_rule_is_tested() -> None:
    assert [*FOUND] == [*LINT_RULES]


def test_findings_stand_by_rule_and_key_and_filters_choose(lint: Lint) -> None:
    rows = [one(f"A-{n}", due_date="2026-11-01", status="In Progress", assignees=[]) for n in (12, 3)]
    rows += [one("A-2", due_date="2026-11-01")]
    assert [each[:2] for each in lint([*FINE, *rows])] == [
        ("started-unassigned", "A-3"),
        ("started-unassigned", "A-12"),
        ("overdue", "A-2"),
        ("overdue", "A-3"),
        ("overdue", "A-12"),
    ]
    assert [each[:2] for each in lint([*FINE, *rows], "-a", MEMBER)] == [("overdue", "A-2")]


def test_an_unknown_rule_is_named(run: Run, tmp_path: Path) -> None:
    answer = run("lint", "--rule", "ugly", "--db", fill(tmp_path / "w.db", FINE))
    assert (answer.exit_code, answer.out) == (2, "")
    assert "--rule is 'ugly'; it must be one of done-parent-open-child, " in answer.err


def test_missing_issues_are_no_finding(lint: Lint) -> None:
    gone = one("A-2", due_date="2026-11-01", missing_since=NEW)
    assert lint([*FINE, gone, one("A-3", parent="A-2")]) == []

"""What a complete run no longer found: marked or deleted, unless it is protected; and the brake."""

import sqlite3
from collections.abc import Callable

import pytest

from tests.store.conftest import Harvest
from tests.store.rows_made import made_row
from worksupport.errors import BrakeError
from worksupport.model.outcome import Kind, LeftOut
from worksupport.store import missing
from worksupport.store.changes import Moment, Record
from worksupport.store.database import Store
from worksupport.store.missing import BrakeLimits

NOW = "2026-11-22T12:00:00.000Z"
Kept = Callable[[], dict[str, tuple[str, str | None, bool]]]


def _tree() -> list[object]:
    """A version 1 with feature 2 (Anna's) and story 3; a version 4 alone; Max's story 5; story 6 below 5."""
    return [
        made_row("1", "P-1", issue_type_id=10004),
        made_row("2", "P-2", "P-1", issue_type_id=10000, assignee_accounts=[("a1", "Anna")]),
        made_row("3", "P-3", "p-2"),
        made_row("4", "P-4", issue_type_id=10004),
        made_row("5", "P-5", assignee_accounts=[("MAX", "Max"), ("a1", "Anna")]),
        made_row("6", "P-6", "P-5"),
    ]


def record(connection: sqlite3.Connection, run_id: str) -> Record:
    return Record(connection, Moment(run_id, NOW, {}))


@pytest.mark.parametrize("take_away", [missing.mark_missing, missing.delete_unseen])
@pytest.mark.parametrize(
    ("left_out", "stays"),
    [
        ([], set()),
        ([(Kind.ACCOUNT, "a1")], {"2", "3", "5", "6"}),
        ([(Kind.ACCOUNT, "anna@acme.example")], {"2", "3", "5", "6"}),
        ([(Kind.ACCOUNT, "nobody@acme.example")], set()),
        ([(Kind.LOGIN, "max")], {"5", "6"}),
        ([(Kind.PARENT, "P-1")], {"2", "3"}),
        ([(Kind.PARENT, "P-5"), (Kind.PARENT, "p-2")], {"3", "6"}),
        ([(Kind.TYPE, "10000")], {"2", "3"}),
        ([(Kind.RECORD, "P-4")], {"4"}),
        ([(Kind.RECORD, "2")], {"2", "3"}),
        ([(Kind.RECORD, "")], {"1", "2", "3", "4", "5", "6"}),
    ],
)
def test_what_is_left_out_stays_with_all_below_it(
    store: Store,
    merge_page: Harvest,
    kept: Kept,
    take_away: Callable[..., int],
    left_out: list[tuple[Kind, str]],
    stays: set[str],
) -> None:
    merge_page("first", *_tree())
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO team_members (member_id, name, jira_id, github_id) "
            "VALUES ('1', 'ANNA', 'anna@acme.example', '')"
        )
        missing.protect(connection, [LeftOut("jira", kind, name, "") for kind, name in left_out])
        assert take_away(connection, "jira", record(connection, "second")) == 6 - len(stays)
    assert {source_id for source_id, (_, _, is_missing) in kept().items() if not is_missing} == stays


def test_only_what_the_run_did_not_see_goes(store: Store, merge_page: Harvest, kept: Kept) -> None:
    merge_page("first", *_tree())
    merge_page("second", *_tree()[:4])
    with store.transaction() as connection:
        missing.protect(connection, [])
        assert missing.mark_missing(connection, "jira", record(connection, "second")) == 2
        assert missing.mark_missing(connection, "github", record(connection, "second")) == 0
        # A second time there is nothing new to mark.
        assert missing.mark_missing(connection, "jira", record(connection, "second")) == 0
    assert {key for key, _, is_missing in kept().values() if is_missing} == {"P-5", "P-6"}


def test_side_rows_go_with_their_issue(store: Store, merge_page: Harvest) -> None:
    merge_page("first", made_row("1", "P-1", labels=["a"], assignee_accounts=[("a1", "Anna")]))
    with store.transaction() as connection:
        missing.protect(connection, [])
        missing.delete_unseen(connection, "jira", record(connection, "second"))
    for table in ("issues", "issue_labels", "issue_assignees"):
        assert store.read(f"SELECT count(*) FROM {table}") == [(0,)]


@pytest.mark.parametrize(
    ("before", "lost", "percent", "is_braked"),
    [
        (21, 21, 50, True),
        (20, 20, 50, False),  # twenty may go without a question
        (42, 21, 50, False),  # half is not more than half
        (41, 21, 50, True),
        (21, 21, 100, False),
        (21, 21, 99.9, True),
        (100, 21, 0, True),
    ],
)
def test_the_brake(
    store: Store, merge_page: Harvest, before: int, lost: int, percent: float, is_braked: bool
) -> None:
    rows = [made_row(str(number), f"P-{number}") for number in range(before)]
    merge_page("first", *rows)
    merge_page("second", *rows[lost:])
    with store.transaction() as connection:
        missing.protect(connection, [])
        limits = BrakeLimits(before, percent)
        if not is_braked:
            missing.brake(connection, "jira", "second", limits)
            return
        with pytest.raises(BrakeError, match=f"jira: {lost} of {before} issues would disappear"):
            missing.brake(connection, "jira", "second", limits)


def test_the_brake_does_not_count_what_was_missing_before(store: Store, merge_page: Harvest) -> None:
    rows = [made_row(str(number), f"P-{number}") for number in range(30)]
    merge_page("first", *rows)
    with store.transaction() as connection:
        connection.execute("UPDATE issues SET missing_since = ?", [NOW])
        missing.protect(connection, [])
        missing.brake(connection, "jira", "second", BrakeLimits(missing.present(connection, "jira"), 0))


@pytest.mark.parametrize(
    ("roots_found", "percent", "is_braked"), [(0, 50, True), (1, 50, False), (0, 100, False)]
)
def test_no_root_is_a_brake_where_there_were_some(
    store: Store, merge_page: Harvest, roots_found: int, percent: float, is_braked: bool
) -> None:
    merge_page("first", *_tree())
    limits = BrakeLimits(6, percent, (10004,), roots_found)
    with store.transaction() as connection:
        missing.protect(connection, [])
        if not is_braked:
            missing.brake(connection, "jira", "second", limits)
            return
        with pytest.raises(BrakeError, match="no root issue came back, there were 2"):
            missing.brake(connection, "jira", "second", limits)


def test_only_what_is_missing_long_enough_and_again_is_removed(
    store: Store, merge_page: Harvest, kept: Kept
) -> None:
    merge_page("first", *_tree())
    with store.transaction() as connection:
        connection.execute(
            "UPDATE issues SET missing_since = '2026-01-01' WHERE source_id IN ('3', '5', '6')"
        )
        connection.execute("UPDATE issues SET missing_since = '2026-11-01' WHERE source_id = '4'")
    merge_page("second", made_row("3", "P-3", "P-2"))
    with store.transaction() as connection:
        missing.protect(connection, [LeftOut("jira", Kind.PARENT, "P-5", "")])
        removed = missing.delete_long_missing(connection, "jira", record(connection, "second"), "2026-06-01")
    assert removed == 1
    assert kept().keys() == {"1", "2", "3", "4", "6"}

"""What counts as a unit of work, and what is known of one whose past was not told in full."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue, result
from worksupport.clock import utc_text
from worksupport.model.tracked import NUMBERS

Run = Callable[..., Answer]
NOW = FakeClock().now()


def days_ago(days: float) -> str:
    return utc_text(NOW - timedelta(days=days))


def github(key: str, closed: float | None = None, parent: str | None = None, **given: Any) -> dict[str, Any]:
    status, category = ("open", "new") if closed is None else ("closed", "done")
    times = {"created_at": days_ago(100), "closed_at": None if closed is None else days_ago(closed)}
    return issue(
        key, None, source="github", status=status, category=category, parent=parent, **{**times, **given}
    )


def filled(
    path: Path,
    rows: list[dict[str, Any]],
    changes: Sequence[tuple[str, str | None, str, Any, Any]],
    began: float,
) -> Path:
    """Changes of a status: (key, not before, seen at, old, new); the first run was `began` days ago."""
    sources = ("jira", "github")
    runs = [result(s, s, scope="full", began_at=days_ago(began), ended_at=days_ago(0)) for s in sources]
    fill(path, rows, results=runs)
    with closing(sqlite3.connect(path)) as connection, connection:
        names = [("1", "new"), ("2", "indeterminate"), ("3", "done")]
        connection.executemany("INSERT INTO names VALUES ('jira', 'status', ?, '', ?)", names)
        for key, not_before, seen_at, old, new in changes:
            found = connection.execute("SELECT id FROM issues WHERE issue_key = ?", [key]).fetchone()
            values = (found[0], NUMBERS["status"], json.dumps(old), json.dumps(new), not_before, seen_at)
            connection.execute(
                "INSERT INTO changes (issue, field, old, new, not_before, seen_at, origin)"
                " VALUES (?, ?, ?, ?, ?, ?, 0)",
                values,
            )
    return path


def read(run: Run, path: Path, *command: str) -> Any:
    return json.loads(run(*command, "--json", "--db", path, clock=FakeClock()).out)


def test_github_counts_where_it_belongs_to_no_issue_of_jira(run: Run, tmp_path: Path) -> None:
    """And was finished when GitHub says that it was closed, not when a harvest saw it."""
    rows = [
        issue("A-1", created_at=days_ago(100)),
        github("o/r#1", closed=8.5),
        github("o/r#2", closed=8.5, parent="A-1"),
        github("o/r#3", closed=8.5, parent="X-9"),  # which is not in the copy
        github("o/r#4"),
        github("o/r#5", closed=300),  # before the record: not counted
    ]
    seen = [(f"o/r#{n}", days_ago(9), days_ago(1), "open", "closed") for n in (1, 2, 3)]
    path = filled(tmp_path / "w.db", rows, seen, began=30)
    document = read(run, path, "flow", "--weeks", "3")
    # 13 November is in the week before last; the harvest that saw it was in the last one.
    assert [week["finished"] for week in document["weeks"]] == [0, 2, 0]
    assert document["known_start_percent"] == 0
    aging = read(run, path, "aging")
    assert (aging["items"], aging["without_start"], aging["without_start_of"]) == ([], 1, {"github": 1})


def test_what_was_started_before_the_record_has_no_start(run: Run, tmp_path: Path) -> None:
    """Without changelogs it is unknown when a first run's issues began; later ones are seen to."""
    rows = [
        issue("A-1", status="In Progress", created_at=days_ago(100)),
        issue("A-2", status="In Progress", created_at=days_ago(100)),
        issue("A-3", status="Done", created_at=days_ago(100)),
        issue("A-4", status="Done", created_at=days_ago(100)),  # nobody knows since when
    ]
    seen = [
        ("A-2", days_ago(9), days_ago(8.9), "1", "2"),
        ("A-3", days_ago(6), days_ago(5.9), "2", "3"),
    ]
    path = filled(tmp_path / "w.db", rows, seen, began=30)
    aging = read(run, path, "aging")
    assert [(each["issue_key"], each["age_days"]) for each in aging["items"]] == [("A-2", 10)]
    assert aging["without_start_of"] == {"jira": 1}
    flow = read(run, path, "flow")
    assert sum(week["finished"] for week in flow["weeks"]) == 1
    assert len(flow["weeks"]) == 5  # of the 30 days on record
    assert flow["known_start_percent"] == 0


def test_what_came_into_sight_is_not_taken_for_new(run: Run, tmp_path: Path) -> None:
    """A `new` of something older says only since when we know it."""
    rows = [
        issue("A-1", status="In Progress", created_at=days_ago(700)),
        issue("A-2", status="Done", created_at=days_ago(40)),
        issue("A-3", status="In Progress", created_at=days_ago(3)),
    ]
    path = filled(tmp_path / "w.db", rows, [], began=30)
    with closing(sqlite3.connect(path)) as connection, connection:
        new = "INSERT INTO changes (issue, field, at, not_before, seen_at, origin) VALUES (?, ?, ?, ?, ?, 0)"
        times = ((1, None, days_ago(2)), (2, None, days_ago(2)), (3, days_ago(3), None))
        for number, at, not_before in times:
            connection.execute(new, [number, NUMBERS["new"], at, not_before, days_ago(1)])
    aging = read(run, path, "aging")
    assert [(each["issue_key"], each["age_days"]) for each in aging["items"]] == [("A-3", 4)]
    assert aging["without_start_of"] == {"jira": 1}
    flow = read(run, path, "flow")
    assert sum(week["finished"] for week in flow["weeks"]) == 0
    assert len(flow["weeks"]) == 5


def test_one_unread_past_does_not_hide_the_others(run: Run, tmp_path: Path) -> None:
    """An open one says nothing of what was finished, and GitHub tells when it closed."""
    told = {"changes_through": days_ago(1)}
    rows = [
        issue("A-1", status="Done", created_at=days_ago(80), closed_at=days_ago(50), **told),
        issue("A-2", status="In Progress", created_at=days_ago(80)),
        github("o/r#1", closed=60),
        github("o/r#2"),
    ]
    path = filled(tmp_path / "w.db", rows, [("A-1", None, days_ago(50), "2", "3")], began=3)
    flow = read(run, path, "flow")
    assert sum(week["finished"] for week in flow["weeks"]) == 2
    assert len(flow["weeks"]) == 12


def test_a_closing_keeps_its_time_when_another_done_status_follows(run: Run, tmp_path: Path) -> None:
    rows = [issue("A-1", status="Done", created_at=days_ago(80), closed_at=days_ago(48))]
    seen = [
        ("A-1", days_ago(52), days_ago(33), "2", "3"),
        ("A-1", days_ago(26), days_ago(25), "3", "4"),
    ]
    path = filled(tmp_path / "w.db", rows, seen, began=79)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO names VALUES ('jira', 'status', '4', 'Closed', 'done')")
    weeks = {week["week"]: week["finished"] for week in read(run, path, "flow")["weeks"]}
    assert {week for week, finished in weeks.items() if finished} == {"2026-10-05"}  # 48 days ago


def test_what_is_missing_hides_what_is_below_it_everywhere(run: Run, tmp_path: Path) -> None:
    rows = [
        issue("A-1", "Product Version"),
        issue("A-2", "Feature", parent="A-1", missing_since=days_ago(1)),
        issue("A-3", parent="A-2"),
        issue("A-4", parent="A-1"),
    ]
    path = filled(tmp_path / "w.db", rows, [], began=30)
    assert read(run, path, "forecast", "A-1")["total"] == 1
    assert read(run, path, "summary", "A-1")["all"]["total"] == 1
    assert read(run, path, "keys", "--under", "A-1")["issue_keys"] == ["A-1", "A-4"]
    assert read(run, path, "keys", "--under", "A-1", "--missing")["issue_keys"] == ["A-2"]
    for command in ("forecast", "flow", "summary"):
        answer = run(command, "A-2", "--db", path)
        assert (answer.exit_code, answer.out) == (1, "")
        assert "issue 'A-2' is missing" in answer.err


def test_odd_values_of_services_stop_no_review(run: Run, tmp_path: Path) -> None:
    """A due date of the year 26, a name of blanks."""
    rows = [
        issue("A-1", "Product Version"),
        issue("A-2", parent="A-1", due_date="0026-1-5", assignees=["\u3000"], status="In Progress"),
        issue(
            "A-3", parent="A-1", due_date="2026-11-1x", changes_through=days_ago(9), created_at=days_ago(9)
        ),
    ]
    path = filled(tmp_path / "w.db", rows, [("A-2", None, days_ago(3), "1", "2")], began=30)
    for command in ("summary", "aging", "flow", "lint --exit-zero", "forecast A-1", "list", "tree"):
        assert run(*command.split(), "--db", path, clock=FakeClock()).exit_code == 0, command


def test_parents_and_dropped_and_missing_ones_are_no_units(run: Run, tmp_path: Path) -> None:
    rows = [
        issue("A-1", "Product Version"),
        issue("A-2", "Feature", parent="A-1"),
        issue("A-3", parent="A-2"),
        issue("A-4", None, parent="A-2"),  # of a type that is not configured
        issue("A-5", parent="A-2", status="Won't Do", category="done"),
        issue("A-6", parent="A-2", missing_since=days_ago(1)),
    ]
    path = filled(tmp_path / "w.db", rows, [], began=30)
    assert read(run, path, "forecast", "A-1")["total"] == 2
    row = read(run, path, "summary")["all"]
    assert (row["total"], row["done"], row["dropped"], row["todo"]) == (4, 1, 1, 3)


def test_what_was_forgotten_is_not_taken_for_born_so(run: Run, tmp_path: Path) -> None:
    """`changes.keep_days` forgets how the old became done: that is before the record, not at its creation."""
    rows = [
        issue("A-1", status="Done", created_at=days_ago(60), changes_through=days_ago(40)),
        issue("A-2", created_at=days_ago(60), changes_through=days_ago(60)),
    ]
    path = filled(tmp_path / "w.db", rows, [], began=90)
    assert sum(week["finished"] for week in read(run, path, "flow")["weeks"]) == 1
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE data_state SET forgotten_before = ?", [days_ago(30)])
    flow = read(run, path, "flow")
    assert sum(week["finished"] for week in flow["weeks"]) == 0
    assert len(flow["weeks"]) == 5

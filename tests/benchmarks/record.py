"""The record of changes at its size: what it weighs, and what answers from it cost.

`python -m tests.benchmarks.record [--issues N] [--changes N]`: made-up rows, no harvest.
"""

import argparse
import os
import random
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, medians, print_table
from worksupport.clock import Clock, utc_text
from worksupport.model.tracked import NUMBERS, tracked_text
from worksupport.store.database import Store

_STATUSES = ("1", "2", "3", "4")
_DAYS = 400


def fill(path: Path, issues: int, changes: int, now: datetime) -> None:
    """Versions of 100 features of 10 stories, and changes of statuses over 400 days."""
    Store(path, Clock()).close()
    chance = random.Random(7)
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("casefold", 1, str.casefold)
        types = [(10004, "Product Version"), (10000, "Feature"), (10101, "Story")]
        connection.executemany("INSERT INTO issue_types (id, name) VALUES (?, ?)", types)
        names = [("jira", "status", each, f"Status {each}", "indeterminate") for each in _STATUSES]
        connection.executemany("INSERT INTO names VALUES (?, ?, ?, ?, ?)", names)
        connection.executemany(_ISSUE, (_issue(number, now) for number in range(issues)))
        times = sorted(now - timedelta(days=_DAYS * chance.random()) for _ in range(changes))
        last = dict.fromkeys(range(1, issues + 1), "1")
        rows = []
        for number, at in enumerate(times):
            issue, new = chance.randint(1, issues), chance.choice(_STATUSES)
            moment = utc_text(at)
            rows.append(
                (number + 1, issue, NUMBERS["status"], f'"{last[issue]}"', f'"{new}"', moment, moment)
            )
            last[issue] = new
        connection.executemany(_CHANGE, rows)
        began = utc_text(now - timedelta(days=_DAYS))
        connection.execute(_RESULT, [began, utc_text(now)])
        connection.execute(
            "INSERT INTO harvest_jobs (run_id, status, completed_at) VALUES ('r', 'completed', ?)",
            [utc_text(now)],
        )
        connection.execute("UPDATE data_state SET data_version = 5, state_rules = '[[], [], []]'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _issue(number: int, now: datetime) -> tuple[object, ...]:
    key, created = f"P-{number + 1}", utc_text(now - timedelta(days=_DAYS + 1))
    kind = 10004 if number % 1101 == 0 else 10000 if number % 1101 % 11 == 1 else 10101
    version = number - number % 1101
    feature = number - (number % 1101 - 1) % 11
    parent = None if kind == 10004 else version if kind == 10000 else feature
    parent_key = None if parent is None else f"P-{parent + 1}"
    tracked = tracked_text(
        {
            "key": key,
            "title": f"Title {number}",
            "type": str(kind),
            "status": "1",
            "parent": None if parent is None else str(parent + 1),
        }
    )
    return (
        str(number + 1),
        key,
        f"Title {number}",
        "Status 1",
        kind,
        parent_key,
        created,
        utc_text(now),
        tracked,
    )


_ISSUE = """
INSERT INTO issues (source, source_id, issue_key, summary, status, status_category, state, labels, assignees,
    issue_type_id, parent_key, created_at, updated_at, tracked)
VALUES ('jira', ?, ?, ?, ?, 'indeterminate', 'doing', '[]', '[]', ?, ?, ?, ?, ?)
"""
_CHANGE = """
INSERT INTO changes (id, issue, field, old, new, at, seen_at, origin, entry, item)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, '1', 0)
"""
_RESULT = """
INSERT INTO source_results (run_id, source, is_on, asked, status, stored, scope, began_at, ended_at,
    data_version)
VALUES ('r', 'jira', 1, 1, 'completed', 1, 'full', ?, ?, 1)
"""


def main() -> None:
    """Fill a file, then ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.db"
        fill(path, options.issues, 0, now)
        empty = os.stat(path).st_size
        path.unlink()
        fill(path, options.issues, options.changes, now)
        weight = (os.stat(path).st_size - empty) / options.changes

        def ask(*arguments: str) -> Cost:
            return cost_of("-m", "worksupport", *arguments, "--db", path, output=Path(folder) / "answer")

        questions = {
            "tree --json, now": ("tree", "--json"),
            **{
                f"tree --json, {days} days ago": ("tree", "--json", "--as-of", f"{days}d")
                for days in (1, 30, 365)
            },
            "start: changes --help": ("changes", "--help"),
            "changes --since 1d --json": ("changes", "--since", "1d", "--json"),
            "changes P-5 --since 365d --json": ("changes", "P-5", "--since", "365d", "--json"),
            "show P-5 --json": ("show", "P-5", "--json"),
        }
        costs = medians(options.runs, *(lambda each=each: ask(*each) for each in questions.values()))
    rows = [
        [name, f"{cost.wall:.3f}", f"{cost.wall / costs[0].wall:.2f}"]
        for name, cost in zip(questions, costs, strict=True)
    ]
    title = f"{options.issues:,} issues, {options.changes:,} changes of {weight:.0f} bytes each"
    print_table(title, ("command", "s", "x tree of now"), rows)


if __name__ == "__main__":
    main()

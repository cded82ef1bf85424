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
from functools import partial
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, medians, print_table
from worksupport.clock import Clock, utc_text
from worksupport.model.tracked import NUMBERS, tracked_text
from worksupport.store.database import Store
from worksupport.store.views import VIEWS

_STATUSES = ("1", "2", "3", "4")
_CATEGORIES = dict(zip(_STATUSES, ("new", "indeterminate", "indeterminate", "done"), strict=True))
_STATES = {"new": "todo", "indeterminate": "doing", "done": "done"}
_OTHERS = ("assignees", "labels", "title", "priority")
_DAYS = 400


def fill(path: Path, issues: int, changes: int, now: datetime) -> None:
    """Versions of 100 features of 10 stories, and their changes over 400 days: three in ten of a status.

    Most go from to do over in progress to done.
    """
    Store(path, Clock()).close()
    chance = random.Random(7)
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("casefold", 1, str.casefold)
        types = [(10004, "Product Version", "[10000]"), (10000, "Feature", "[10101]"), (10101, "Story", "[]")]
        connection.executemany("INSERT INTO issue_types (id, name, child_type_ids) VALUES (?, ?, ?)", types)
        names = [("jira", "status", each, f"Status {each}", _CATEGORIES[each]) for each in _STATUSES]
        connection.executemany("INSERT INTO names VALUES (?, ?, ?, ?, ?)", names)
        lives = [_life(chance, now) for _ in range(issues)] if changes else [[]] * issues
        connection.executemany(_ISSUE, (_issue(n, lives[n], now) for n in range(issues)))
        rows = [
            (number, "status", f'"{old}"', f'"{new}"', at)
            for number, life in enumerate(lives, 1)
            for (_, old), (at, new) in pairwise([("", "1"), *life])
        ]
        while len(rows) < changes:
            at = utc_text(now - timedelta(days=_DAYS * chance.random()))
            rows.append((chance.randint(1, issues), chance.choice(_OTHERS), '"a"', '"b"', at))
        rows.sort(key=lambda row: row[4])
        connection.executemany(
            _CHANGE,
            (
                (number, issue, NUMBERS[field], old, new, at, at)
                for number, (issue, field, old, new, at) in enumerate(rows[:changes], 1)
            ),
        )
        began = utc_text(now - timedelta(days=_DAYS))
        connection.execute(_RESULT, [began, utc_text(now)])
        connection.execute(
            "INSERT INTO harvest_jobs (run_id, status, completed_at) VALUES ('r', 'completed', ?)",
            [utc_text(now)],
        )
        connection.execute("UPDATE data_state SET data_version = 5, state_rules = '[[], [], []]'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _life(chance: random.Random, now: datetime) -> list[tuple[str, str]]:
    """The moments at which one issue came into its statuses, up to `now`."""
    at, life = now - timedelta(days=_DAYS * chance.random()), []
    for status in _STATUSES[1:]:
        at += timedelta(days=chance.expovariate(1 / 15))
        if at > now:
            break
        life.append((utc_text(at), status))
    return life


def _issue(number: int, life: list[tuple[str, str]], now: datetime) -> tuple[object, ...]:
    key, created = f"P-{number + 1}", utc_text(now - timedelta(days=_DAYS + 1))
    status = life[-1][1] if life else "1"
    category = _CATEGORIES[status]
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
            "status": status,
            "parent": None if parent is None else str(parent + 1),
        }
    )
    return (
        str(number + 1),
        key,
        f"Title {number}",
        f"Status {status}",
        category,
        _STATES[category],
        kind,
        parent_key,
        created,
        utc_text(now),
        tracked,
        utc_text(now) if life else None,
    )


_ISSUE = """
INSERT INTO issues (source, source_id, issue_key, summary, status, status_category, state, labels, assignees,
    issue_type_id, parent_key, created_at, updated_at, tracked, changes_through)
VALUES ('jira', ?, ?, ?, ?, ?, ?, '[]', '[]', ?, ?, ?, ?, ?, ?)
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


_COUNT = """
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute(f"SELECT count(*) FROM {sys.argv[2]}").fetchall())
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
            **{
                f"changes --since 1d {' '.join(filters)} --json": (
                    "changes",
                    "--since",
                    "1d",
                    *filters,
                    "--json",
                )
                for filters in (("--open",), ("-a", "a"), ("--under", "P-1102"))
            },
            "changes P-5 --since 365d --json": ("changes", "P-5", "--since", "365d", "--json"),
            "show P-5 --json": ("show", "P-5", "--json"),
            **{
                f"{' '.join(command)} --json": (*command, "--json")
                for command in (
                    ("summary",),
                    ("aging",),
                    ("lint", "--exit-zero"),
                    ("flow",),
                    ("forecast", "P-1"),
                )
            },
        }
        programs = {name: partial(ask, *each) for name, each in questions.items()} | {
            f"SELECT count(*) FROM {view.name}": partial(cost_of, "-c", _COUNT, path, view.name)
            for view in VIEWS
        }
        costs = medians(options.runs, *programs.values())
    rows = [
        [name, f"{cost.wall:.3f}", f"{cost.wall / costs[0].wall:.2f}"]
        for name, cost in zip(programs, costs, strict=True)
    ]
    title = f"{options.issues:,} issues, {options.changes:,} changes of {weight:.0f} bytes each"
    print_table(title, ("command", "s", "x tree of now"), rows)


if __name__ == "__main__":
    main()

"""Where it all stands: what is below each root counted by state, and what needs a look."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from worksupport.clock import utc_text
from worksupport.measures.intervals import local_day
from worksupport.model.definitions import STALE_DAYS, definitions
from worksupport.model.filters import Filters
from worksupport.model.times import stored_moment
from worksupport.queries.forecast import date_85, pace, period_begins
from worksupport.queries.forest import Forest, overdue
from worksupport.queries.path import issues_numbered, named
from worksupport.queries.reader import age
from worksupport.queries.units import (
    Life,
    Unit,
    age_days,
    check_team,
    finished_since,
    issues_as_units,
    lives,
    record_begins,
    status_days,
    units,
)

MOST_ROOTS = 10
_MOST_OF_A_KIND = 3
_COUNTS = (
    *("done", "total", "dropped", "finished_7d", "doing", "blocked", "todo", "unassigned", "stale"),
    "date_85",
)


def summary_document(
    connection: sqlite3.Connection, key: str | None, filters: Filters, now: datetime
) -> dict[str, Any]:
    """`{"roots": [{"issue_key", "summary", COUNTS}], "more", "finished", "outside": COUNTS, "all": COUNTS,
    "attention": [issue with "kind" and "days"], "definitions", AGE}`.

    COUNTS of all below it that pass the filters: done, total, dropped, finished_7d, doing, blocked, todo,
    unassigned, stale, and date_85 (a day, or null). `roots`: those with something open, the newest change
    first, at most ten, `more` how many others; `finished`: the others with nothing open; `all`: of every root
    with something open and of what has no place. With `key` (exact) that issue is the only root, and nothing
    is outside. Raises UsageError for a team of too few.
    """
    check_team(connection, filters)
    today = now.astimezone().date()
    forest = Forest(connection, filters, key)
    work = _Work(connection, forest, filters, key, today)
    counts, newest = _counted(forest, work, now)
    # The one that was asked for stands there whatever it is.
    is_open = {top for top in forest.tops if key is not None or _has_open(forest, counts, top)}
    opened = sorted(is_open, key=lambda top: newest[top], reverse=True)
    outside = counts[-1] if key is None else Counter()
    every = sum((counts[top] for top in opened), Counter(outside))
    shown = opened[:MOST_ROOTS]
    scope = set(opened) | ({-1} if key is None else set())
    return {
        "roots": [
            {**named(connection, forest.keys[top]), **_row(counts[top]), "date_85": work.date_85(top)}
            for top in shown
        ],
        "more": len(opened) - len(shown),
        "finished": [
            named(connection, forest.keys[top])
            for top in sorted(set(forest.tops) - is_open, key=lambda top: newest[top], reverse=True)
            if counts[top]["total"]
        ],
        "outside": _row(outside),
        "all": _row(every),
        "attention": _attention(connection, forest, work, scope, today),
        "definitions": definitions(
            *("unit of work", "done", "finished in 7 days", "doing, blocked, to do", "unassigned", "stale"),
            *("forecast", "blocked for", "age", "overdue", "days"),
        ),
        **age(connection),
    }


class _Work:
    """The units of work below each root, and what was finished of them lately."""

    def __init__(
        self, connection: sqlite3.Connection, forest: Forest, filters: Filters, key: str | None, today: date
    ) -> None:
        self._connection, self._today = connection, today
        of_id = {each: issue for issue, each in enumerate(forest.ids)}
        self._of: dict[int, list[Unit]] = defaultdict(list)
        self._finished: dict[int, list[Life]] = defaultdict(list)
        self.units = units(connection, filters, key)
        for unit in self.units:
            self._of[forest.root_of[of_id[unit.id]]].append(unit)
        for life in finished_since(connection, self.units, period_begins(today)):
            self._finished[forest.root_of[of_id[life.unit.id]]].append(life)

    def finished_7d(self, root: int) -> int:
        """How many were finished today or on the six days before."""
        since = self._today - timedelta(days=6)
        return sum(local_day(life.span.finished or "") >= since for life in self._finished[root])

    def date_85(self, root: int) -> str | None:
        """As `forecast` says it of this root."""
        of = self._of[root]
        daily = pace(of, self._finished[root], record_begins(self._connection, of), self._today)
        return date_85(sum(unit.is_open for unit in of), daily, self._today)


def _counted(forest: Forest, work: _Work, now: datetime) -> tuple[dict[int, Counter[str]], dict[int, str]]:
    """By root (-1: outside) what is below it by state, and the newest change of it all."""
    stale = utc_text(now - timedelta(days=STALE_DAYS))
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    newest = {top: forest.changed_at[top] for top in forest.tops}
    for issue, root in forest.below():
        if root >= 0 and forest.changed_at[issue] > newest[root]:
            newest[root] = forest.changed_at[issue]
        if not forest.passes[issue]:
            continue
        count = counts[root]
        count["total"] += 1
        count[forest.states[issue]] += 1
        if forest.is_open(issue):
            count["unassigned"] += forest.are_unassigned[issue]
            count["stale"] += forest.changed_at[issue] < stale
    for root, count in counts.items():
        count["done"] += count["dropped"]
        count["finished_7d"] = work.finished_7d(root)
    return counts, newest


def _has_open(forest: Forest, counts: dict[int, Counter[str]], top: int) -> bool:
    is_itself = forest.is_open(top) and forest.passes[top]
    return counts[top]["done"] < counts[top]["total"] or is_itself


def _row(count: Counter[str]) -> dict[str, Any]:
    return {**{name: count[name] for name in _COUNTS[:-1]}, "date_85": None}


# Kind, days (null: unknown), number of the issue.
_Look = tuple[str, int | None, int]


def _attention(
    connection: sqlite3.Connection, forest: Forest, work: _Work, scope: set[int], today: date
) -> list[dict[str, Any]]:
    """What is blocked longest, started first, most overdue, and which parents have nobody; a few of each."""
    within = {
        forest.ids[issue]: issue
        for issue, root in enumerate(forest.root_of)
        if root in scope and forest.passes[issue] and forest.is_open(issue)
    }
    looks = [
        *_blocked(connection, within, forest, today),
        *_started(connection, within, work, today),
        *_overdue(connection, within, today),
        *_parents_of_nobody(within, forest),
    ]
    issues = issues_numbered(connection, [issue for _, _, issue in looks])
    return [{"kind": kind, "days": days, **issues[issue]} for kind, days, issue in looks]


def _longest(
    connection: sqlite3.Connection,
    kind: str,
    wanted: Sequence[Unit],
    days_of: Callable[[Life], int | None],
) -> list[_Look]:
    """Those of these with the most days; those of unknown days come last."""
    aged = [(days_of(life), life.unit.id) for life in lives(connection, wanted)]
    ordered = sorted(aged, key=lambda each: (-(each[0] or 0), each[1]))
    return [(kind, days, issue) for days, issue in ordered[:_MOST_OF_A_KIND]]


def _blocked(
    connection: sqlite3.Connection, within: dict[int, int], forest: Forest, today: date
) -> Sequence[_Look]:
    wanted = [each for each, issue in within.items() if forest.states[issue] == "blocked"]
    return _longest(
        connection, "blocked", issues_as_units(connection, wanted), lambda life: status_days(life, today)
    )


def _started(
    connection: sqlite3.Connection, within: dict[int, int], work: _Work, today: date
) -> Sequence[_Look]:
    wanted = [unit for unit in work.units if unit.state == "doing" and unit.id in within]

    def days(life: Life) -> int | None:
        return None if life.span.started is None else age_days(life.span.started, today)

    return [each for each in _longest(connection, "in progress", wanted, days) if each[1] is not None]


def _overdue(connection: sqlite3.Connection, within: dict[int, int], today: date) -> list[_Look]:
    found = [
        (issue, stored_moment(due)) for issue, due in overdue(connection, today).items() if issue in within
    ]
    return [("overdue", (today - due.date()).days, issue) for issue, due in found[:_MOST_OF_A_KIND] if due]


def _parents_of_nobody(within: dict[int, int], forest: Forest) -> list[_Look]:
    parents = set(forest.parent_keys)
    found = [
        each
        for each, issue in within.items()
        if forest.are_unassigned[issue] and forest.keys[issue] in parents
    ]
    return [("unassigned", None, issue) for issue in found[:_MOST_OF_A_KIND]]

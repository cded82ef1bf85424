"""The issues as they were at a moment: tables of that name hide today's, so that no query knows of time.

A value is the `old` of its first change after the moment, else today's; who was there say the events of the
record since the source's first complete run with it, before that `created_at` alone. Names, teams, links and
types are today's.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from worksupport.errors import UsageError
from worksupport.model.filters import Filters
from worksupport.model.names import CHANGE_FIELDS, EVENTS, SOURCE_TITLES, SOURCES
from worksupport.model.times import local_text
from worksupport.model.tracked import NUMBERS
from worksupport.output import json_text
from worksupport.queries.names import Remark
from worksupport.queries.values_then import Changed, write_values

_Answer = TypeVar("_Answer")

# What goes by the last change, of which the record knows only its own, or by today.
_OF_TODAY = ("changed_since", "changed_before", "stale", "missing")
_MOMENT = "coalesce(at, seen_at)"
_FIRST_RUN = """
SELECT began_at FROM source_results
WHERE source = ? AND stored = 1 AND scope = 'full' AND began_at IS NOT NULL ORDER BY data_version LIMIT 1
"""
# The first change of a field comes last; in the order of an index.
_CHANGED_SINCE = f"""
SELECT issue, field, old FROM changes WHERE {_MOMENT} > ? ORDER BY {_MOMENT} DESC, id DESC
"""
_LAST_EVENT = f"""
SELECT field FROM changes WHERE issue = ? AND field >= {NUMBERS["new"]} AND {_MOMENT} <= ?
ORDER BY {_MOMENT} DESC, id DESC LIMIT 1
"""
_PRESENCE = """
SELECT issues_then.id, issues_then.source, created_at, coalesce(missing_since, gone_at)
FROM temp.issues_then LEFT JOIN gone_issues USING (id)
"""
# In the order of the index that has all of it; the plus keeps SQLite from the other one, by times.
_OWN_TIMES = f"""
UPDATE temp.issues_then SET updated_at = changed_at,
    closed_at = CASE status_category WHEN 'done' THEN moved_at END
FROM (
    SELECT issue, max({_MOMENT}) AS changed_at,
        max(CASE field WHEN {NUMBERS["status"]} THEN {_MOMENT} END) AS moved_at
    FROM changes WHERE +{_MOMENT} <= ? AND field < {NUMBERS["new"]} GROUP BY issue
) WHERE issues_then.id = issue
"""
_HIDE = (
    # Views of an older file's tables, see queries/reader.py.
    *(f"DROP VIEW IF EXISTS temp.{name}" for name in ("issues", "issue_labels", "issue_assignees")),
    "ALTER TABLE temp.issues_then RENAME TO issues",
    "CREATE INDEX temp.then_by_parent ON issues (parent_key COLLATE NOCASE)",
    """CREATE TEMP VIEW issue_labels AS SELECT issues.id AS issue_id, each.value AS label,
        casefold(each.value) AS folded FROM temp.issues, json_each(labels) AS each""",
    """CREATE TEMP VIEW issue_assignees AS SELECT issues.id AS issue_id,
        json_extract(each.value, '$[0]') AS account, json_extract(each.value, '$[1]') AS name,
        casefold(json_extract(each.value, '$[1]')) AS folded
        FROM temp.issues, json_each(assignee_accounts) AS each""",
)


def at(
    time: str | None,
    question: Callable[[sqlite3.Connection], _Answer],
    filters: Filters,
    words: tuple[str, ...] = (),
) -> Callable[[sqlite3.Connection], _Answer]:
    """`question`, asked of the issues as they were at `time` (UTC text); None: as they are.

    Raises UsageError for filters and words that only today's issues can be asked for; when asked, also where
    no change was ever recorded.
    """
    if time is None:
        return question
    given = {name for name, _ in filters.texts()} | ({"missing"} if filters.missing else set())
    unfit = [name.replace("_", "-") for name in _OF_TODAY if name in given] + ["words"] * bool(words)
    if unfit:
        raise UsageError(
            f"of the past nothing is known by {', '.join(unfit)}",
            "leave that out, or the time as of which you ask",
        )

    def asked(connection: sqlite3.Connection) -> _Answer:
        _go_to(connection, time)
        return question(connection)

    return asked


def stamped(text: str, time: str | None) -> str:
    """A JSON document with the time as of which it is; as it is for None."""
    return text if time is None else f"{text.rstrip()[:-1]},{json_text({'as_of': time})[1:]}"


def record_remarks(connection: sqlite3.Connection, time: str, now: datetime) -> list[Remark]:
    """What is not known of `time`: it lies before a source's record, or what was over then is forgotten.

    `now`: for the year.
    """
    told = []
    for source in SOURCES:
        has_issues = connection.execute("SELECT 1 FROM issues WHERE source = ?", [source]).fetchone()
        first = first_run(connection, source)
        if has_issues and (first is None or time < first):
            since = f"since {local_text(first, now)}; before that" if first else "not at all yet;"
            known = f"{SOURCE_TITLES[source]}'s changes are recorded {since} its issues"
            told.append((f"{known} count from when they were created", ""))
    ((forgotten,),) = connection.execute("SELECT max(forgotten_before) FROM data_state")
    if forgotten and time < forgotten:
        told.append((f"what was done or gone before {local_text(forgotten, now)} is forgotten", ""))
    return told


def first_run(connection: sqlite3.Connection, source: str) -> str | None:
    """When the source's first complete run with the record began (UTC text); None if there was none."""
    row = connection.execute(_FIRST_RUN, [source]).fetchone()
    return row[0] if row else None


def _go_to(connection: sqlite3.Connection, time: str) -> None:
    first_runs = {source: first_run(connection, source) for source in SOURCES}
    if not any(first_runs.values()) and not connection.execute("SELECT 1 FROM changes").fetchone():
        raise UsageError("no change is recorded here yet", "worksupport harvest records them from now on")
    changed: Changed = {}
    next_event: dict[int, str] = {}
    for issue, number, old in connection.execute(_CHANGED_SINCE, [time]):
        if (field := CHANGE_FIELDS[number]) in EVENTS:
            next_event[issue] = field
        else:
            changed.setdefault(issue, {})[field] = old
    write_values(connection, changed)
    absent = [
        (issue,)
        for issue, source, created_at, left_at in connection.execute(_PRESENCE).fetchall()
        if (created_at and created_at > time)
        or not _was_there(connection, issue, left_at, next_event.get(issue), first_runs.get(source), time)
    ]
    connection.executemany("DELETE FROM temp.issues_then WHERE id = ?", absent)
    connection.execute("UPDATE temp.issues_then SET missing_since = NULL WHERE missing_since IS NOT NULL")
    connection.execute(_OWN_TIMES, [time])
    for statement in _HIDE:
        connection.execute(statement)


def _was_there(
    connection: sqlite3.Connection,
    issue: int,
    left_at: str | None,
    next_event: str | None,
    first_run: str | None,
    time: str,
) -> bool:
    """`left_at`: since when it is missing or gone today; `next_event`: what happened to it first after."""
    if first_run is None or time < first_run:
        return not left_at or left_at > time
    if next_event is None:
        return left_at is None or left_at > time
    if next_event == "gone":
        last = connection.execute(_LAST_EVENT, [issue, time]).fetchone()
        return last is None or CHANGE_FIELDS[last[0]] != "missing"
    return next_event == "missing"

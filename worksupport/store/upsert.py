"""Staged rows become issues (upsert): one way for some pages of a harvest and for a whole reload.

These are staged in a temporary table of the name `staged_issues`, which hides the lasting one; a reload
stages in the lasting one. All statements run in the caller's transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from worksupport.errors import DatabaseError
from worksupport.model.issue_fields import DESCRIPTION, FIELDS, IssueRow
from worksupport.store.changes import Moment, Record, record_differences, record_new
from worksupport.store.database import STATE, raise_data_version
from worksupport.store.missing import DISPLACED

COLUMNS = tuple(field.column for field in FIELDS if field.place in ("issues", "record"))
_STAGED = (*COLUMNS, DESCRIPTION)
_LISTS = tuple(field.column for field in FIELDS if field.holds == "list")
_OBJECTS = tuple(field.column for field in FIELDS if field.holds == "object")
_DOCUMENTS = tuple(field.column for field in FIELDS if field.holds == "json")
_CACHED_TEXTS = 1_000  # the same few people, labels and types come with every issue
_LIST = ", ".join(COLUMNS)
_in_order = itemgetter(*_STAGED)
_json_text = json.JSONEncoder(ensure_ascii=False).encode
_STAGE = (
    f"INSERT INTO staged_issues ({', '.join(_STAGED)}, run_id) VALUES ({', '.join('?' * len(_STAGED))}, ?) "
    "ON CONFLICT (source, source_id) DO UPDATE SET run_id = excluded.run_id, "
    f"{', '.join(f'{c} = excluded.{c}' for c in _STAGED)} "
    "WHERE excluded.updated_at >= staged_issues.updated_at IS NOT FALSE"
)


@dataclass
class Merged:
    """What a merge did: counts by source, and the keys that another issue of the same run took over."""

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    doubled: list[tuple[str, str, str]] = field(default_factory=list)  # (source, source_id, key)
    recorded: int = 0  # changes


def stage(connection: sqlite3.Connection, rows: Iterable[IssueRow], run_id: str) -> None:
    """Put rows into `staged_issues` as this run's; of two of one issue the newer stays."""
    connection.executemany(_STAGE, ((*_stored(row), run_id) for row in rows))


def count_staged(connection: sqlite3.Connection) -> int:
    """How many issues a reload has staged so far, if nobody else has touched them."""
    # The rows are numbered from 1: to count them at every page would take ever longer.
    ((count,),) = connection.execute("SELECT coalesce(max(rowid), 0) FROM main.staged_issues")
    return int(count)


def require_staged(connection: sqlite3.Connection, run_id: str, count: int) -> None:
    """Raise DatabaseError if fewer than `count` rows are staged that are this run's."""
    statement = "SELECT count(*) FROM main.staged_issues WHERE run_id = ?"
    ((found,),) = connection.execute(statement, [run_id])
    if found < count:
        raise DatabaseError(
            f"of the {count} issues that this run had staged {found} are left: another run has written here",
            "the issues stay as they were; run the command again",
        )


def _stored(row: IssueRow) -> tuple[object, ...]:
    """The values of what is staged, lists and objects as JSON text."""
    values: dict[str, Any] = {**row}
    for column in _LISTS:
        values[column] = _list_text(tuple(values[column]))
    for column in _OBJECTS:
        if values[column] is not None:
            values[column] = _object_text(**values[column])
    for column in _DOCUMENTS:
        if values[column] is not None:
            values[column] = _json_text(values[column])
    stored: tuple[object, ...] = _in_order(values)
    return stored


@lru_cache(_CACHED_TEXTS)
def _list_text(values: tuple[object, ...]) -> str:
    return _json_text(values)


@lru_cache(_CACHED_TEXTS)
def _object_text(**members: str | None) -> str:
    return _json_text(members)


def stage_aside(connection: sqlite3.Connection, rows: Iterable[IssueRow], run_id: str) -> None:
    """Stage what a harvest merges next in a temporary table of its own, empty before."""
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS staged_issues AS SELECT * FROM main.staged_issues LIMIT 0"
    )
    connection.execute(
        "CREATE UNIQUE INDEX IF NOT EXISTS temp.page_by_id ON staged_issues (source, source_id)"
    )
    connection.execute("CREATE INDEX IF NOT EXISTS temp.page_by_key ON staged_issues (issue_key)")
    connection.execute("DELETE FROM staged_issues")
    stage(connection, rows, run_id)


def merge(
    connection: sqlite3.Connection, run_id: str, now: str, seen_at: Mapping[str, str] | None = None
) -> Merged:
    """Upsert what is staged into `issues` as seen by this run, at `now` (UTC text), and record what changed.

    `seen_at`: by source, when the service gave its answer, by its own clock (UTC text); else `now`. Keys that
    changed hands are sorted out first, so that ids stay and no key stands twice.
    """
    connection.execute(_DROP_STALE, {"run": run_id})
    merged = Merged(doubled=_drop_doubled(connection, run_id))
    values = {"run": run_id, "now": now, "displaced": DISPLACED}
    if displaced := _rename(connection, _DISPLACED, values):
        merged.doubled += connection.execute(_DOUBLED_BEFORE, values).fetchall()
        connection.execute(_MOVE_DISPLACED, values)
    if _rename(connection, _MOVED, values):
        connection.execute(_KEEP_FORMER)
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS touched (source, source_id, is_new)")
    connection.execute("DELETE FROM temp.touched")
    connection.execute(_TOUCHED)
    merged.new = _count(connection, _NEW)
    merged.changed = _count(connection, _CHANGED)
    record = Record(connection, Moment(run_id, now, seen_at or {}))
    returned = record_differences(record)
    for statement in (_UPSERT, _FORGET_GONE, _SEEN, *_SIDE_TABLES):
        connection.execute(statement, values)
    record_new(record, returned)
    merged.recorded = record.written
    described = connection.execute(_DESCRIBE).rowcount
    if displaced or described or merged.new or merged.changed or merged.recorded:
        raise_data_version(connection, now)
    return merged


def forget_seen(connection: sqlite3.Connection, source: str, source_ids: Iterable[str]) -> None:
    """What was merged only to know how it left: it is in no answer to this run's own questions."""
    statement = "UPDATE issues SET seen_run = NULL WHERE source = ? AND source_id = ?"
    connection.executemany(statement, [(source, each) for each in source_ids])


def _drop_doubled(connection: sqlite3.Connection, run_id: str) -> list[tuple[str, str, str]]:
    """Of two rows of one run with one key the higher source_id keeps it; the others are left out."""
    doubled = connection.execute(_DOUBLED, {"run": run_id}).fetchall()
    connection.executemany(
        "DELETE FROM staged_issues WHERE source = ? AND source_id = ?", [row[:2] for row in doubled]
    )
    return doubled


def _rename(connection: sqlite3.Connection, renamed: str, values: dict[str, str]) -> bool:
    """Note the rows whose key changes in `renamed` and let their children follow; are there any?"""
    # A table made anew has SQLite compile every statement again, so it is made only where it is needed.
    ((is_needed,),) = connection.execute(f"SELECT EXISTS ({renamed})")
    if is_needed:
        connection.execute("DROP TABLE IF EXISTS temp.renamed")
        connection.execute(f"CREATE TEMP TABLE renamed AS {renamed}")
        connection.execute(_CHILDREN_FOLLOW, values)
    return bool(is_needed)


def _count(connection: sqlite3.Connection, is_new: int) -> dict[str, int]:
    return dict(
        connection.execute(
            "SELECT source, count(*) FROM temp.touched WHERE is_new = ? GROUP BY source", [is_new]
        ).fetchall()
    )


# Two queries of one run can bring one issue, and replicas lag: the newer answer stays.
_DROP_STALE = """
DELETE FROM staged_issues WHERE EXISTS (
    SELECT 1 FROM issues i WHERE i.source = staged_issues.source AND i.source_id = staged_issues.source_id
    AND i.seen_run = :run AND i.updated_at > staged_issues.updated_at
)
"""
_DOUBLED = """
SELECT s.source, s.source_id, s.issue_key FROM staged_issues s WHERE EXISTS (
    SELECT 1 FROM (
        SELECT source, source_id, issue_key FROM staged_issues WHERE issue_key = s.issue_key
        UNION ALL
        SELECT source, source_id, issue_key FROM issues WHERE issue_key = s.issue_key AND seen_run = :run
    ) o
    WHERE o.source = s.source AND o.source_id <> s.source_id
    AND (CAST(o.source_id AS INTEGER), o.source_id) > (CAST(s.source_id AS INTEGER), s.source_id)
)
"""
_DISPLACED = """
SELECT i.id, i.source, i.issue_key AS old_key, i.issue_key || '~' || i.source_id AS new_key
FROM staged_issues s JOIN issues i ON i.issue_key = s.issue_key
WHERE (i.source, i.source_id) <> (s.source, s.source_id)
"""
# The key's holder came first, in an earlier page of this run.
_DOUBLED_BEFORE = """
SELECT i.source, i.source_id, renamed.old_key
FROM temp.renamed JOIN issues i USING (id)
WHERE i.seen_run = :run AND NOT EXISTS (
    SELECT 1 FROM staged_issues s WHERE s.source = i.source AND s.source_id = i.source_id
)
"""
_MOVED = """
SELECT i.id, i.source, i.issue_key AS old_key, s.issue_key AS new_key
FROM staged_issues s JOIN issues i ON i.source = s.source AND i.source_id = s.source_id
WHERE i.issue_key <> s.issue_key
"""
# A child that this run has seen tells its parent itself.
_CHILDREN_FOLLOW = """
UPDATE issues SET parent_key = renamed.new_key FROM temp.renamed
WHERE issues.parent_key = renamed.old_key COLLATE NOCASE AND issues.parent_key = renamed.old_key
AND issues.source = renamed.source AND issues.seen_run IS NOT :run
AND NOT EXISTS (
    SELECT 1 FROM staged_issues s WHERE s.source = issues.source AND s.source_id = issues.source_id
)
"""
_MOVE_DISPLACED = """
UPDATE issues SET issue_key = renamed.new_key, missing_since = coalesce(missing_since, :displaced)
FROM temp.renamed WHERE issues.id = renamed.id
"""
_KEEP_FORMER = """
INSERT OR REPLACE INTO former_keys (source, former_key, issue_id)
SELECT source, old_key, id FROM temp.renamed WHERE old_key NOT LIKE '%~%'
"""
_TAKEN = [column for column in COLUMNS if column not in ("source", "source_id")]
_COMPARED = [field.column for field in FIELDS if field.column in _TAKEN and field.place == "issues"]
_ADDED = [field.column for field in FIELDS if field.is_added and field.column in _COMPARED]
_FIRST = [column for column in _COMPARED if column not in _ADDED]
# A row that an older worksupport stored lacks what is read since: to fill that in is no change of the issue.
_IS_READ = "i.fix_versions IS NOT NULL"


# A parent that `store/links.py` has found is no value of the service's.
_OWN_PARENT = "CASE WHEN i.parent_by IS NULL THEN i.parent_key END"


def _differ(columns: list[str]) -> str:
    stored = (_OWN_PARENT if column == "parent_key" else f"i.{column}" for column in columns)
    return f"({', '.join(stored)}) IS NOT ({', '.join(f's.{column}' for column in columns)})"


def _taken(column: str) -> str:
    if column == "parent_key":
        return (
            "parent_key = CASE WHEN issues.parent_by IS NULL THEN excluded.parent_key"
            " ELSE issues.parent_key END"
        )
    return f"{column} = excluded.{column}"


_NEW, _CHANGED, _FILLED = 1, 0, 2
_TOUCHED = f"""
INSERT INTO temp.touched
SELECT * FROM (
    SELECT s.source, s.source_id, CASE
        WHEN i.id IS NULL THEN {_NEW}
        WHEN i.missing_since IS NOT NULL OR {_differ(_FIRST)} THEN {_CHANGED}
        WHEN {_IS_READ} AND {_differ(_ADDED)} THEN {_CHANGED}
        WHEN NOT ({_IS_READ}) OR i.tracked IS NOT s.tracked THEN {_FILLED}
    END AS is_new
    FROM staged_issues s LEFT JOIN issues i ON i.source = s.source AND i.source_id = s.source_id
) WHERE is_new IS NOT NULL
"""
_UPSERT = f"""
INSERT INTO issues (id, {_LIST}, state, first_seen_at, harvested_at, seen_run)
SELECT (SELECT id FROM gone_issues g WHERE g.source = s.source AND g.source_id = s.source_id),
    {", ".join(f"s.{c}" for c in COLUMNS)}, {STATE.format(row="s")}, :now, :now, :run
FROM temp.touched JOIN staged_issues s USING (source, source_id) WHERE true
ON CONFLICT (source, source_id) DO UPDATE SET {", ".join(map(_taken, _TAKEN))},
    state = excluded.state, harvested_at = excluded.harvested_at, seen_run = excluded.seen_run,
    missing_since = NULL, missing_reason = NULL
"""
_FORGET_GONE = """
DELETE FROM gone_issues WHERE (source, source_id) IN (SELECT source, source_id FROM temp.touched)
"""
# Of an issue that is as it was, the description is too, unless it was never read. Written so that each text
# is found by its id: as a join SQLite reads all texts for each staged row.
_STAGED_TEXT = """(
    SELECT s.description FROM issues i
    JOIN staged_issues s ON s.source = i.source AND s.source_id = i.source_id
    WHERE i.id = issue_texts.issue_id
)"""
_DESCRIBE = f"""
UPDATE issue_texts SET description = {_STAGED_TEXT}
WHERE issue_id IN (
    SELECT i.id FROM temp.touched t CROSS JOIN issues i ON i.source = t.source AND i.source_id = t.source_id
    UNION
    SELECT i.id FROM staged_issues s CROSS JOIN issues i ON i.source = s.source AND i.source_id = s.source_id
    CROSS JOIN issue_texts old ON old.issue_id = i.id WHERE old.description IS NULL
)
AND description IS NOT coalesce({_STAGED_TEXT}, description)
"""
# The cross join keeps SQLite from reading all issues to find those of one page.
_SEEN = """
UPDATE issues SET harvested_at = :now, seen_run = :run WHERE id IN (
    SELECT i.id FROM staged_issues s CROSS JOIN issues i ON i.source = s.source AND i.source_id = s.source_id
    WHERE i.seen_run IS NOT :run
)
"""
_TOUCHED_ISSUES = "temp.touched JOIN issues i USING (source, source_id)"
_SIDE_TABLES = (
    f"DELETE FROM issue_labels WHERE issue_id IN (SELECT i.id FROM {_TOUCHED_ISSUES})",
    f"DELETE FROM issue_assignees WHERE issue_id IN (SELECT i.id FROM {_TOUCHED_ISSUES})",
    f"""INSERT OR IGNORE INTO issue_labels (issue_id, label, folded)
    SELECT i.id, each.value, casefold(each.value)
    FROM {_TOUCHED_ISSUES}, json_each(i.labels) AS each""",
    f"""INSERT OR IGNORE INTO issue_assignees (issue_id, account, name, folded)
    SELECT i.id, json_extract(each.value, '$[0]'), json_extract(each.value, '$[1]'),
        casefold(json_extract(each.value, '$[1]'))
    FROM {_TOUCHED_ISSUES}, json_each(i.assignee_accounts) AS each""",
)

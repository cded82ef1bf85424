"""Which issues a complete run no longer found, which of them are protected, and the brake.

Decided by run membership (`seen_run`), never by comparing clocks. All statements run in the caller's
transaction.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from worksupport.errors import BrakeError
from worksupport.model.filters import folded
from worksupport.model.outcome import Kind, LeftOut
from worksupport.store.changes import Record, bury, record_events
from worksupport.store.database import raise_data_version

# Up to this many may disappear without a question.
BRAKE_FREE = 20

# In place of a time: another issue took this row's key, so it is hidden at once; whether it is missing is
# decided at the end of its source, as for any other.
DISPLACED = ""

_BASE = {
    # An address that led to no account still has the rows of the account it once led to, and of its member.
    Kind.ACCOUNT: """id IN (
        SELECT issue_id FROM issue_assignees WHERE account = :name COLLATE NOCASE
        OR account IN (SELECT jira_account_id FROM team_members WHERE jira_id = :name)
        OR folded IN (SELECT casefold(name) FROM team_members WHERE jira_id = :name))""",
    Kind.LOGIN: """id IN (SELECT issue_id FROM issue_assignees WHERE account = :name COLLATE NOCASE)""",
    Kind.PARENT: "parent_key = :name COLLATE NOCASE",
    Kind.TYPE: "issue_type_id = CAST(:name AS INTEGER)",
    Kind.ORGANISATION: ":name IS NOT NULL",
    Kind.RECORD: "(:name = '' OR issue_key = :name OR source_id = :name)",
}
_PROTECT = """
INSERT OR IGNORE INTO temp.protected
WITH RECURSIVE below (id, issue_key) AS (
    SELECT id, issue_key FROM issues WHERE source = :source AND {base}
    UNION
    SELECT issues.id, issues.issue_key FROM below JOIN issues
    ON issues.parent_key = below.issue_key COLLATE NOCASE AND issues.source = :source
)
SELECT id FROM below
"""
_NOT_MARKED = f"(missing_since IS NULL OR missing_since = '{DISPLACED}')"
_UNSEEN = "source = :source AND seen_run IS NOT :run AND id NOT IN (SELECT id FROM temp.protected)"


def protect(connection: sqlite3.Connection, left_out: Sequence[LeftOut]) -> None:
    """Fill `temp.protected` with the ids of what was left out, the sub-trees below included."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS protected (id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM temp.protected")
    for item in left_out:
        statement = _PROTECT.format(base=_BASE[item.kind])
        connection.execute(statement, {"source": item.source, "name": item.name})


def present(connection: sqlite3.Connection, source: str) -> int:
    """How many issues of `source` the answers hold: the brake's measure, taken before the first write."""
    return _number(
        connection,
        "SELECT count(*) FROM issues WHERE source = :source AND missing_since IS NULL",
        {"source": source},
    )


def seen(connection: sqlite3.Connection, source: str, run_id: str) -> int:
    """How many issues of `source` this run has seen."""
    return _number(
        connection,
        "SELECT count(*) FROM issues WHERE source = :source AND seen_run = :run",
        {"source": source, "run": run_id},
    )


# How many issues of one label or person may be unfound without a question.
_FEW = 5
_UNFOUND = """
SELECT {account}, count(*), i.source_id, i.issue_key, min(i.id)
FROM issues i {assignees} WHERE i.source = :source AND i.missing_since IS NULL
AND i.id IN (SELECT issue_id FROM issue_labels WHERE folded = :label)
GROUP BY 1 HAVING count(*) > :few AND NOT max({seen})
"""
_SEEN = {
    False: "coalesce(i.seen_run = :run, 0)",
    # A reload has staged what it found.
    True: """EXISTS (SELECT 1 FROM main.staged_issues s
        WHERE s.source = i.source AND s.source_id = i.source_id)""",
}


def unfound(
    connection: sqlite3.Connection, source: str, run_id: str, label: str, *, is_staged: bool
) -> list[tuple[str | None, int, str, str]]:
    """Of whose labelled issues this run has found none: account (None: everybody's), count, an id, its key.

    `is_staged`: what the run found is staged, not merged.
    """
    values = {"source": source, "run": run_id, "label": folded(label), "few": _FEW}
    by_account = {"account": "a.account", "assignees": "JOIN issue_assignees a ON a.issue_id = i.id"}
    found = []
    for columns in ({"account": "NULL", "assignees": ""}, by_account):
        statement = _UNFOUND.format(**columns, seen=_SEEN[is_staged])
        found += [row[:4] for row in connection.execute(statement, values)]
    return found


@dataclass(frozen=True)
class BrakeLimits:
    """When a source would lose too many issues: more than 20 and more than `max_delete_percent` of `before`,
    or every issue of the root types although the source had some; at 100 percent nothing is too many."""

    before: int
    max_delete_percent: float
    root_type_ids: tuple[int, ...] = ()
    roots_found: int | None = None


def brake(connection: sqlite3.Connection, source: str, run_id: str, limits: BrakeLimits) -> None:
    """Raise BrakeError if this run would newly lose too many unprotected issues of `source`."""
    if limits.max_delete_percent >= 100:
        return
    values = {"source": source, "run": run_id}
    lost = _number(connection, _LOST, values)
    if lost > BRAKE_FREE and lost * 100 > limits.max_delete_percent * limits.before:
        raise _braked(source, f"{lost} of {limits.before} issues would disappear", limits)
    if limits.roots_found == 0:
        roots = json.dumps(limits.root_type_ids)
        roots_lost = _number(connection, _ROOTS_LOST, {**values, "roots": roots})
        if roots_lost:
            raise _braked(source, f"no root issue came back, there were {roots_lost}", limits)


_LOST = f"SELECT count(*) FROM issues WHERE {_UNSEEN} AND {_NOT_MARKED}"
_ROOTS_LOST = f"{_LOST} AND issue_type_id IN (SELECT value FROM json_each(:roots))"


def _braked(source: str, what: str, limits: BrakeLimits) -> BrakeError:
    return BrakeError(
        f"{source}: {what}; the brake kept them all (reload.max_delete_percent is "
        f"{limits.max_delete_percent:g})",
        "look into it first; to allow it once: worksupport reload --max-delete 100",
    )


def _number(connection: sqlite3.Connection, statement: str, values: dict[str, str]) -> int:
    return int(connection.execute(statement, values).fetchone()[0])


def mark_missing(connection: sqlite3.Connection, source: str, record: Record) -> int:
    """Mark the unseen, unprotected issues of `source` as missing, and record it; returns how many."""
    values = {"source": source, "run": record.moment.run}
    lost = connection.execute(f"SELECT id FROM issues WHERE {_UNSEEN} AND {_NOT_MARKED}", values).fetchall()
    record_events(record, "missing", [(issue, source, None) for (issue,) in lost])
    connection.execute(
        f"UPDATE issues SET missing_since = :since WHERE {_UNSEEN} AND {_NOT_MARKED}",
        {**values, "since": record.moment.of(source)},
    )
    if lost:
        raise_data_version(connection, record.moment.now)
    return len(lost)


def delete_long_missing(
    connection: sqlite3.Connection, source: str, record: Record, missing_before: str
) -> int:
    """Delete unseen, unprotected issues missing since before `missing_before` (UTC text); tells how many."""
    where = f"{_UNSEEN} AND missing_since > '{DISPLACED}' AND missing_since < :missing_before"
    return _delete(connection, where, source, record, missing_before=missing_before)


def delete_unseen(connection: sqlite3.Connection, source: str, record: Record) -> int:
    """Delete all unseen, unprotected issues of `source`, missing or not; returns how many."""
    return _delete(connection, _UNSEEN, source, record)


def _delete(connection: sqlite3.Connection, where: str, source: str, record: Record, **given: str) -> int:
    """What is deleted leaves a tombstone, and an event in the record."""
    values = {"source": source, "run": record.moment.run, **given}
    gone = connection.execute(f"SELECT id FROM issues WHERE {where}", values).fetchall()
    if not gone:
        return 0
    record_events(record, "gone", [(issue, source, None) for (issue,) in gone])
    bury(connection, where, values, record.moment.of(source))
    connection.execute(f"DELETE FROM issues WHERE {where}", values)
    raise_data_version(connection, record.moment.now)
    return len(gone)

"""Which issues a complete run no longer found, which of them are protected, and the brake.

Decided by run membership (`seen_run`), never by comparing clocks. All statements run in the caller's
transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from worksupport.errors import BrakeError
from worksupport.model.filters import folded
from worksupport.model.outcome import Kind, LeftOut
from worksupport.store.changes import Record, bury, record_events
from worksupport.store.database import raise_data_version

_NO_REASONS: Mapping[str, str] = {}
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
_NOT_PROTECTED = "id NOT IN (SELECT id FROM temp.protected)"
_UNSEEN = f"source = :source AND seen_run IS NOT :run AND {_NOT_PROTECTED}"
_LEFT = f"source = :source AND source_id IN (SELECT value FROM json_each(:ids)) AND {_NOT_PROTECTED}"
# What a reload has seen is staged.
_NOT_STAGED = f"""source = :source AND {_NOT_PROTECTED} AND :run IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM main.staged_issues s WHERE s.source = issues.source AND s.source_id = issues.source_id
)"""


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


def protect_ids(connection: sqlite3.Connection, source: str, source_ids: Iterable[str]) -> None:
    """Protect these as well, by their vendor's ids."""
    connection.executemany(
        "INSERT OR IGNORE INTO temp.protected SELECT id FROM issues WHERE source = ? AND source_id = ?",
        [(source, each) for each in source_ids],
    )


def lost(
    connection: sqlite3.Connection, source: str, run_id: str, *, is_staged: bool
) -> tuple[list[tuple[str, str, str]], str | None]:
    """The unseen, unprotected issues that are not marked yet: id, key and labels (JSON) of each.

    Those that were asked for longest ago come first. Also the vendor's id of one that this run has seen.
    `is_staged`: what it has seen is staged.
    """
    values = {"source": source, "run": run_id}
    where = f"{_NOT_STAGED if is_staged else _UNSEEN} AND {_NOT_MARKED}"
    columns = f"source_id, {_REAL_KEY}, labels"
    found = connection.execute(
        f"SELECT {columns} FROM issues WHERE {where} ORDER BY harvested_at, id", values
    )
    return found.fetchall(), _witness(connection, values, is_staged=is_staged)


# A displaced row's own key is another issue's now.
_REAL_KEY = "coalesce(json_extract(tracked, '$.key'), issue_key)"


def _witness(connection: sqlite3.Connection, values: dict[str, str], *, is_staged: bool) -> str | None:
    seen = "SELECT source_id FROM issues WHERE source = :source AND seen_run = :run LIMIT 1"
    staged = "SELECT source_id FROM main.staged_issues WHERE source = :source AND :run IS NOT NULL LIMIT 1"
    row = connection.execute(staged if is_staged else seen, values).fetchone()
    return row[0] if row else None


def brake(
    connection: sqlite3.Connection,
    source: str,
    run_id: str,
    limits: BrakeLimits,
    *,
    is_staged: bool = False,
) -> None:
    """Raise BrakeError if this run would newly lose too many unprotected issues of `source`."""
    where = f"{_NOT_STAGED if is_staged else _UNSEEN} AND {_NOT_MARKED}"
    _brake(connection, where, {"source": source, "run": run_id}, limits)


def _brake(
    connection: sqlite3.Connection, where: str, values: Mapping[str, str], limits: BrakeLimits
) -> None:
    if limits.max_delete_percent >= 100:
        return
    source, count = values["source"], f"SELECT count(*) FROM issues WHERE {where}"
    unseen = _number(connection, count, values)
    if unseen > BRAKE_FREE and unseen * 100 > limits.max_delete_percent * limits.before:
        raise _braked(source, f"{unseen} of {limits.before} issues would disappear", limits)
    if limits.roots_found == 0:
        roots = json.dumps(limits.root_type_ids)
        roots_lost = _number(connection, f"{count} AND {_IS_ROOT}", {**values, "roots": roots})
        if roots_lost:
            raise _braked(source, f"no root issue came back, there were {roots_lost}", limits)


_IS_ROOT = "issue_type_id IN (SELECT value FROM json_each(:roots))"


def _braked(source: str, what: str, limits: BrakeLimits) -> BrakeError:
    return BrakeError(
        f"{source}: {what}; the brake kept them all (reload.max_delete_percent is "
        f"{limits.max_delete_percent:g})",
        "look into it first; to allow it once: worksupport reload --max-delete 100",
    )


def _number(connection: sqlite3.Connection, statement: str, values: Mapping[str, str]) -> int:
    return int(connection.execute(statement, values).fetchone()[0])


def mark_missing(
    connection: sqlite3.Connection, source: str, record: Record, reasons: Mapping[str, str] = _NO_REASONS
) -> int:
    """Mark the unseen, unprotected issues of `source` as missing, and record it; returns how many.

    `reasons`: why, by the vendor's id.
    """
    values = {"source": source, "run": record.moment.run}
    return _mark(connection, f"{_UNSEEN} AND {_NOT_MARKED}", values, record, reasons)


def mark_left(
    connection: sqlite3.Connection,
    source: str,
    record: Record,
    reasons: Mapping[str, str],
    limits: BrakeLimits,
) -> int:
    """Mark just those issues of `source` that have a reason, by the vendor's id, and are not protected.

    Returns how many. Raises BrakeError.
    """
    values = {"source": source, "ids": json.dumps(sorted(reasons))}
    _brake(connection, f"{_LEFT} AND {_NOT_MARKED}", values, limits)
    return _mark(connection, f"{_LEFT} AND {_NOT_MARKED}", values, record, reasons)


def _mark(
    connection: sqlite3.Connection,
    where: str,
    values: Mapping[str, str],
    record: Record,
    reasons: Mapping[str, str],
) -> int:
    source = values["source"]
    lost = _with_reasons(connection, where, values, reasons)
    record_events(record, "missing", lost)
    connection.execute(
        f"UPDATE issues SET missing_since = :since WHERE {where}",
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


def delete_unseen(
    connection: sqlite3.Connection, source: str, record: Record, reasons: Mapping[str, str] = _NO_REASONS
) -> int:
    """Delete all unseen, unprotected issues of `source`, missing or not; returns how many.

    `reasons`: why, by the vendor's id.
    """
    return _delete(connection, _UNSEEN, source, record, reasons)


def _with_reasons(
    connection: sqlite3.Connection, where: str, values: Mapping[str, str], reasons: Mapping[str, str]
) -> list[tuple[int, str, str | None]]:
    """Number, source and reason (JSON text) of each issue, after the reasons are written to their rows."""
    statement = f"SELECT id, source_id, missing_reason FROM issues WHERE {where}"
    rows = connection.execute(statement, values).fetchall()
    told = [(issue, reasons.get(source_id, known)) for issue, source_id, known in rows]
    statement = "UPDATE issues SET missing_reason = ? WHERE id = ? AND missing_reason IS NOT ?"
    connection.executemany(statement, [(reason, issue, reason) for issue, reason in told])
    return [(issue, values["source"], json.dumps(reason) if reason else None) for issue, reason in told]


def _delete(
    connection: sqlite3.Connection,
    where: str,
    source: str,
    record: Record,
    reasons: Mapping[str, str] = _NO_REASONS,
    **given: str,
) -> int:
    """What is deleted leaves a tombstone, and an event in the record."""
    values = {"source": source, "run": record.moment.run, **given}
    gone = _with_reasons(connection, where, values, reasons)
    if not gone:
        return 0
    record_events(record, "gone", gone)
    bury(connection, where, values, record.moment.of(source))
    connection.execute(f"DELETE FROM issues WHERE {where}", values)
    raise_data_version(connection, record.moment.now)
    return len(gone)

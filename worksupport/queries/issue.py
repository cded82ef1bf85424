"""One issue whole: with its description, the path to its root, its children."""

import sqlite3
from datetime import datetime
from typing import Any

from worksupport.model.filters import STATE
from worksupport.model.issue_fields import KEY_ORDER
from worksupport.queries.changes import changes_of
from worksupport.queries.find import Found, find_issue, find_key
from worksupport.queries.path import issues_where, path_to
from worksupport.queries.reader import age
from worksupport.queries.units import age_days, issues_as_units, lives, status_days

_MOST_CHANGES = 20
_OWN = """
SELECT id, parent_by, first_seen_at, nullif(missing_since, ''),
    (SELECT description FROM issue_texts WHERE issue_id = issues.id)
FROM issues WHERE issue_key = ?
"""
_BELOW = f"""
WITH RECURSIVE below (id, issue_key) AS (
    SELECT id, issue_key FROM issues WHERE parent_key = :key COLLATE NOCASE AND missing_since IS NULL
    UNION
    SELECT issues.id, issues.issue_key FROM below JOIN issues
    ON issues.parent_key = below.issue_key COLLATE NOCASE AND missing_since IS NULL
)
SELECT count(*), coalesce(sum({STATE} IN ('done', 'dropped')), 0) FROM issues
WHERE id IN (SELECT id FROM below) AND issue_key <> :key
"""


def show_document(
    connection: sqlite3.Connection,
    text: str,
    now: datetime,
    *,
    is_for_people: bool = False,
    only_key: bool = False,
) -> tuple[dict[str, Any], Found]:
    """`{"issue", "path", "done", "total", "children", "changes", AGE}`, and how the issue was found.

    `issue` also has description, first_seen_at, started_at, age_days, status_since (UTC text), status_days,
    missing_since, missing_reason and parent_by (the place of its text that names its parent; null: the
    service says it); `path` are the issues from the root down to its parent. Days as in `help definitions`.
    Raises NotFoundError (`find_issue`; `only_key`: `find_key`).
    """
    found = (
        find_key(connection, text) if only_key else find_issue(connection, text, is_for_people=is_for_people)
    )
    own = connection.execute(_OWN, [found.key]).fetchone()
    number, parent_by, first_seen_at, missing_since, description = own
    life, today = lives(connection, issues_as_units(connection, [number]))[0], now.astimezone().date()
    started = life.span.started
    issue = issues_where(connection, "issue_key = ?", [found.key])[0]
    ((total, done),) = connection.execute(_BELOW, {"key": found.key})
    children = f"parent_key = ? COLLATE NOCASE AND missing_since IS NULL ORDER BY {KEY_ORDER}"
    return {
        "issue": {
            **issue,
            "description": description,
            "first_seen_at": first_seen_at,
            "started_at": started,
            "age_days": age_days(started, today) if started and life.unit.is_open else None,
            "status_since": life.status_since,
            "status_days": status_days(life, today),
            "missing_since": missing_since,
            "parent_by": parent_by,
        },
        "path": path_to(connection, issue),
        "done": done,
        "total": total,
        "children": issues_where(connection, children, [found.key]),
        "changes": changes_of(connection, found.key, _MOST_CHANGES),
        **age(connection),
    }, found

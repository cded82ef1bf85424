"""One issue whole: with its description, the path to its root, its children."""

import sqlite3
from datetime import date, datetime
from typing import Any

from worksupport.model.filters import STATE
from worksupport.model.issue_fields import KEY_ORDER
from worksupport.model.names import OPEN_STATES
from worksupport.model.times import stored_moment
from worksupport.queries.changes import changes_of, started_at
from worksupport.queries.find import Found, find_issue, find_key
from worksupport.queries.path import issues_where, path_to
from worksupport.queries.reader import age

_MOST_CHANGES = 20
_OWN = """
SELECT parent_by, first_seen_at, nullif(missing_since, ''),
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

    `issue` also has description, first_seen_at, started_at, age_days, missing_since, missing_reason and
    parent_by (the place of its text that names its parent; null: the service says it); `path` are the issues
    from the root down to its parent. `age_days`: local calendar days since work began, from 1, of what is
    open at `now`. Raises NotFoundError (`find_issue`; `only_key`: `find_key`).
    """
    found = (
        find_key(connection, text) if only_key else find_issue(connection, text, is_for_people=is_for_people)
    )
    started, today = started_at(connection, found.key), now.astimezone().date()
    own = connection.execute(_OWN, [found.key]).fetchone()
    parent_by, first_seen_at, missing_since, description = own
    issue = issues_where(connection, "issue_key = ?", [found.key])[0]
    ((total, done),) = connection.execute(_BELOW, {"key": found.key})
    children = f"parent_key = ? COLLATE NOCASE AND missing_since IS NULL ORDER BY {KEY_ORDER}"
    return {
        "issue": {
            **issue,
            "description": description,
            "first_seen_at": first_seen_at,
            "started_at": started,
            "age_days": _days(started, today) if issue["state"] in OPEN_STATES else None,
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


def _days(started: str | None, today: date) -> int | None:
    moment = stored_moment(started)
    return (today - moment.astimezone().date()).days + 1 if moment else None

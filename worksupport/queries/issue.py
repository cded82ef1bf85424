"""One issue whole: with its description, the path to its root, its children."""

import json
import sqlite3
from typing import Any

from worksupport.model.filters import STATE
from worksupport.model.issue_fields import JSON_ARGUMENTS, KEY_ORDER
from worksupport.queries.find import Found, find_issue, find_key
from worksupport.queries.reader import age

_DEEPEST = 100
_ISSUE = f"""
SELECT json_object({JSON_ARGUMENTS}) FROM issues LEFT JOIN issue_types ON issue_types.id = issue_type_id
WHERE {{where}}
"""
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
    connection: sqlite3.Connection, text: str, *, is_for_people: bool = False, only_key: bool = False
) -> tuple[dict[str, Any], Found]:
    """`{"issue", "path", "done", "total", "children", "changes", AGE}`, and how the issue was found.

    `issue` also has description, first_seen_at, started_at, age_days, missing_since, missing_reason and
    parent_by (the place of its text that names its parent; null: the service says it); `path` are the issues
    from the root down to its parent. Raises NotFoundError (`find_issue`; `only_key`: `find_key`).
    """
    found = (
        find_key(connection, text) if only_key else find_issue(connection, text, is_for_people=is_for_people)
    )
    (parent_by, first_seen_at, missing_since, description) = connection.execute(_OWN, [found.key]).fetchone()
    issue = _issues(connection, "issue_key = ?", [found.key])[0]
    ((total, done),) = connection.execute(_BELOW, {"key": found.key})
    children = f"parent_key = ? COLLATE NOCASE AND missing_since IS NULL ORDER BY {KEY_ORDER}"
    return {
        "issue": {
            **issue,
            "description": description,
            "first_seen_at": first_seen_at,
            "started_at": None,
            "age_days": None,
            "missing_since": missing_since,
            "missing_reason": None,
            "parent_by": parent_by,
        },
        "path": path_to(connection, issue),
        "done": done,
        "total": total,
        "children": _issues(connection, children, [found.key]),
        "changes": [],
        **age(connection),
    }, found


def path_to(connection: sqlite3.Connection, issue: dict[str, Any]) -> list[dict[str, Any]]:
    """The issues above this one, the root first; a circle ends where it closes."""
    path: list[dict[str, Any]] = []
    seen, parent = {issue["issue_key"]}, issue["parent_key"]
    while parent and len(path) < _DEEPEST:
        above = _issues(connection, "issue_key = ? COLLATE NOCASE AND missing_since IS NULL", [parent])
        if not above or above[0]["issue_key"] in seen:
            break
        path.insert(0, above[0])
        seen.add(above[0]["issue_key"])
        parent = above[0]["parent_key"]
    return path


def _issues(connection: sqlite3.Connection, where: str, values: list[str]) -> list[dict[str, Any]]:
    return [json.loads(text) for (text,) in connection.execute(_ISSUE.format(where=where), values)]

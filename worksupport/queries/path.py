"""Single issues, and the way up from one to its root."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from worksupport.model.issue_fields import JSON_ARGUMENTS

_DEEPEST = 100
# As it is written, or as most keys are: by the index. To compare without regard to case reads all issues.
_IS_PARENT = "issue_key IN (?, upper(?)) AND missing_since IS NULL"
_ISSUE = f"""
SELECT json_object({JSON_ARGUMENTS}) FROM issues LEFT JOIN issue_types ON issue_types.id = issue_type_id
WHERE {{where}}
"""


def path_to(connection: sqlite3.Connection, issue: dict[str, Any]) -> list[dict[str, Any]]:
    """The issues above this one, the root first; a circle ends where it closes."""
    path: list[dict[str, Any]] = []
    seen, parent = {issue["issue_key"]}, issue["parent_key"]
    while parent and len(path) < _DEEPEST:
        above = issues_where(connection, _IS_PARENT, [parent, parent])
        if not above or above[0]["issue_key"] in seen:
            break
        path.insert(0, above[0])
        seen.add(above[0]["issue_key"])
        parent = above[0]["parent_key"]
    return path


def issues_where(connection: sqlite3.Connection, where: str, values: list[str]) -> list[dict[str, Any]]:
    """The issues of a condition with these values, each as answers have it."""
    return [json.loads(text) for (text,) in connection.execute(_ISSUE.format(where=where), values)]


def named(connection: sqlite3.Connection, key: str) -> dict[str, Any]:
    """`{"issue_key", "summary"}` of the issue with this exact key."""
    ((title,),) = connection.execute("SELECT summary FROM issues WHERE issue_key = ?", [key])
    return {"issue_key": key, "summary": title}


def issues_numbered(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The issues with these numbers, by number."""
    rows = connection.execute(_NUMBERED, [json.dumps(list(ids))])
    return {number: json.loads(text) for number, text in rows}


_NUMBERED = f"""
SELECT issues.id, json_object({JSON_ARGUMENTS})
FROM json_each(?) AS wanted CROSS JOIN issues ON issues.id = wanted.value
LEFT JOIN issue_types ON issue_types.id = issue_type_id
"""

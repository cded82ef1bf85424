"""The names in the data, as a shell completes them: quick, and never more than a person would read."""

import sqlite3

from worksupport.key_order import KEY_ORDER

_MOST = 200
_STARTS = "substr({column}, 1, length(:prefix)) = :prefix"
_CANDIDATES = {
    "key": (
        f"SELECT issue_key FROM issues WHERE missing_since IS NULL AND {_STARTS.format(column='issue_key')}"
        f" ORDER BY {KEY_ORDER}"
    ),
    "assignee": f"""SELECT name FROM (
        SELECT name FROM team_members UNION SELECT DISTINCT name FROM issue_assignees
    ) WHERE {_STARTS.format(column="name")} ORDER BY name""",
    "label": f"SELECT DISTINCT label FROM issue_labels WHERE {_STARTS.format(column='label')} ORDER BY label",
    "status": f"""SELECT DISTINCT status FROM issues
        WHERE missing_since IS NULL AND {_STARTS.format(column="status")} ORDER BY status""",
    "issue_type": f"""SELECT name FROM issue_types
        WHERE id > 0 AND {_STARTS.format(column="name")} ORDER BY name""",
}


def candidates(connection: sqlite3.Connection, kind: str, prefix: str) -> list[str]:
    """Up to 200 values of `kind` (key, assignee, label, status, issue_type) that start with `prefix`."""
    rows = connection.execute(f"{_CANDIDATES[kind]} LIMIT {_MOST}", {"prefix": prefix})
    return [value for (value,) in rows]

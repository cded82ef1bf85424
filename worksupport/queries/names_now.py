"""What the ids of the record of changes are called now."""

import sqlite3


class Names:
    """What ids are called now; an id that nobody has named stands for itself."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT source, kind, id, name, category FROM names")
        self._names: dict[tuple[str, str, str], tuple[str, str | None]] = {
            (source, kind, each): (name, category) for source, kind, each, name, category in rows
        }
        members = "SELECT coalesce(jira_account_id, jira_id), name FROM team_members"
        for account, name in connection.execute(members):
            self._names["jira", "account", account] = (name, None)

    def name(self, source: str, kind: str, value: str) -> str:
        """`In Progress` for a status's id."""
        return self._names.get((source, kind, value), (value, None))[0]

    def category(self, source: str, status: str | None) -> str | None:
        """The category of a status, as it is known now: new, indeterminate or done."""
        if source == "github":
            return "done" if status == "closed" else "new"
        return self._names.get((source, "status", status or ""), ("", None))[1]


def key_of(connection: sqlite3.Connection, source: str, source_id: str) -> str:
    """The key of an issue by its service's id, of one that is gone as well; that id where there is none."""
    found = connection.execute(_KEY_OF, [source, source_id]).fetchone()
    return str(found[0]) if found else source_id


_KEY_OF = """
SELECT issue_key FROM issues WHERE source = ?1 AND source_id = ?2 UNION ALL
SELECT json_extract(issue, '$.issue_key') FROM gone_issues WHERE source = ?1 AND source_id = ?2
"""

"""Which issues can have children, as the local copy knows them."""

import sqlite3

_PARENTS = """
SELECT issue_key FROM issues
WHERE source = 'jira' AND issue_type_id = ? AND missing_since IS NULL ORDER BY id
"""


def keys_of_type(connection: sqlite3.Connection, type_id: int) -> list[str]:
    """The keys of Jira's issues of one configured type, in the order they were first stored."""
    return [key for (key,) in connection.execute(_PARENTS, [type_id])]

"""The Jira issue that each issue of another service names becomes its parent in the tree.

At the end of every run, for all of them: what is named may have come or gone meanwhile. A link is no value of
the service's: it is neither compared nor counted as a change.
"""

import json
import sqlite3

from worksupport.model.links import PLACES
from worksupport.store.database import raise_data_version

_NAMING = """
SELECT id, named_keys, parent_key, parent_by FROM issues WHERE named_keys <> '{}' OR parent_by IS NOT NULL
"""
_HOLDER = """
SELECT issue_key FROM issues WHERE issue_key = :key AND missing_since IS NULL
UNION SELECT issue_key FROM former_keys JOIN issues ON issues.id = issue_id
WHERE former_key = :key AND missing_since IS NULL
"""


def link(connection: sqlite3.Connection, now: str) -> None:
    """Write each link that differs from what is stored; in the caller's transaction."""
    changed = []
    for issue_id, text, parent_key, parent_by in connection.execute(_NAMING).fetchall():
        wanted = _parent(connection, json.loads(text or "{}"))
        if wanted != (parent_key if parent_by else None, parent_by):
            changed.append((*wanted, issue_id))
    connection.executemany("UPDATE issues SET parent_key = ?, parent_by = ? WHERE id = ?", changed)
    if changed:
        raise_data_version(connection, now)


def _parent(connection: sqlite3.Connection, named: dict[str, list[str]]) -> tuple[str | None, str | None]:
    """Key and place: by the strongest place that names exactly one issue of the copy."""
    for place in PLACES:
        names = named.get(place, ())
        holders = {key for name in names for (key,) in connection.execute(_HOLDER, {"key": name})}
        if len(holders) == 1:
            return holders.pop(), place
    return None, None

"""What the copy has of some issues, for a source that brings only what changed."""

import json
import sqlite3
from collections.abc import Iterable

from worksupport.model.known import Known

_FIELDS = "source_id, issue_key, issue_type_id, tracked, missing_since, updated_at"
# `parent_by`: a parent that `store/links.py` has found is none of the service's.
# `+source`: only by its key is an issue found soon; the index of the source has all of them.
_WITH_ALL_ABOVE = f"""
WITH RECURSIVE found (id, parent_key) AS (
    SELECT id, CASE WHEN parent_by IS NULL THEN parent_key END FROM issues
    WHERE source = :source AND source_id IN (SELECT value FROM json_each(:named))
    UNION
    SELECT id, CASE WHEN parent_by IS NULL THEN parent_key END FROM issues
    WHERE issue_key IN (SELECT value FROM json_each(:named)) AND +source = :source
    UNION
    SELECT issues.id, CASE WHEN issues.parent_by IS NULL THEN issues.parent_key END
    FROM found JOIN issues ON issues.issue_key = found.parent_key AND issues.source = :source
)
SELECT {_FIELDS} FROM issues WHERE id IN (SELECT id FROM found)
"""
_WITH_ALL_BELOW = f"""
WITH RECURSIVE found (id, issue_key) AS (
    SELECT id, issue_key FROM issues
    WHERE source = :source AND source_id IN (SELECT value FROM json_each(:named))
    UNION
    SELECT issues.id, issues.issue_key FROM found JOIN issues
    ON issues.parent_key = found.issue_key COLLATE NOCASE
    AND issues.source = :source AND issues.parent_by IS NULL
)
SELECT {_FIELDS} FROM issues WHERE id IN (SELECT id FROM found)
"""
_PROJECTS = """
SELECT DISTINCT substr(issue_key, 1, instr(issue_key, '-') - 1) FROM issues
WHERE source = ? AND missing_since IS NULL AND issue_key LIKE '%-%' ORDER BY 1
"""


def known(
    connection: sqlite3.Connection, source: str, named: Iterable[str], *, is_below: bool
) -> list[Known]:
    """Issues of `source` by the vendor's id or by key, with all that is above them.

    `is_below`: by id only, with all that is below them instead.
    """
    statement = _WITH_ALL_BELOW if is_below else _WITH_ALL_ABOVE
    values = {"source": source, "named": json.dumps(sorted(named))}
    return [_known(*row) for row in connection.execute(statement, values)]


def _known(
    source_id: str,
    key: str,
    type_id: int | None,
    tracked: str | None,
    missing_since: str | None,
    updated_at: str | None,
) -> Known:
    values = json.loads(tracked or "{}")
    labels, accounts = (
        frozenset(map(str.casefold, values.get(name) or ())) for name in ("labels", "assignees")
    )
    return Known(
        source_id,
        values.get("key") or key,
        type_id,
        values.get("parent"),
        labels,
        accounts,
        missing_since is not None,
        updated_at,
    )


def projects(connection: sqlite3.Connection, source: str) -> tuple[str, ...]:
    """The projects of the issues in the answers: what stands before the dash of their keys."""
    return tuple(project for (project,) in connection.execute(_PROJECTS, [source]))

"""The names in the data: what a shell completes them to, and what is near one that is not there."""

import sqlite3

from worksupport.model.filters import FILTERS, Filters
from worksupport.model.issue_fields import KEY_ORDER

_MOST_COMPLETED = 200
_MOST_NEAR = 3
_STARTS = "substr({column}, 1, length(:prefix)) = :prefix"
_COMPLETED = {
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
# Every name that an issue could have been found by, by the kind that a filter is completed to.
_KNOWN = {
    "assignee": "SELECT DISTINCT name FROM issue_assignees",
    "label": "SELECT DISTINCT label FROM issue_labels",
    "issue_type": "SELECT name FROM issue_types",
    "status": "SELECT DISTINCT status FROM issues WHERE status IS NOT NULL",
    "key": "SELECT DISTINCT parent_key FROM issues WHERE parent_key IS NOT NULL",
}


def completions(connection: sqlite3.Connection, kind: str, prefix: str) -> list[str]:
    """Up to 200 values of `kind` (key, assignee, label, status, issue_type) that start with `prefix`."""
    rows = connection.execute(f"{_COMPLETED[kind]} LIMIT {_MOST_COMPLETED}", {"prefix": prefix})
    return [value for (value,) in rows]


def hints(connection: sqlite3.Connection, filters: Filters, root_type: str | None = None) -> list[str]:
    """Why nothing was found: a sentence for each filter that nothing in the data fits, with near names."""
    given = dict(filters.texts())
    rows = [row for row in FILTERS if row.nobody and row.name in given]
    asked = [(row.completes, row.nobody, given[row.name]) for row in rows]
    if root_type is not None:
        asked.append(("issue_type", "is of the type", root_type))
    unknown = [
        f"no issue {nobody} {value!r}" + _near_text(value, names)
        for kind, nobody, value in asked
        if value.casefold() not in (names := _known(connection, kind))
    ]
    return unknown or _too_late(connection, given.get("changed_since"))


def _known(connection: sqlite3.Connection, kind: str) -> dict[str, str]:
    return {name.casefold(): name for (name,) in connection.execute(_KNOWN[kind])}


def _near_text(value: str, names: dict[str, str]) -> str:
    """Near is what contains the value (a first name), then what is spelt like it."""
    from difflib import get_close_matches  # only now: a shell waits for its completions

    folded = value.casefold()
    containing = sorted(name for name in names if folded and folded in name)
    similar = get_close_matches(folded, list(names), n=_MOST_NEAR)
    near = [names[match] for match in dict.fromkeys([*containing, *similar])][:_MOST_NEAR]
    return f"; near: {', '.join(near)}" if near else ""


def _too_late(connection: sqlite3.Connection, changed_since: str | None) -> list[str]:
    ((newest,),) = connection.execute("SELECT max(updated_at) FROM issues WHERE missing_since IS NULL")
    if changed_since is None or newest is None or newest >= changed_since:
        return []
    return [f"no issue has changed since {changed_since}; the newest change is of {newest}"]

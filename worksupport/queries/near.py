"""What a person may have meant, when a name from the data matches nothing."""

import sqlite3
from typing import Any

_MOST = 3
_NAMES = {
    "assignee": "SELECT DISTINCT name FROM issue_assignees",
    "label": "SELECT DISTINCT label FROM issue_labels",
    "issue_type": "SELECT name FROM issue_types",
    "root_type": "SELECT name FROM issue_types",
    "status": "SELECT DISTINCT status FROM issues WHERE status IS NOT NULL",
    "parent_key": "SELECT DISTINCT parent_key FROM issues WHERE parent_key IS NOT NULL",
}
_TITLES = {
    "assignee": "is assigned to",
    "label": "has the label",
    "issue_type": "is of the type",
    "root_type": "is of the type",
    "status": "has the status",
    "parent_key": "has the parent",
}


def hints(connection: sqlite3.Connection, question: Any) -> list[str]:
    """One sentence per filter of `question` (KeysQuestion, TreeQuestion) that nothing in the data fits.

    Near is what contains the value (a first name), then what is spelt like it.
    """
    given = {name: getattr(question, name, None) for name in _NAMES}
    unknown = [
        _hint(name, value, names)
        for name, value in given.items()
        if value is not None and value.casefold() not in (names := _names(connection, name))
    ]
    return unknown or _too_late(connection, question.changed_since)


def _too_late(connection: sqlite3.Connection, changed_since: str | None) -> list[str]:
    ((newest,),) = connection.execute("SELECT max(updated_at) FROM issues WHERE missing_since IS NULL")
    if changed_since is None or newest is None or newest >= changed_since:
        return []
    return [f"no issue has changed since {changed_since}; the newest change is of {newest}"]


def _names(connection: sqlite3.Connection, kind: str) -> dict[str, str]:
    return {name.casefold(): name for (name,) in connection.execute(_NAMES[kind])}


def _hint(kind: str, value: str, names: dict[str, str]) -> str:
    from difflib import get_close_matches

    folded = value.casefold()
    containing = sorted(name for name in names if folded and folded in name)
    similar = get_close_matches(folded, list(names), n=_MOST)
    near = [names[match] for match in dict.fromkeys([*containing, *similar])][:_MOST]
    return f"no issue {_TITLES[kind]} {value!r}" + (f"; near: {', '.join(near)}" if near else "")

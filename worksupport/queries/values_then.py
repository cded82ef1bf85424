"""What issues' values were, as columns of `issues`: ids of the record become today's names."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from worksupport.model.hierarchy import UNKNOWN_TYPE_ID
from worksupport.model.state import DEFAULT_RULES, StateRules
from worksupport.model.tracked import NAMED
from worksupport.queries.names_now import Names

# By issue's id: each value that has changed since, as JSON text.
Changed = dict[int, dict[str, str | None]]
# Fields whose value is a column's as it is.
_PLAIN = {"key": "issue_key", "title": "summary", "due_date": "due_date", "state_reason": "state_reason"}
# What `state` is made of.
_OF_STATE = ("status", "status_category", "state_reason", "resolution", "labels", "flagged")
# Of their own time, see `queries/as_of.py`.
_TIMES = ("missing_since", "missing_reason", "updated_at", "closed_at")


def write_values(connection: sqlite3.Connection, changed: Changed) -> None:
    """Make `temp.issues_then`: every issue, and what is gone, with the values from before the changes.

    Without `updated_at` and `closed_at`.
    """
    _copy(connection)
    gone = {issue for (issue,) in connection.execute("SELECT id FROM gone_issues")}
    was_key = dict(connection.execute("SELECT id, issue_key FROM temp.issues_then").fetchall())
    # An issue whose key another one took stands under a key that is not its own.
    connection.execute(
        """UPDATE temp.issues_then SET issue_key = coalesce(json_extract(tracked, '$.key'), issue_key)
        WHERE issue_key LIKE '%~%'"""
    )
    made, state_of = _Columns(connection), _rules(connection)
    updates = _Updates()
    rows = connection.execute(f"SELECT id, source, {', '.join(_OF_STATE)} FROM temp.issues_then").fetchall()
    for issue, source, *stored in rows:
        columns = made.of(source, changed.get(issue, {}))
        if issue in gone or not columns.keys().isdisjoint(_OF_STATE):
            status, category, reason, resolution, labels, flagged = (
                columns.get(name, value) for name, value in zip(_OF_STATE, stored, strict=True)
            )
            words = json.loads(labels or "[]")
            columns["state"] = state_of(status, category, reason, resolution, words, bool(flagged))
        updates.add(issue, columns)
    updates.write(connection)
    sources = {issue: source for issue, source, *_ in rows}
    _write_parents(connection, changed, was_key, sources)


def _copy(connection: sqlite3.Connection) -> None:
    """The table with today's rows, and those of what is gone."""
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(issues)")]
    others = [column for column in columns if column not in ("id", *_TIMES)]
    names = ", ".join(others)
    connection.execute(
        f"CREATE TEMP TABLE issues_then (id INTEGER PRIMARY KEY, {', '.join(_TIMES)}, {names})"
    )
    into = f"INSERT INTO temp.issues_then (id, missing_since, {names})"
    connection.execute(f"{into} SELECT id, missing_since, {names} FROM issues")
    stored = ", ".join(f"json_extract(issue, '$.{column}')" for column in others)
    connection.execute(f"{into} SELECT id, NULL, {stored} FROM gone_issues")


class _Updates:
    """New values of some rows, written together where they are of the same columns."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}

    def add(self, issue: int, columns: dict[str, Any]) -> None:
        """What this issue's row will have."""
        if columns:
            self._values.setdefault(tuple(columns), []).append((*columns.values(), issue))

    def write(self, connection: sqlite3.Connection) -> None:
        """Write all that was added."""
        for names, values in self._values.items():
            columns = ", ".join(f"{name} = ?" for name in names)
            connection.executemany(f"UPDATE temp.issues_then SET {columns} WHERE id = ?", values)


def _write_parents(
    connection: sqlite3.Connection, changed: Changed, was_key: dict[int, str], sources: dict[int, str]
) -> None:
    """Parents under their keys of that time, those of another parent as well as the others."""
    issues = connection.execute("SELECT id, source_id, issue_key FROM temp.issues_then").fetchall()
    renamed = {was_key[issue].casefold(): key for issue, _, key in issues if was_key[issue] != key}
    moved = {issue: values["parent"] for issue, values in changed.items() if "parent" in values}
    if not renamed and not moved:
        return
    key_of = {(sources[issue], source_id): key for issue, source_id, key in issues}
    rows = connection.execute("SELECT id, json_extract(tracked, '$.parent'), parent_key FROM issues_then")
    updates = _Updates()
    for issue, parent, parent_key in rows.fetchall():
        otherwise = renamed.get((parent_key or "").casefold(), parent_key)
        if issue in moved:
            parent = _value(moved[issue])
            # A number that nobody here has is no key.
            otherwise = None if parent is None or parent.isdecimal() else parent
        then = key_of.get((sources[issue], parent), otherwise)
        if then != parent_key:
            updates.add(issue, {"parent_key": then})
    updates.write(connection)


def _rules(connection: sqlite3.Connection) -> Callable[..., str]:
    """What decides a state, by the rules by which today's states are decided."""
    ((stored,),) = connection.execute("SELECT max(state_rules) FROM data_state")
    return (StateRules.of(*json.loads(stored)[:2]) if stored else DEFAULT_RULES).state


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Columns:
    """The columns of `issues` that values of the record make."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._names = Names(connection)
        self._members = {name for (name,) in connection.execute("SELECT name FROM team_members")}
        types = connection.execute("SELECT id, name FROM issue_types").fetchall()
        self._types = {name.casefold(): type_id for type_id, name in types}
        sent = "SELECT DISTINCT json_extract(vendor_type, '$.id'), issue_type_id FROM issues"
        self._configured = dict(connection.execute(f"{sent} WHERE source = 'jira'").fetchall())
        self._made: dict[tuple[str, str, str | None], dict[str, Any]] = {}
        self._makers: dict[str, Callable[[str, Any], dict[str, Any]]] = {
            "type": self._type,
            "status": self._status,
            "assignees": self._people,
            "labels": lambda _, value: {"labels": _text(value or [])},
            "flagged": lambda _, value: {"flagged": int(bool(value))},
            "fix_versions": lambda source, value: {
                "fix_versions": _text([self._name(source, "version", each) for each in value or ()])
            },
        }

    def of(self, source: str, values: dict[str, str | None]) -> dict[str, Any]:
        """The columns that these values make, but for the parent's."""
        columns: dict[str, Any] = {}
        for field, text in values.items():
            columns |= self._of_value(source, field, text)
        return columns

    def _of_value(self, source: str, field: str, text: str | None) -> dict[str, Any]:
        place = (source, field, text)
        if place not in self._made:  # most values are those of many
            value = _value(text)
            if field in self._makers:
                self._made[place] = self._makers[field](source, value)
            elif field in NAMED:
                self._made[place] = {field: self._name(source, NAMED[field], value)}
            else:
                self._made[place] = {_PLAIN[field]: value} if field in _PLAIN else {}
        return self._made[place]

    def _name(self, source: str, kind: str, value: Any) -> Any:
        return None if value is None else self._names.name(source, kind, value)

    def _status(self, source: str, value: Any) -> dict[str, Any]:
        category = self._names.category(source, value) or None
        return {"status": self._name(source, "status", value), "status_category": category}

    def _people(self, source: str, value: Any) -> dict[str, Any]:
        names = [self._name(source, "account", account) for account in value or ()]
        first = next((name for name in names if name in self._members), names[0] if names else None)
        accounts = [list(each) for each in zip(value or (), names, strict=True)]
        return {"assignee": first, "assignees": _text(names), "assignee_accounts": _text(accounts)}

    def _type(self, source: str, value: Any) -> dict[str, Any]:
        name = self._name(source, "type", value)
        vendor_type = None if value is None else _text({"id": value, "name": name})
        configured = self._types.get(str(name).casefold(), UNKNOWN_TYPE_ID)
        type_id = self._configured.get(value, configured) if source == "jira" else None
        return {"vendor_type": vendor_type, "issue_type_id": type_id}

"""The columns of `issues` that values of the record make, and how they are written to rows of the past."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from worksupport.model.filters import folded
from worksupport.model.hierarchy import UNKNOWN_TYPE_ID
from worksupport.model.state import KeptRules
from worksupport.model.tracked import NAMED
from worksupport.queries.names_now import Names

# Fields whose value is a column's as it is.
_PLAIN = {"key": "issue_key", "title": "summary", "due_date": "due_date", "state_reason": "state_reason"}
# What `state` is made of.
OF_STATE = ("status", "status_category", "state_reason", "resolution", "labels", "flagged")


class Updates:
    """New values of some rows, written together where they are of the same columns."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._values: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}

    def add(self, issue: int, columns: dict[str, Any]) -> None:
        """What this issue's row will have."""
        if columns:
            self._values.setdefault(tuple(columns), []).append((*columns.values(), issue))

    def write(self, connection: sqlite3.Connection) -> None:
        """Write all that was added."""
        for names, values in self._values.items():
            columns = ", ".join(f"{name} = ?" for name in names)
            connection.executemany(f"UPDATE temp.{self._table} SET {columns} WHERE id = ?", values)


class Columns:
    """The columns of `issues` that values of the record make."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names = Names(connection)
        self._state_of = _rules(connection)
        self._members = {name for (name,) in connection.execute("SELECT name FROM team_members")}
        types = connection.execute("SELECT id, name FROM issue_types").fetchall()
        self._types = {folded(name): type_id for type_id, name in types}
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

    def of(
        self, source: str, values: dict[str, str | None], stored: Sequence[Any], *, is_whole: bool = False
    ) -> dict[str, Any]:
        """The columns that these values make, but for the parent's.

        With the state where they decide it, or always if `is_whole`; what else does is `stored` (`OF_STATE`).
        """
        columns: dict[str, Any] = {}
        for field, text in values.items():
            columns |= self._of_value(source, field, text)
        if is_whole or not columns.keys().isdisjoint(OF_STATE):
            status, category, reason, resolution, labels, flagged = (
                columns.get(name, value) for name, value in zip(OF_STATE, stored, strict=True)
            )
            words = json.loads(labels or "[]")
            columns["state"] = self._state_of(status, category, reason, resolution, words, bool(flagged))
        return columns

    def _of_value(self, source: str, field: str, text: str | None) -> dict[str, Any]:
        place = (source, field, text)
        if place not in self._made:  # most values are those of many
            value = value_then(text)
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

    @cached_property
    def _configured(self) -> dict[str, int]:
        """By the id of one of Jira's types, ours; only now, for it reads all issues."""
        sent = "SELECT DISTINCT json_extract(vendor_type, '$.id'), issue_type_id FROM issues"
        return dict(self._connection.execute(f"{sent} WHERE source = 'jira'").fetchall())

    def _type(self, source: str, value: Any) -> dict[str, Any]:
        name = self._name(source, "type", value)
        vendor_type = None if value is None else _text({"id": value, "name": name})
        configured = self._types.get(folded(str(name)), UNKNOWN_TYPE_ID)
        type_id = self._configured.get(value, configured) if source == "jira" else None
        return {"vendor_type": vendor_type, "issue_type_id": type_id}


def _rules(connection: sqlite3.Connection) -> Callable[..., str]:
    """What decides a state, by the rules by which today's states are decided."""
    ((stored,),) = connection.execute("SELECT max(state_rules) FROM data_state")
    return KeptRules.of(stored).of_states.state


def value_then(text: str | None) -> Any:
    """The value of a JSON text of the record; None for none."""
    return None if text is None else json.loads(text)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

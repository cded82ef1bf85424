"""What changed, and when: net between two moments, or the log itself; values as people read them."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from worksupport.errors import UsageError
from worksupport.model.filters import Filters
from worksupport.model.names import CHANGE_FIELDS, EVENTS
from worksupport.model.tracked import NAMED, NUMBERS, ORIGINS, SETS
from worksupport.queries.names_now import Names, key_of
from worksupport.queries.passing import ALL, Passing, passing_by_old
from worksupport.queries.path import path_to
from worksupport.queries.reader import age

# Of an issue that is gone, what its tombstone says.
_OF_ISSUE = ("issue_key", "summary", "parent_key", "url")
# Each by its number: a union of both tables would be read whole.
_CHANGES = f"""
SELECT changes.id, changes.issue, field, old, new, at, not_before, seen_at, author, origin,
    coalesce(issues.source, gone.source), coalesce(issues.source_id, gone.source_id),
    {", ".join(f"coalesce(issues.{name}, json_extract(gone.issue, '$.{name}'))" for name in _OF_ISSUE)},
    issue_types.name, state, issues.id IS NULL, {{passes}}
FROM changes LEFT JOIN issues ON issues.id = changes.issue
LEFT JOIN gone_issues AS gone ON gone.id = changes.issue
LEFT JOIN issue_types ON issue_types.id
    = coalesce(issues.issue_type_id, json_extract(gone.issue, '$.issue_type_id'))
WHERE {{where}} ORDER BY {{order}}
"""
_BY_TIME = "coalesce(at, seen_at), changes.id"
_HAS_CHILDREN = "SELECT 1 FROM issues WHERE parent_key = ? COLLATE NOCASE AND missing_since IS NULL LIMIT 1"
_LATE = """
SELECT count(*) FROM changes WHERE id >= :first AND at < :since AND is_past = 0
"""


@dataclass(frozen=True)
class ChangesQuestion:
    """Which changes: those that happened from `since` to `until` (UTC text), or recorded `after` a number.

    `key`: of this issue and all below it; `fields`: only of these. `raw`: each one, not the net of them.
    """

    since: str | None = None
    until: str | None = None
    after: int | None = None
    key: str | None = None
    fields: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    raw: bool = False

    @property
    def passing(self) -> Passing:
        """What the filters and the key ask of a change."""
        return Passing(self.filters, self.key)


def checked_fields(option: str, names: Sequence[str]) -> tuple[str, ...]:
    """These fields in lower case. Raises UsageError naming `option` for one that there is not."""
    for name in names:
        if name.casefold() not in CHANGE_FIELDS:
            raise UsageError(f"{option} is {name!r}; it must be one of {', '.join(CHANGE_FIELDS)}")
    return tuple(map(str.casefold, names))


def changes_document(connection: sqlite3.Connection, question: ChangesQuestion) -> dict[str, Any]:
    """`{"changes": [change...], "next", "since", "until", "total_count", AGE}`.

    A change: id, source, source_id, field, old and new (as people read them; sets as lists), at (exact) or
    not_before and seen_at (between which it lies), author (a member's id, automation, other), author_name,
    origin (observed or service), and issue_key, summary, issue_type,
    parent_key and url of its issue. `next`: what to ask for `after` the next time.
    """
    changes = [_shown(row) for row in changes_rows(connection, question)]
    return {
        "changes": changes,
        "next": last_number(connection),
        "since": question.since,
        "until": question.until,
        "total_count": len(changes),
        **age(connection),
    }


def changes_rows(connection: sqlite3.Connection, question: ChangesQuestion) -> list[dict[str, Any]]:
    """The same changes with what screens need beside: state of the issue, categories of a status."""
    is_net = not question.raw and question.after is None
    rows = _that_pass(connection, question.passing, _rows(connection, question), is_net=is_net)
    named = _named(connection, rows)
    return net(named) if is_net else named


def net_after(
    connection: sqlite3.Connection, number: int, since: str, filters: Filters
) -> list[dict[str, Any]]:
    """The net of what was recorded after a change's number, in the form of `changes_rows`.

    The log of that (`after`) has only the last of several entries between two runs; what the value was
    before them (at `since`, UTC text) is looked up.
    """
    question = ChangesQuestion(after=number, filters=filters)
    rows, met = sorted(_rows(connection, question), key=_when), set()
    for row in rows:
        field, of = row["field"], _of(row)
        if field not in EVENTS and of not in met:
            met.add(of)
            row["begin"] = min(since, _when(row)[0])
            then = connection.execute(_THEN, [row["issue"], NUMBERS[field], number, row["begin"]]).fetchone()
            row["old"] = then[0] if then else None
    return net(_named(connection, _that_pass(connection, question.passing, rows, is_net=True)))


# In which the record ended at that number; without one, what the next entry says that it was.
_THEN = """
SELECT * FROM (
    SELECT new FROM changes WHERE issue = ?1 AND field = ?2 AND id <= ?3
    ORDER BY coalesce(at, seen_at) DESC, id DESC LIMIT 1
) UNION ALL SELECT * FROM (
    SELECT old FROM changes WHERE issue = ?1 AND field = ?2 AND coalesce(at, seen_at) >= ?4
    ORDER BY coalesce(at, seen_at), id LIMIT 1
) LIMIT 1
"""


def last_number(connection: sqlite3.Connection) -> int:
    """The number of the newest change; 0 where none is recorded."""
    ((last,),) = connection.execute("SELECT coalesce(max(id), 0) FROM changes")
    return int(last)


def tops_of(connection: sqlite3.Connection, rows: Sequence[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Key and title of each issue's topmost one, by its key; none for what stands alone."""
    tops = {}
    for row in {row["issue_key"]: row for row in rows}.values():
        path = path_to(connection, row)
        top = path[0] if path else row
        if path or connection.execute(_HAS_CHILDREN, [row["issue_key"]]).fetchone():
            tops[row["issue_key"]] = (top["issue_key"], top["summary"] or "")
    return tops


def changes_of(connection: sqlite3.Connection, key: str, most: int) -> list[dict[str, Any]]:
    """The newest changes of one issue, the newest first, in the form of `changes_document`."""
    where = "changes.issue = (SELECT id FROM issues WHERE issue_key = :key)"
    rows = _named(connection, _read(connection, where, {"key": key}, ChangesQuestion()))
    return [_shown(row) for row in rows[::-1][:most]]


def recorded_late(connection: sqlite3.Connection, since: str) -> int:
    """How many changes were recorded since then, but happened before."""
    # Numbers are at least the milliseconds of the moment at which they were given.
    first = int(datetime.fromisoformat(since).timestamp() * 1000)
    ((count,),) = connection.execute(_LATE, {"since": since, "first": first})
    return int(count)


def net(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each issue and field the first old and the last new value, where they differ; events all stay."""
    by_field = sorted(rows, key=_of)
    kept = []
    for (_, name), group in groupby(by_field, key=_of):
        changes = list(group)
        if name in EVENTS:
            kept.append(changes[-1])
        elif changes[0]["old"] != changes[-1]["new"]:
            first = changes[0]
            kept.append({**changes[-1], "old": first["old"], "old_category": first.get("old_category")})
    return sorted(kept, key=_when)


def _when(row: dict[str, Any]) -> tuple[str, int]:
    return row["at"] or row["seen_at"], row["id"]


def _rows(connection: sqlite3.Connection, question: ChangesQuestion) -> list[dict[str, Any]]:
    """The changes that may pass, in their order; those whose issue does today have all bits of `passes`."""
    conditions, values = ["true"], dict[str, Any]()
    if question.after is not None:
        conditions.append("changes.id > :after AND is_past = 0")
        values["after"] = question.after
    if question.since is not None:
        conditions.append("coalesce(at, seen_at) >= :since")
        values["since"] = question.since
    if question.until is not None:
        conditions.append("coalesce(at, seen_at) < :until")
        values["until"] = question.until
    if question.fields:
        conditions.append(f"field IN ({', '.join(str(NUMBERS[name]) for name in question.fields)})")
    passing, where = question.passing, " AND ".join(conditions)
    if not passing.conditions:
        return _read(connection, where, values, question)
    values |= passing.parameters
    rows = _read(connection, f"{where} AND {passing.today}", values, question)
    sure = {row["id"] for row in rows}
    # Each by its own index, which SQLite cannot do for one statement.
    for others in passing.perhaps:
        found = _read(connection, f"{where} AND {others}", values, question, passing.each_today)
        rows += [row for row in found if row["id"] not in sure]
    return sorted(rows, key=_when if question.after is None else itemgetter("id"))


def _that_pass(
    connection: sqlite3.Connection, passing: Passing, rows: list[dict[str, Any]], *, is_net: bool
) -> list[dict[str, Any]]:
    """Of the rows of `_rows` those that pass; of the net, all of an issue's field, by its first old value."""
    first: dict[Any, dict[str, Any]] = {}
    for row in rows:
        if row["passes"] != ALL:
            first.setdefault(_of(row) if is_net else row["id"], row)
    if not first:
        return rows
    kept = passing_by_old(connection, passing, [*first.values()])
    return [
        row for row in rows if row["passes"] == ALL or first[_of(row) if is_net else row["id"]]["id"] in kept
    ]


def _of(row: dict[str, Any]) -> tuple[int, str]:
    return row["issue"], row["field"]


_MEMBERS = (
    *("id", "issue", "field", "old", "new", "at", "not_before", "seen_at", "author", "origin", "source"),
    *("source_id", *_OF_ISSUE, "issue_type", "state", "is_gone", "passes"),
)
_SHOWN = (
    *("id", "source", "source_id", "field", "old", "new", "at", "not_before", "seen_at", "author"),
    *("author_name", "origin"),
    *("issue_key", "summary", "issue_type", "parent_key", "url"),
)


def _read(
    connection: sqlite3.Connection,
    where: str,
    values: dict[str, Any],
    question: ChangesQuestion,
    passes: str = str(ALL),
) -> list[dict[str, Any]]:
    """The rows, their values as stored."""
    order = _BY_TIME if question.after is None else "changes.id"
    found = connection.execute(_CHANGES.format(where=where, order=order, passes=passes), values)
    rows = [dict(zip(_MEMBERS, columns, strict=True)) for columns in found]
    for row in rows:
        row["field"] = CHANGE_FIELDS[row["field"]]
    return rows


def _named(connection: sqlite3.Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows, their ids now the names that these have."""
    values_of = _Values(connection)
    members = dict(connection.execute("SELECT member_id, name FROM team_members"))
    for row in rows:
        row["origin"] = ORIGINS[row["origin"]]
        row["author_name"] = members.get(row["author"], row["author"])
        for which in ("old", "new"):
            values_of.put(row, which, row[which])
    return rows


class _Values:
    """Values of the record as people read them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names = Names(connection)

    def put(self, row: dict[str, Any], which: str, stored: str | None) -> None:
        """Make `stored` (JSON) the `old` or the `new` of a row; of a status with its category."""
        field, source, value = row["field"], row["source"], json.loads(stored or "null")
        if field == "status":
            row[f"{which}_category"] = self._names.category(source, value)
        if field == "parent" and value is not None:
            row[which] = key_of(self._connection, source, value)
        else:
            row[which] = self._shown(field, source, value)

    def _shown(self, field: str, source: str, value: Any) -> Any:
        if value is None or field in EVENTS:
            return value
        if field in SETS:
            return [self._names.name(source, NAMED[field], e) if field in NAMED else e for e in value]
        return self._names.name(source, NAMED[field], value) if field in NAMED else value


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _SHOWN}

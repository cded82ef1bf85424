"""Which changes pass filters: by today's values of their issue, or by the value that the change ended.

Filters say themselves which fields decide them (`model/filters.py`). A state is made of several: it counts as
it was just before the change. What is missing has its last values, what is gone those of its tombstone.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from worksupport.model.filters import FILTERS, STATE_FIELDS, Filters
from worksupport.model.names import CHANGE_FIELDS
from worksupport.model.tracked import NUMBERS
from worksupport.queries.columns_then import OF_STATE, Columns, value_then
from worksupport.queries.names_now import key_of

# Of this issue and all below it, also where that is under something missing.
_BELOW = """id IN (
    WITH RECURSIVE below (id, issue_key) AS (
        SELECT id, issue_key FROM issues WHERE issue_key = :key
        UNION
        SELECT issues.id, issues.issue_key FROM below JOIN issues
        ON issues.parent_key = below.issue_key COLLATE NOCASE
    )
    SELECT id FROM below
)"""
(_UNDER,) = (row for row in FILTERS if row.name == "under")
_STATE_NUMBERS = ", ".join(str(NUMBERS[field]) for field in STATE_FIELDS)
_MOMENT = "coalesce(at, seen_at)"
ALL = -1  # every bit: the issue passes by today's values
# The first change of a field comes last.
_STATE_THEN = f"""
SELECT field, old FROM changes WHERE issue = ? AND field IN ({_STATE_NUMBERS}) AND {_MOMENT} >= ?
ORDER BY {_MOMENT} DESC, id DESC
"""
_STATE_NOW = f"""
SELECT {", ".join(OF_STATE)} FROM issues WHERE id = ?1 UNION ALL
SELECT {", ".join(f"json_extract(issue, '$.{name}')" for name in OF_STATE)} FROM gone_issues WHERE id = ?1
"""
# In place of the tables rows of the past alone; one without a field is what is gone, as it was last.
_THEN = """
WITH issues AS (
    SELECT * FROM temp.issues_past WHERE field IS NULL OR field IN ({fields})
), issue_labels AS (
    SELECT issues.id AS issue_id, each.value AS label, casefold(each.value) AS folded
    FROM issues, json_each(labels) AS each
), issue_assignees AS (
    SELECT issues.id AS issue_id, json_extract(each.value, '$[0]') AS account,
        json_extract(each.value, '$[1]') AS name, casefold(json_extract(each.value, '$[1]')) AS folded
    FROM issues, json_each(assignee_accounts) AS each
)
SELECT id FROM issues WHERE {then}
"""


class Passing:
    """What one question asks of a change; `parameters` are those of all its conditions.

    Each condition: the fields that it is about, on `issues` of today, and on rows of the past.
    """

    def __init__(self, filters: Filters, key: str | None) -> None:
        given, self.parameters = filters.of_changes()
        self.conditions = [(row.about, today, then) for row, today, then in given]
        if key is not None:
            self.conditions.append((_UNDER.about, _BELOW, _UNDER.kept.replace(":under", ":key")))
            self.parameters["key"] = key
        self.fields = sorted({field for about, _, _ in self.conditions for field in about})

    @property
    def today(self) -> str:
        """Whether the issue of a row of `changes` passes by today's values."""
        conditions = " AND ".join(today for _, today, _ in self.conditions)
        return f"changes.issue IN (SELECT id FROM issues WHERE {conditions})"

    @property
    def each_today(self) -> str:
        """The same of each condition, a bit for each; of one issue at a time, for many may pass."""
        return " | ".join(
            f"(EXISTS (SELECT 1 FROM issues WHERE issues.id = changes.issue AND {today}) << {bit})"
            for bit, (_, today, _) in enumerate(self.conditions)
        )

    def may(self, row: dict[str, Any]) -> bool:
        """Whether each condition holds today or is about the field that the change is of."""
        return all(
            row["passes"] >> bit & 1 or row["field"] in about
            for bit, (about, _, _) in enumerate(self.conditions)
        )

    @property
    def perhaps(self) -> tuple[str, ...]:
        """Which rows of `changes` may pass though their issue does not today."""
        fields = ", ".join(str(NUMBERS[field]) for field in self.fields)
        gone = "changes.issue IN (SELECT id FROM gone_issues)"
        return f"field IN ({fields})", f"field NOT IN ({fields}) AND {gone}"


def passing_by_old(
    connection: sqlite3.Connection, passing: Passing, rows: Sequence[dict[str, Any]]
) -> set[int]:
    """The ids of the changes that pass, by their old value or, of what is gone, by its last ones.

    A row of `changes` has id, issue, source, field, old (JSON), at, seen_at, is_gone (its issue), `passes`
    (`each_today`); where `old` is older than the change, `begin` is when it was so.
    """
    past = _Past(connection, passing)
    rows = [row for row in rows if row["is_gone"] or passing.may(row)]
    places = [past.places(row) for row in rows]
    found = past.found()
    return {
        row["id"]
        for row, mine in zip(rows, places, strict=True)
        if all(row["passes"] >> bit & 1 or not passed.isdisjoint(mine) for bit, passed in enumerate(found))
    }


class _Past:
    """Rows such as changes' issues had; equal ones are one."""

    def __init__(self, connection: sqlite3.Connection, passing: Passing) -> None:
        self._connection, self._passing = connection, passing
        self._columns = Columns(connection)
        self._names = [name for _, name, *_ in connection.execute("PRAGMA table_info(issues)")]
        self._names.remove("id")
        self._gone: dict[int, int] = {}
        self._old: dict[tuple[Any, ...], int] = {}
        self._of_value: dict[tuple[Any, ...], int] = {}

    def places(self, row: dict[str, Any]) -> list[int]:
        """Which rows are those of a change."""
        places = []
        if row["is_gone"]:
            places.append(self._gone.setdefault(row["issue"], -1 - len(self._gone)))
        if row["field"] in self._passing.fields:
            # Most values are those of many; a state is that of one issue.
            is_state = row["field"] in STATE_FIELDS and "flagged" in self._passing.fields
            value = (row["source"], row["field"], row["old"], row["id"] if is_state else None)
            if value not in self._of_value:
                made = tuple(self._made(row, is_state=is_state).items())
                place = (NUMBERS[row["field"]], ("source", row["source"]), *made)
                self._of_value[value] = self._old.setdefault(place, len(self._old))
            places.append(self._of_value[value])
        return places

    def _made(self, row: dict[str, Any], *, is_state: bool) -> dict[str, Any]:
        """The columns that the old value makes, of its filters alone."""
        source, field, values = row["source"], row["field"], dict[str, str | None]()
        stored: Sequence[Any] = [None] * len(OF_STATE)
        if is_state:
            begin = row.get("begin") or row["at"] or row["seen_at"]
            stored = self._connection.execute(_STATE_NOW, [row["issue"]]).fetchone() or stored
            found = self._connection.execute(_STATE_THEN, [row["issue"], begin])
            values |= {CHANGE_FIELDS[number]: old for number, old in found}
        if field == "parent":
            parent = value_then(row["old"])
            return {"parent_key": parent and key_of(self._connection, source, parent)}
        return self._columns.of(source, {**values, field: row["old"]}, stored)

    def found(self) -> list[set[int]]:
        """Of each condition, which rows it holds of."""
        connection = self._connection
        connection.execute(f"CREATE TEMP TABLE issues_past (id, field, {', '.join(self._names)})")
        for (field, *columns), place in self._old.items():
            names, values = zip(*columns, strict=True)
            connection.execute(
                f"INSERT INTO temp.issues_past (id, field, {', '.join(names)})"
                f" VALUES (?, ?{', ?' * len(names)})",
                [place, field, *values],
            )
        stored = ", ".join(f"json_extract(issue, '$.{name}')" for name in self._names)
        connection.executemany(
            f"INSERT INTO temp.issues_past SELECT ?, NULL, {stored} FROM gone_issues WHERE id = ?",
            [(place, issue) for issue, place in self._gone.items()],
        )
        found = [self._fitting(about, then) for about, _, then in self._passing.conditions]
        connection.execute("DROP TABLE temp.issues_past")
        return found

    def _fitting(self, about: Sequence[str], then: str) -> set[int]:
        numbers = ", ".join(str(NUMBERS[field]) for field in about)
        statement = _THEN.format(then=then, fields=numbers)
        return {place for (place,) in self._connection.execute(statement, self._passing.parameters)}

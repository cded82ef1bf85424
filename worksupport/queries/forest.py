"""All issues with what reviews count of them, each under the root that it belongs to."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date

from worksupport.model.filters import STATE, Filters
from worksupport.model.issue_fields import KEY_ORDER
from worksupport.model.names import DEFAULT_ROOT_TYPE, OPEN_STATES
from worksupport.queries.find import require_present
from worksupport.queries.placement import place
from worksupport.queries.tree import of_type, passing

_ISSUES = f"""
SELECT id, issue_key, parent_key, source, issue_type_id, {STATE} AS state,
    coalesce(status_category = 'indeterminate', 0), coalesce(assignees, '[]') = '[]', coalesce(updated_at, '')
FROM issues WHERE missing_since IS NULL ORDER BY {KEY_ORDER}
"""
_OVERDUE = "SELECT id, due_date FROM issues WHERE due_date < ? AND missing_since IS NULL ORDER BY due_date"
_UNPLACED = -1


class Forest:
    """The issues of the copy in columns: entry n of each belongs to issue n.

    `root_of`: the issue at whose top it stands, -1 for one without a place. `passes`: whether it passes the
    filters. `tops`: the roots, in the order of their keys.
    """

    def __init__(self, connection: sqlite3.Connection, filters: Filters, key: str | None = None) -> None:
        """`key`: the only root; else those of the type that stands at the top."""
        columns = list(zip(*connection.execute(_ISSUES), strict=True)) or [()] * 9
        self.ids: Sequence[int] = columns[0]
        self.keys: Sequence[str] = columns[1]
        self.parent_keys: Sequence[str | None] = columns[2]
        self.sources: Sequence[str] = columns[3]
        self.type_ids: Sequence[int | None] = columns[4]
        self.states: Sequence[str] = columns[5]
        self.are_in_progress: Sequence[int] = columns[6]
        self.are_unassigned: Sequence[int] = columns[7]
        self.changed_at: Sequence[str] = columns[8]  # UTC text, '' for unknown
        self.passes = self._passing(connection, filters)
        self.tops = self._tops(connection, key)
        self.root_of = self._roots()

    def is_open(self, issue: int) -> bool:
        """Whether anything is left to do on it."""
        return self.states[issue] in OPEN_STATES

    def below(self) -> Iterator[tuple[int, int]]:
        """Each issue that stands below a root or nowhere, and that root or -1."""
        tops = set(self.tops)
        return ((issue, root) for issue, root in enumerate(self.root_of) if issue not in tops)

    def _passing(self, connection: sqlite3.Connection, filters: Filters) -> Sequence[bool]:
        found = passing(connection, filters)
        return [found is None or each in found for each in self.ids]

    def _tops(self, connection: sqlite3.Connection, key: str | None) -> list[int]:
        if key is not None:
            require_present(connection, key)
            return [self.keys.index(key)]
        return of_type(connection, DEFAULT_ROOT_TYPE, self.type_ids)

    def _roots(self) -> list[int]:
        placement = place(self.keys, self.parent_keys, self.tops)
        roots = [_UNPLACED] * len(self.ids)
        for issue, parent in zip(placement.issues, placement.parents, strict=True):
            roots[issue] = issue if parent < 0 else roots[placement.issues[parent]]
        return roots


def overdue(connection: sqlite3.Connection, today: date) -> dict[int, str]:
    """The due date, as the service wrote it, of each issue whose is past, by number, the oldest first."""
    return dict(connection.execute(_OVERDUE, [today.isoformat()]).fetchall())

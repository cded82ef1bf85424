"""All issues of the local copy that a tree can show, column by column, in natural order of their keys."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from worksupport.errors import NotFoundError
from worksupport.hierarchy import UNKNOWN_TYPE_ID
from worksupport.key_order import KEY_ORDER
from worksupport.queries.folding import folded

# SQLite writes the part of a node that stands in the row: in one step per issue, where Python would need ten.
_NODE = """'issue_key', issue_key, 'summary', summary, 'issue_type', issue_types.name,
        'status', status, 'status_category', status_category, 'assignee', assignee,
        'labels', json(coalesce(labels, '[]')), 'source', source, 'url', issues.url"""
# What only a drawing needs: an unknown type as the service calls it.
_DRAWN = """, 'updated_at', updated_at,
        'vendor_type', CASE WHEN issue_type_id = :unknown THEN json_extract(vendor_type, '$.name') END"""
_COLUMNS = """
SELECT issues.id, issue_key, parent_key, issue_type_id, coalesce(status_category = 'done', 0),
    json_object({node})
FROM issues LEFT JOIN issue_types ON issue_types.id = issue_type_id
WHERE missing_since IS NULL ORDER BY {order}
"""
_FILTERS = {
    "assignee": "SELECT issue_id FROM issue_assignees WHERE folded = ?",
    "label": "SELECT issue_id FROM issue_labels WHERE folded = ?",
    "status": "SELECT id FROM issues WHERE casefold(status) = ? AND missing_since IS NULL",
    # Filters come folded; the T and Z of a stored time are capitals.
    "changed_since": "SELECT id FROM issues WHERE updated_at >= upper(?)",
}


@dataclass(frozen=True)
class Issues:
    """Columns of equal length: entry n of each belongs to issue n."""

    ids: Sequence[int]
    keys: Sequence[str]
    parent_keys: Sequence[str | None]
    type_ids: Sequence[int | None]
    is_done: Sequence[int]  # 0 or 1
    nodes: Sequence[str]  # the JSON object of DESIGN section 7, without counts and children

    def of_type(self, connection: sqlite3.Connection, name: str) -> list[int]:
        """The issues of the configured type with this name, without regard to case."""
        types = connection.execute("SELECT id FROM issue_types WHERE casefold(name) = ?", (folded(name),))
        wanted = {type_id for (type_id,) in types}
        return [issue for issue, type_id in enumerate(self.type_ids) if type_id in wanted]

    def with_key(self, connection: sqlite3.Connection, key: str) -> int:
        """The issue with this key, as written, else without regard to case.

        Raises NotFoundError if there is none, or only a missing one.
        """
        wanted = folded(key)
        similar = [issue for issue, other in enumerate(self.keys) if other.casefold() == wanted]
        if similar:
            return next((issue for issue in similar if self.keys[issue] == key), similar[0])
        for (since,) in connection.execute("SELECT missing_since FROM issues WHERE issue_key = ?", (key,)):
            raise NotFoundError(f"issue {key!r} is missing: no harvest has found it since {since}")
        raise NotFoundError(f"there is no issue {key!r} here", "`worksupport keys` prints those there are")

    def matching(self, connection: sqlite3.Connection, filters: dict[str, str]) -> list[bool] | None:
        """For each issue: does it pass every filter (those of `_FILTERS`)? None if there is no filter."""
        if not filters:
            return None
        passing = [
            {issue_id for (issue_id,) in connection.execute(_FILTERS[name], (folded(value),))}
            for name, value in filters.items()
        ]
        wanted = set.intersection(*passing)
        return [issue_id in wanted for issue_id in self.ids]


def load_issues(connection: sqlite3.Connection, *, to_draw: bool = False) -> Issues:
    """Every issue that is not missing; `to_draw`: nodes also have `updated_at`, and `vendor_type` or null."""
    statement = _COLUMNS.format(node=_NODE + (_DRAWN if to_draw else ""), order=KEY_ORDER)
    rows = connection.execute(statement, {"unknown": UNKNOWN_TYPE_ID} if to_draw else {})
    columns = list(zip(*rows, strict=True))
    return Issues(*columns) if columns else Issues((), (), (), (), (), ())

"""The hierarchy of issues as one JSON document; the same text for the command line and for `serve`."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from types import SimpleNamespace

from worksupport.errors import NotFoundError, UsageError
from worksupport.model.filters import Filters, fold
from worksupport.model.issue_fields import FIELDS, JSON_ARGUMENTS, KEY_ORDER
from worksupport.model.names import DEFAULT_DEPTH, DEFAULT_ROOT_TYPE, MAX_DEPTH
from worksupport.output import json_ascii, json_text
from worksupport.queries.placement import Placement, place
from worksupport.queries.reader import age
from worksupport.queries.settled import (
    is_settled,
    outside_count,
    settled_outside,
    settled_roots,
    settled_total,
)

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from worksupport.queries.settled import Sums

# SQLite writes the part of a node that stands in the row: in one step per issue, where Python would need ten.
_COLUMNS = """
SELECT issues.id, issue_key, parent_key, issue_type_id,
    coalesce(state IN ('done', 'dropped'), status_category = 'done', 0), coalesce(state = 'dropped', 0),
    CASE WHEN updated_at IS NULL THEN '' ELSE json_quote(updated_at) END, {node}
FROM issues LEFT JOIN issue_types ON issue_types.id = issue_type_id
WHERE {there}
"""
# What a drawing needs of each, as columns: to write and read JSON takes longer than to draw.
_NEEDED = frozenset(
    (
        *("issue_key", "summary", "issue_type", "vendor_type", "state", "status", "status_category"),
        *("assignee", "source", "url", "updated_at"),
    )
)
_DRAWN = {field.json: field.sql for field in FIELDS if field.json in _NEEDED}
_AS_JSON, _AS_COLUMNS = f"json_object({JSON_ARGUMENTS})", ", ".join(_DRAWN.values())
_SUMS = ("done", "total", "dropped", "children_omitted", "changed_at")  # as `Part.sums` has them
_LATER, _NARROW = "NULL", 3
_NODES = """
SELECT issues.id, {node} FROM json_each(?) AS wanted CROSS JOIN issues ON issues.id = wanted.value
LEFT JOIN issue_types ON issue_types.id = issue_type_id
"""
# So that the part below one issue costs what it prints.
_BELOW = """issues.id IN (
    WITH RECURSIVE below (id, issue_key) AS (
        SELECT id, issue_key FROM issues WHERE issue_key IN (SELECT value FROM json_each(:keys))
        UNION
        SELECT issues.id, issues.issue_key FROM below JOIN issues
        ON issues.parent_key = below.issue_key COLLATE NOCASE
    )
    SELECT id FROM below UNION SELECT value FROM json_each(:beside)
)"""
_MISSING = "missing_since > ''"
# The keys of what stands above these issues, and of the issues themselves.
_ABOVE = """
WITH RECURSIVE above (issue_key, parent_key) AS (
    SELECT issue_key, parent_key FROM issues WHERE id IN (SELECT value FROM json_each(?))
    UNION
    SELECT issues.issue_key, issues.parent_key FROM above JOIN issues ON issues.issue_key = above.parent_key
)
SELECT issue_key FROM above
"""
_FEW = 1000


class TreeQuestion(SimpleNamespace):
    """Which part of the hierarchy: below one issue (`key`) or below all of a type, this deep, with filters.

    Filters keep matching issues and the path to them. Not a dataclass: see model/filters.py.
    """

    def __init__(
        self,
        key: str | None = None,
        root_type: str | None = None,
        max_depth: int = DEFAULT_DEPTH,
        filters: Filters | None = None,
    ) -> None:
        """Raises UsageError for a depth outside 1..100, and for a root type beside a key."""
        if not 1 <= max_depth <= MAX_DEPTH:
            raise UsageError(f"the depth is {max_depth}; it must be 1 to {MAX_DEPTH} (1: roots only)")
        if key is not None and root_type is not None:
            raise UsageError(f"the tree starts at issue {key!r} or at a type of issues: leave one out")
        self.key = key
        self.root_type = root_type
        self.max_depth = max_depth
        self.filters = filters or Filters()


def tree_document(connection: sqlite3.Connection, question: TreeQuestion) -> "dict[str, Any]":
    """The document of `tree_text`."""
    document: dict[str, Any] = json.loads(tree_text(connection, question))
    return document


def drawn_document(
    connection: sqlite3.Connection, question: TreeQuestion, choose: "Callable[[Part], None] | None" = None
) -> "dict[str, Any]":
    """`{"nodes": columns, "outside": columns, AGE}`: what a drawing needs of the same, by field, from top to
    bottom.

    Nodes have a `depth` (1: a root) in place of their children. `choose`: leaves less to be shown, before it
    is read.
    """
    part = _part(connection, question, _AS_COLUMNS, is_counted=False, choose=choose)
    sums = zip(_SUMS, part.sums(), strict=True)
    placed = {name: [*compress(column, part.shown)] for name, column in sums}
    placed["changed_at"] = [time.strip('"') or None for time in placed["changed_at"]]
    return {
        "nodes": {
            "depth": [*compress(part.placement.depths, part.shown)],
            **_drawn(part, compress(part.placement.issues, part.shown)),
            **placed,
        },
        "outside": _drawn(part, part.outside),
        **age(connection),
    }


def _drawn(part: "Part", issues: "Iterable[int]") -> "dict[str, Sequence[Any]]":
    columns = list(zip(*[part.issues.nodes[issue] for issue in issues], strict=True))
    return dict(zip(_DRAWN, columns or [()] * len(_DRAWN), strict=True))


def tree_text(connection: sqlite3.Connection, question: TreeQuestion) -> str:
    """`{"hierarchy": [node...], "total_count": roots, "outside": n, "outside_issues": [issue...], AGE}` as
    JSON text and a newline.

    A node is an issue (`model/issue_fields.py`) with `done, total, dropped` (of all below it, dropped ones
    among the done), `children_omitted, changed_at` (UTC text, of a parent the newest change below it) and
    `children`. `outside_issues` are those without a place that pass the filters; none beside a key. Text is
    joined from text, no dict is built: a plain program that does takes three times as long. Raises
    NotFoundError if `question.key` is not in the local copy.
    """
    return _text(_part(connection, question), connection)


def tree_rows_text(connection: sqlite3.Connection, question: TreeQuestion) -> str:
    """The same nodes from top to bottom, one JSON object a line: without `children`, but with their place.

    `depth` is 1 for a root, `parent_key` the key of the node above, null for a root. Raises what `tree_text`
    raises.
    """
    part = _part(connection, question)
    keys, placement = part.issues.keys, part.placement
    above = [None if parent < 0 else keys[placement.issues[parent]] for parent in placement.parents]
    places = compress(zip(placement.depths, above, strict=True), part.shown)
    return "".join(
        f'{node},"depth":{depth},"parent_key":{json.dumps(parent_key)}}}\n'
        for (_, node), (depth, parent_key) in zip(_open_nodes(part), places, strict=True)
    )


class _Issues:
    """All issues that a tree can show, in columns: entry n of each belongs to issue n.

    With the missing ones where those are asked for: what is there leads to them. `tops`: only the issues with
    these keys and what is below them, and `beside` the issues of these numbers.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        node: str,
        *,
        has_missing: bool,
        tops: "Sequence[str] | None",
        beside: Sequence[int] = (),
    ) -> None:
        there = f"(missing_since IS NULL OR {_MISSING})" if has_missing else "missing_since IS NULL"
        where = there if tops is None else f"{there} AND {_BELOW}"
        statement = f"{_COLUMNS.format(there=where, node=node)} ORDER BY {KEY_ORDER}"
        given = {} if tops is None else {"keys": json.dumps(tops), "beside": json.dumps(beside)}
        rows = connection.execute(statement, given)
        columns = list(zip(*rows, strict=True)) or [()] * 8
        self.ids: Sequence[int] = columns[0]
        self.keys: Sequence[str] = columns[1]
        self.parent_keys: Sequence[str | None] = columns[2]
        self.type_ids: Sequence[int | None] = columns[3]
        self.is_done: Sequence[int] = columns[4]  # 0 or 1; dropped ones are
        self.is_dropped: Sequence[int] = columns[5]
        self.changed_at: Sequence[str] = columns[6]  # UTC text as JSON, '' for unknown
        # The JSON object, without counts and children; or the values of `_DRAWN`; or not read yet.
        is_text = node != _AS_COLUMNS
        self.nodes: list[Any] = list(columns[7] if is_text else zip(*_texts(columns[7:]), strict=True))

    def read_nodes(self, connection: sqlite3.Connection, node: str, wanted: Sequence[int]) -> None:
        """Read those of these issues alone."""
        of_id = {self.ids[issue]: issue for issue in wanted}
        rows = connection.execute(_NODES.format(node=node), [json.dumps(list(of_id))])
        for number, *each in rows:
            self.nodes[of_id[number]] = _texts([each])[0] if node == _AS_COLUMNS else each[0]

    def with_key(self, connection: sqlite3.Connection, key: str) -> int:
        """The issue with this key, as written, else without regard to case.

        Raises NotFoundError if there is none, or only a missing one.
        """
        wanted = fold(key)
        similar = [issue for issue, other in enumerate(self.keys) if other.casefold() == wanted]
        if similar:
            return next((issue for issue in similar if self.keys[issue] == key), similar[0])
        missing = "SELECT missing_since FROM issues WHERE issue_key = ? AND missing_since > ''"
        for (since,) in connection.execute(missing, (key,)):
            raise NotFoundError(f"issue {key!r} is missing: no harvest has found it since {since}")
        raise NotFoundError(f"there is no issue {key!r} here", "`worksupport keys` prints those there are")


def passing(connection: sqlite3.Connection, filters: Filters) -> set[int] | None:
    """The numbers of the issues that pass every filter; None if there is no filter."""
    conditions, parameters = filters.conditions()
    if not conditions and not filters.missing:
        return None
    where = " AND ".join([_MISSING if filters.missing else "missing_since IS NULL", *conditions])
    return {row[0] for row in connection.execute(f"SELECT id FROM issues WHERE {where}", parameters)}


def of_type(connection: sqlite3.Connection, name: str, type_ids: "Sequence[int | None]") -> list[int]:
    """The issues of the configured type with this name, without regard to case, by the types of all."""
    types = connection.execute("SELECT id FROM issue_types WHERE casefold(name) = ?", (fold(name),))
    wanted = {type_id for (type_id,) in types}
    return [issue for issue, type_id in enumerate(type_ids) if type_id in wanted]


def _texts(columns: "Sequence[Sequence[Any]]") -> "Sequence[Sequence[Any]]":
    """The columns. Raises ValueError for what is no text, as a damaged file can hold."""
    if any(set(map(type, column)) - {str, type(None)} for column in columns):
        raise ValueError("an issue has a value that is no text")
    return columns


class Part:
    """What is asked for: all issues, their places under the roots, for each position, is it shown, and the
    issues without a place that are."""

    def __init__(
        self,
        issues: _Issues,
        placement: Placement,
        shown: Sequence[bool],
        outside: Sequence[int],
        without_place: int,
        settled: "Mapping[int, Sums] | None",
    ) -> None:
        """`without_place`: how many there are, with those that were not read. `settled`: what is below each
        issue, by its number, where only the tops were read.
        """
        self.issues = issues
        self.placement = placement
        self.shown = shown
        self.outside = outside
        self.without_place = without_place
        self._settled = settled

    def sums(self) -> "Sequence[Sequence[Any]]":
        """Of each position: done, total and dropped of all below, children not shown, the newest change."""
        issues, placement = self.issues, self.placement
        if self._settled is not None:
            of_each = [self._settled[issues.ids[issue]] for issue in placement.issues]
            return list(zip(*of_each, strict=True)) or [()] * 5
        return (
            placement.sums_below(issues.is_done),
            placement.sums_below([1] * len(issues.keys)),
            placement.sums_below(issues.is_dropped),
            placement.children_omitted(self.shown),
            placement.newest_below(issues.changed_at),
        )


def _part(
    connection: sqlite3.Connection,
    question: TreeQuestion,
    node: str = _AS_JSON,
    *,
    is_counted: bool = True,
    choose: "Callable[[Part], None] | None" = None,
) -> Part:
    """`is_counted`: whether all that has no place must be known, and so everything be read."""
    # Where little is shown, little is read.
    is_narrow = question.max_depth < _NARROW or question.filters != Filters() or choose is not None
    first, has_missing = _LATER if is_narrow else node, question.filters.missing
    found = passing(connection, question.filters)
    tops = None if question.key is None else keys_alike(connection, question.key)
    beside: list[int] = []
    # A type that is named may have roots elsewhere, without which nothing is outside.
    is_default = tops is None and question.root_type is None and not has_missing
    settled, is_known = None, not has_missing and is_settled(connection)
    if is_known and question == TreeQuestion(max_depth=1) and not choose:
        settled = settled_roots(connection)
        tops, beside = [], [*settled, *settled_outside(connection)]
    elif found is not None and len(found) <= _FEW and is_default and (is_known or not is_counted):
        beside = sorted(found)
        tops = [key for (key,) in connection.execute(_ABOVE, [json.dumps(beside)])]
    issues = _Issues(connection, first, has_missing=has_missing, tops=tops, beside=beside)
    placement = place(issues.keys, issues.parent_keys, _roots(connection, issues, question))
    fits = None if found is None else [issue_id in found for issue_id in issues.ids]
    outside: list[int] = []
    # A type that there is not has no tree, and so nothing beside it.
    if question.key is None and (placement.issues or question.root_type is None):
        unplaced = set(range(len(issues.keys))).difference(placement.issues)
        outside = [issue for issue in sorted(unplaced) if fits is None or fits[issue]]
    shown = placement.shown(fits, question.max_depth)
    part = Part(issues, placement, shown, outside, 0, settled)
    if is_counted:
        part.without_place = _without_place(connection, part, question, is_known=is_known)
    if choose:
        choose(part)
    if is_narrow:
        issues.read_nodes(connection, node, [*compress(placement.issues, part.shown), *part.outside])
    return part


def _without_place(
    connection: sqlite3.Connection, part: Part, question: TreeQuestion, *, is_known: bool
) -> int:
    """How many issues there are beside the tree; `is_known`: what was settled holds."""
    if is_known and question.key is None and question.root_type is None:
        return outside_count(connection)
    there = f"missing_since IS NULL{f' OR {_MISSING}' if question.filters.missing else ''}"
    count = f"SELECT count(*) FROM issues WHERE {there}"
    total = settled_total(connection) if is_known else connection.execute(count).fetchone()[0]
    return int(total) - len(part.placement.issues)


def keys_alike(connection: sqlite3.Connection, text: str) -> list[str]:
    """The keys that are this one: as it is written, or as most keys are written; else in any case."""
    for statement in _ALIKE:
        if found := [key for (key,) in connection.execute(statement, {"text": text})]:
            return found
    return []


# The first by the index.
_ALIKE = (
    "SELECT issue_key FROM issues WHERE issue_key IN (:text, upper(:text)) ORDER BY issue_key <> :text",
    "SELECT issue_key FROM issues WHERE issue_key = :text COLLATE NOCASE ORDER BY issue_key",
)


def _roots(connection: sqlite3.Connection, issues: _Issues, question: TreeQuestion) -> list[int]:
    if question.key is not None:
        return [issues.with_key(connection, question.key)]
    root_type = DEFAULT_ROOT_TYPE if question.root_type is None else question.root_type
    return of_type(connection, root_type, issues.type_ids)


def _text(part: Part, connection: sqlite3.Connection) -> str:
    roots = sum(compress((depth == 1 for depth in part.placement.depths), part.shown))
    outside = ",".join(json_ascii(part.issues.nodes[issue]) for issue in part.outside)
    return (
        f'{{"hierarchy":[{_nested(part)}],"total_count":{roots},"outside":{part.without_place},'
        f'"outside_issues":[{outside}],{json_text(age(connection))[1:]}'
    )


def _nested(part: Part) -> str:
    """The nodes to show, each inside its parent's "children": brackets close when the depth does not grow."""
    parts: list[str] = []
    open_nodes = 0
    for depth, node in _open_nodes(part):
        if depth <= open_nodes:
            parts.append("]}" * (open_nodes - depth + 1) + ",")
        parts.append(f'{node},"children":[')
        open_nodes = depth
    return "".join(parts) + "]}" * open_nodes


def _open_nodes(part: Part) -> Iterator[tuple[int, str]]:
    """Depth and JSON text of each node to show, from top to bottom; the text lacks its closing brace."""
    for depth, node, done, total, dropped, omitted, changed in compress(_nodes(part), part.shown):
        yield (
            depth,
            f'{json_ascii(node)[:-1]},"done":{done},"total":{total},"dropped":{dropped},'
            f'"children_omitted":{omitted},"changed_at":{changed or "null"}',
        )


def _nodes(part: Part) -> "Iterator[tuple[int, Any, int, int, int, int, str]]":
    """Of each position depth, issue, done, total, dropped, how many children are not shown, newest change."""
    nodes = [part.issues.nodes[issue] for issue in part.placement.issues]
    return zip(part.placement.depths, nodes, *part.sums(), strict=True)

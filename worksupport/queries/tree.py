"""The hierarchy of issues as one JSON document; the same text for the command line and for `serve`."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from worksupport.errors import UsageError
from worksupport.output import json_ascii, json_text
from worksupport.queries.freshness import freshness
from worksupport.queries.issues import Issues, load_issues
from worksupport.queries.placement import Placement, place

DEFAULT_ROOT_TYPE = "Product Version"
MAX_DEPTH = 100
_FILTERS = ("assignee", "label", "status", "changed_since")


@dataclass(frozen=True)
class TreeQuestion:
    """Which part of the hierarchy: below one issue (`key`) or below all of a type, this deep, with filters.

    Filters (combined with AND, whole values without regard to case) keep matching issues and the path to
    them. Raises UsageError for a depth outside 1..100, and for a root type beside a key.
    """

    key: str | None = None
    root_type: str | None = None
    max_depth: int = 5
    assignee: str | None = None
    label: str | None = None
    status: str | None = None
    changed_since: str | None = None  # UTC text as stored: updated at the service then or later

    def __post_init__(self) -> None:
        if not 1 <= self.max_depth <= MAX_DEPTH:
            raise UsageError(f"the depth is {self.max_depth}; it must be 1 to {MAX_DEPTH} (1: roots only)")
        if self.key is not None and self.root_type is not None:
            raise UsageError(f"the tree starts at issue {self.key!r} or at a type of issues: leave one out")


def tree_document(connection: sqlite3.Connection, question: TreeQuestion) -> dict[str, Any]:
    """The document of DESIGN section 7, for drawing. Raises what `tree_text` raises.

    Its nodes also have `updated_at`, and `vendor_type`: what the service calls a type that is unknown here.
    """
    document: dict[str, Any] = json.loads(_text(_part(connection, question, to_draw=True), connection))
    return document


def tree_text(connection: sqlite3.Connection, question: TreeQuestion) -> str:
    """The document of DESIGN section 7 as JSON text, byte for byte as `json_text` would write its dicts.

    Text is joined from text, no dict is built: a plain program that does takes three times as long.
    Raises NotFoundError if `question.key` is not in the local copy.
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


@dataclass(frozen=True)
class _Part:
    """What is asked for: all issues, their places under the roots, and for each position, is it shown."""

    issues: Issues
    placement: Placement
    shown: Sequence[bool]


def _part(connection: sqlite3.Connection, question: TreeQuestion, *, to_draw: bool = False) -> _Part:
    issues = load_issues(connection, to_draw=to_draw)
    placement = place(issues.keys, issues.parent_keys, _roots(connection, issues, question))
    given = {name: value for name in _FILTERS if (value := getattr(question, name)) is not None}
    shown = placement.shown(issues.matching(connection, given), question.max_depth)
    return _Part(issues, placement, shown)


def _text(part: _Part, connection: sqlite3.Connection) -> str:
    tail = {
        "total_count": sum(compress((depth == 1 for depth in part.placement.depths), part.shown)),
        "outside": len(part.issues.keys) - len(part.placement.issues),
        **freshness(connection),
    }
    return f'{{"hierarchy":[{_nested(part)}],{json_text(tail)[1:]}'


def _roots(connection: sqlite3.Connection, issues: Issues, question: TreeQuestion) -> list[int]:
    if question.key is not None:
        return [issues.with_key(connection, question.key)]
    root_type = DEFAULT_ROOT_TYPE if question.root_type is None else question.root_type
    return issues.of_type(connection, root_type)


def _nested(part: _Part) -> str:
    """The nodes to show, each inside its parent's "children": brackets close when the depth does not grow."""
    parts: list[str] = []
    open_nodes = 0
    for depth, node in _open_nodes(part):
        if depth <= open_nodes:
            parts.append("]}" * (open_nodes - depth + 1) + ",")
        parts.append(f'{node},"children":[')
        open_nodes = depth
    return "".join(parts) + "]}" * open_nodes


def _open_nodes(part: _Part) -> Iterator[tuple[int, str]]:
    """Depth and JSON text of each node to show, from top to bottom; the text lacks its closing brace."""
    issues, placement = part.issues, part.placement
    columns = (
        placement.depths,
        [issues.nodes[issue] for issue in placement.issues],
        placement.sums_below(issues.is_done),
        placement.sums_below([1] * len(issues.keys)),
        placement.children_omitted(part.shown),
    )
    for depth, node, done, total, omitted in compress(zip(*columns, strict=True), part.shown):
        yield depth, f'{json_ascii(node)[:-1]},"done":{done},"total":{total},"children_omitted":{omitted}'

"""As much of a tree as one page takes: what is open first; what has no place in the tree comes last."""

import sqlite3
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

from worksupport.queries.tree import Part, TreeQuestion, drawn_document

MOST_ROWS = 2000
MOST_TOPS = 500


class _Choice:
    """What of a tree one page shows; `total`, `outside` and `outside_done` count on all pages."""

    def __init__(self, page: int, *, is_below_one: bool) -> None:
        """`is_below_one`: the tree has one root, and the pages go through its children."""
        self._first = (page - 1) * MOST_TOPS
        self._level = 2 if is_below_one else 1
        self.total = self.outside = self.outside_done = 0

    def __call__(self, part: Part) -> None:
        """Leave to be shown what is on this page."""
        depths, last = part.placement.depths, self._first + MOST_TOPS
        tops = [at for at in compress(range(len(depths)), part.shown) if depths[at] == self._level]
        self.outside = len(part.outside)
        self.outside_done = sum(part.issues.is_done[issue] for issue in part.outside)
        self.total = len(tops) + self.outside
        part.outside = part.outside[max(0, self._first - len(tops)) : max(0, last - len(tops))]
        order = sorted(self._on_page(part, set(tops[self._first : last])), key=_openness(part))
        chosen = set(order[: MOST_ROWS - len(part.outside)])
        part.shown = [at in chosen for at in range(len(depths))]

    def _on_page(self, part: Part, tops: set[int]) -> list[int]:
        """The positions of these, of what is below them, and of what they are below."""
        depths, found = part.placement.depths, [False] * len(part.shown)
        for at, parent in enumerate(part.placement.parents):
            is_below = depths[at] > self._level and found[parent]
            found[at] = part.shown[at] and (depths[at] < self._level or at in tops or is_below)
        return [*compress(range(len(found)), found)]


def _openness(part: Part) -> Callable[[int], tuple[bool, int, int]]:
    """How a position is ordered: what people see at first, which no closed branch hides, is in front."""
    placement, is_done = part.placement, part.issues.is_done
    left = placement.sums_below([not done for done in is_done])
    is_open = [left[at] > 0 or not is_done[issue] for at, issue in enumerate(placement.issues)]

    def order(at: int) -> tuple[bool, int, int]:
        parent = placement.parents[at]
        return parent >= 0 and not is_open[parent], placement.depths[at], at

    return order


def branches_document(
    connection: sqlite3.Connection, question: TreeQuestion, page: int = 1
) -> dict[str, Any]:
    """A tree with at most 500 tops and what is without a place, 2,000 rows in all: `hierarchy` (nodes with
    their `children`), `outside_issues`, AGE.

    Tops are the roots, with a key the issues directly below that. What is in open branches comes first, level
    by level; `children_omitted` says where more is. Beside it `pages`, and of all pages `outside_total` and
    `outside_done`. Raises what `tree_text` raises.
    """
    choice = _Choice(page, is_below_one=question.key is not None)
    drawn = drawn_document(connection, question, choice)
    nodes, outside = drawn.pop("nodes"), drawn.pop("outside")
    return {
        **drawn,
        "hierarchy": _nested(nodes),
        "outside_issues": _rows(outside),
        "pages": max(1, -(-choice.total // MOST_TOPS)),
        "outside_total": choice.outside,
        "outside_done": choice.outside_done,
    }


def _nested(nodes: dict[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The roots, each with its children."""
    below: dict[int, list[dict[str, Any]]] = {0: []}  # by depth, of the newest node above it
    for row in _rows(nodes):
        below[row["depth"]] = row["children"] = []
        below[row["depth"] - 1].append(row)
    return below[0]


def _rows(columns: dict[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

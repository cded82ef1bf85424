"""Which parents the next children query takes: few queries in all, and all workers busy to the end; pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from worksupport.harvest.plan import FULL_BATCH, ChildrenQuery, RootQuery

SMALL_BATCH = 10
# The sizes below were found by trying on made-up sites of several shapes (tests/harvest/test_schedule.py):
# with smaller ones the requests grow past what DESIGN section 10 allows, with larger ones workers run dry.
#
# Until it is known how many children the parents of a kind have: it may be hundreds, and the pages of one
# query come one after the other.
CAREFUL_BATCH = 36
_PRESUMED_CHILDREN = 20
# So many pages are worth a query, whose last page is half empty.
_WORTH_PAGES = 2.75
_PAGE = 100

# The child types of a parent; a query asks for the children of parents that have the same.
Kind = tuple[int, ...]


class Frontier:
    """The parents that wait for their children query; each is taken up once in a run, so cycles end.

    `child_types` gives the kind of a parent of an issue type; () for a leaf.
    """

    def __init__(self, workers: int, child_types: Callable[[int | None], Kind]) -> None:
        self._workers = workers
        self._child_types = child_types
        self._waiting: dict[Kind, list[str]] = defaultdict(list)
        self._expanded: set[str] = set()
        self._answered: dict[Kind, tuple[int, int]] = {}  # parents asked for, children that came

    def add(self, key: str, type_id: int | None) -> None:
        """An issue that the walk has reached; passed over if it is known already or has no child types."""
        kind = self._child_types(type_id)
        if kind and key not in self._expanded:
            self._expanded.add(key)
            self._waiting[kind].append(key)

    def learn(self, query: ChildrenQuery, children: int) -> None:
        """A query has been answered: how many children parents of its kind have decides the next batches."""
        parents, before = self._answered.get(query.type_ids, (0, 0))
        self._answered[query.type_ids] = parents + len(query.parents), before + children

    def take(self, in_flight: Mapping[Any, int]) -> ChildrenQuery | None:
        """The next batch for a free worker, the longest first; None if it is better to wait.

        `in_flight`: the queries under way, and how many issues each has brought. What they can still bring is
        waited for until there are enough parents to be worth a query.
        """
        share = max(_WORTH_PAGES, self._pages_left(in_flight) / self._workers)
        ready = [
            self._batch(kind, share)
            for kind, keys in self._waiting.items()
            if keys and (len(keys) >= self._size(kind, _WORTH_PAGES) or not self._is_coming(kind, in_flight))
        ]
        batch = max(ready, key=self._expected, default=None)
        if batch:
            del self._waiting[batch.type_ids][: len(batch.parents)]
        return batch

    def _batch(self, kind: Kind, pages: float) -> ChildrenQuery:
        return ChildrenQuery(tuple(self._waiting[kind][: self._size(kind, pages)]), kind)

    def _is_coming(self, kind: Kind, in_flight: Mapping[Any, int]) -> bool:
        """Whether a query under way can still bring parents of this kind."""
        return any(
            isinstance(query, RootQuery)
            or (isinstance(query, ChildrenQuery) and kind in map(self._child_types, query.type_ids))
            for query in in_flight
        )

    def _size(self, kind: Kind, pages: float) -> int:
        """How many parents bring so many pages of children, within the bounds of a batch."""
        largest = FULL_BATCH if kind in self._answered else CAREFUL_BATCH
        children = self._children(kind)
        return max(SMALL_BATCH, min(largest, ceil(pages * _PAGE / children))) if children else largest

    def _children(self, kind: Kind) -> float:
        """How many children a parent of this kind has, as far as the answers tell."""
        if not kind:
            return 0
        answered = [self._answered[kind]] if kind in self._answered else list(self._answered.values())
        parents = sum(asked for asked, _ in answered)
        return sum(children for _, children in answered) / parents if parents else _PRESUMED_CHILDREN

    def _expected(self, query: ChildrenQuery) -> float:
        return len(query.parents) * self._children(query.type_ids)

    def _pages_left(self, in_flight: Mapping[Any, int]) -> float:
        """What is still to be fetched below the parents known, and below those on their way."""
        waiting = sum(len(keys) * self._children(kind) for kind, keys in self._waiting.items())
        under_way = (
            self._issues_left(query, issues)
            for query, issues in in_flight.items()
            if isinstance(query, ChildrenQuery)
        )
        return (waiting + sum(under_way)) / _PAGE

    def _issues_left(self, query: ChildrenQuery, issues: int) -> float:
        below = [self._children(self._child_types(type_id)) for type_id in query.type_ids]
        return max(0, self._expected(query) - issues) * (1 + sum(below) / len(below))

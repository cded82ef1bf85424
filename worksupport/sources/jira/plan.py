"""What a walk asks: the root query, batches of parents level by level, the label query; pure.

The frontier decides which parents the next children query takes: few queries in all, and all workers busy to
the end.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from worksupport.config.settings import JiraSettings
from worksupport.model.hierarchy import Hierarchy
from worksupport.sources.base import LABELLED
from worksupport.sources.jira import jql
from worksupport.sources.jira.search import PAGE_SIZE, Deployment
from worksupport.sources.jira.types import SiteTypes

FULL_BATCH = 100
SMALL_BATCH = 10

# These were found by trying on made-up sites of several shapes (tests/harvest/test_schedule.py): with smaller
# batches the requests grow past the least possible by 5 %, with larger ones workers run dry.
# How many pages make a query worth its last page, which is half empty.
_WORTH_PAGES = 2.75
# The largest batch of parents of a kind of which none has been answered yet: they may have hundreds of
# children, and the pages of one query come one after the other.
CAREFUL_BATCH = 36
# Others help with a query that is taken to have so many pages to come, or has brought so many times what was
# expected; with one of which nothing is expected from so many pages on.
_LONG_PAGES, _SURPRISE, _SOME_PAGES = 16, 2, 5
# No query is made for this few parents: they join the batch before.
_TOO_FEW = 6
# How many children a parent is taken to have while no query at all has been answered.
_PRESUMED_CHILDREN = 20


@dataclass(frozen=True)
class RootQuery:
    """The roots of the walk."""


@dataclass(frozen=True)
class ChildrenQuery:
    """The children of these parents that are of these configured types.

    `site_id`: only of that one of the ids that the site has for the type.
    """

    parents: tuple[str, ...]
    type_ids: tuple[int, ...]
    site_id: str | None = None


@dataclass(frozen=True)
class LabelQuery:
    """Labelled issues of these accounts, any project and type; the walk does not go on from them."""

    account_ids: tuple[str, ...]


Query = RootQuery | ChildrenQuery | LabelQuery


def halves(query: Query) -> list[Query]:
    """The query as two smaller ones, to close in on the item that is refused; empty if it is single."""
    match query:
        case ChildrenQuery(parents) if len(parents) > 1:
            return [replace(query, parents=part) for part in _halved(parents)]
        case LabelQuery(account_ids) if len(account_ids) > 1:
            return [LabelQuery(part) for part in _halved(account_ids)]
    return []


def _halved(items: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    middle = len(items) // 2
    return items[:middle], items[middle:]


def query_jql(
    query: Query, deployment: Deployment, hierarchy: Hierarchy, jira: JiraSettings, types: SiteTypes
) -> str:
    """The JQL of one query, with the type ids of the site."""
    match query:
        case RootQuery():
            roots = types.ids_of([root.id for root in hierarchy.roots])
            return jql.root_query(roots, jira.root_jql)
        case LabelQuery(account_ids):
            return jql.label_query(jira.issue_label or "", account_ids)
        case ChildrenQuery(parents, type_ids, site_id):
            return deployment.children_jql(parents, (site_id,) if site_id else types.ids_of(type_ids))


def level_name(query: Query, hierarchy: Hierarchy) -> str:
    """What people call the issues that a query brings: the types of its level, from the root down."""
    if isinstance(query, LabelQuery):
        return LABELLED
    level = {root.id for root in hierarchy.roots}
    if not isinstance(query, RootQuery):
        seen = set(level)
        while level and level.isdisjoint(query.type_ids):
            level = {child for type_id in level for child in hierarchy.children(type_id)} - seen
            seen |= level
    return ", ".join(issue_type.name for issue_type in hierarchy.types if issue_type.id in level) or LABELLED


# The child types of a parent: one query asks for the children of parents that have the same.
ChildTypes = tuple[int, ...]
# The queries under way, and how many issues each has brought; of other sorts none brings parents.
InFlight = Mapping[Any, int]


class Frontier:
    """The parents that wait for their children query; each is taken up once in a run, so cycles end.

    `child_types` gives those of an issue type; () for a leaf.
    """

    def __init__(self, workers: int, child_types: Callable[[int | None], ChildTypes]) -> None:
        self._workers = workers
        self._child_types = child_types
        self._waiting: dict[ChildTypes, list[str]] = defaultdict(list)
        self._expanded: set[str] = set()
        self._answered: dict[ChildTypes, tuple[int, int]] = {}  # parents asked for, children that came

    @property
    def expanded(self) -> frozenset[str]:
        """The keys of all parents so far."""
        return frozenset(self._expanded)

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

    def take(self, in_flight: InFlight) -> ChildrenQuery | None:
        """The next batch for a free worker, the longest first; None if it is better to wait.

        A batch is a worker's share of the pages still to come, so that all end together.
        """
        share = max(_WORTH_PAGES, self._pages_left(in_flight) / self._workers)
        ready = [
            self._batch(kind, share)
            for kind, keys in self._waiting.items()
            if keys and self._is_worth_a_query(kind, in_flight)
        ]
        batch = max(ready, key=self._expected, default=None)
        if batch:
            del self._waiting[batch.type_ids][: len(batch.parents)]
        return batch

    def is_long(self, query: Query, issues: int) -> bool:
        """Whether a query that has brought so many issues may have many more to come."""
        if not isinstance(query, ChildrenQuery):
            return isinstance(query, RootQuery) or issues > _SOME_PAGES * PAGE_SIZE
        expected = self._expected(query)
        return issues > expected * _SURPRISE or expected - issues > _LONG_PAGES * PAGE_SIZE

    def _batch(self, kind: ChildTypes, pages: float) -> ChildrenQuery:
        keys = self._waiting[kind]
        size = self._parents_for(kind, pages)
        if len(keys) <= min(FULL_BATCH, size + _TOO_FEW):
            size = len(keys)
        return ChildrenQuery(tuple(keys[:size]), kind)

    def _is_worth_a_query(self, kind: ChildTypes, in_flight: InFlight) -> bool:
        """Whether there are enough of this kind, or no more can come."""
        enough = self._parents_for(kind, _WORTH_PAGES)
        return len(self._waiting[kind]) >= enough or not self._can_come(kind, in_flight)

    def _can_come(self, kind: ChildTypes, in_flight: InFlight) -> bool:
        return any(
            isinstance(query, RootQuery)
            or (isinstance(query, ChildrenQuery) and kind in map(self._child_types, query.type_ids))
            for query in in_flight
        )

    def _parents_for(self, kind: ChildTypes, pages: float) -> int:
        """How many parents fill this many pages with children, within the bounds of a batch."""
        largest = FULL_BATCH if kind in self._answered else CAREFUL_BATCH
        children = self._children(kind)
        return max(SMALL_BATCH, min(largest, ceil(pages * PAGE_SIZE / children))) if children else largest

    def _children(self, kind: ChildTypes) -> float:
        """How many children a parent has: by the answers for its kind, else for all kinds, else presumed."""
        if not kind:
            return 0
        answered = [self._answered[kind]] if kind in self._answered else list(self._answered.values())
        parents = sum(asked for asked, _ in answered)
        return sum(children for _, children in answered) / parents if parents else _PRESUMED_CHILDREN

    def _expected(self, query: ChildrenQuery) -> float:
        return len(query.parents) * self._children(query.type_ids)

    def _pages_left(self, in_flight: InFlight) -> float:
        """What is still to come for the parents known, and one level below what is under way."""
        waiting = sum(len(keys) * self._children(kind) for kind, keys in self._waiting.items())
        under_way = sum(
            self._issues_left(query, issues)
            for query, issues in in_flight.items()
            if isinstance(query, ChildrenQuery)
        )
        return (waiting + under_way) / PAGE_SIZE

    def _issues_left(self, query: ChildrenQuery, issues: int) -> float:
        below = [self._children(self._child_types(type_id)) for type_id in query.type_ids]
        return max(0, self._expected(query) - issues) * (1 + sum(below) / len(below))

"""What a Jira walk asks: the root query, batches of parents level by level, the label query; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

FULL_BATCH = 100
# Until it is known how many children the parents of a kind have: it may be hundreds, and the pages of one
# query come one after the other.
CAREFUL_BATCH = 45
SMALL_BATCH = 10
# So many pages are worth a query, whose last page is half empty. Found, as the size of a careful batch, by
# trying on made-up sites of several shapes (tests/harvest/test_schedule.py): with less the requests grow past
# what DESIGN section 10 allows, with more the workers run dry.
_WORTH_PAGES = 4
_PAGE = 100


@dataclass(frozen=True)
class RootQuery:
    """The roots of the walk."""


@dataclass(frozen=True)
class ChildrenQuery:
    """The children of these parents that are of these configured types."""

    parents: tuple[str, ...]
    type_ids: tuple[int, ...]


@dataclass(frozen=True)
class LabelQuery:
    """Labelled issues of these accounts, any project and type; the walk does not go on from them."""

    account_ids: tuple[str, ...]


Query = RootQuery | ChildrenQuery | LabelQuery


def halves(query: Query) -> list[Query]:
    """The query as two smaller ones, to close in on the item that is refused; empty if it is single."""
    match query:
        case ChildrenQuery(parents, type_ids) if len(parents) > 1:
            return [ChildrenQuery(part, type_ids) for part in _halved(parents)]
        case LabelQuery(account_ids) if len(account_ids) > 1:
            return [LabelQuery(part) for part in _halved(account_ids)]
    return []


def _halved(items: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    middle = len(items) // 2
    return items[:middle], items[middle:]


def batches(items: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """`items` in runs of `size`; the last may be shorter."""
    return [tuple(items[start : start + size]) for start in range(0, len(items), size)]


class Frontier:
    """The parents that wait for their children query, by the set of their child types.

    Each key is taken up once in a run, so cycles end.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._waiting: dict[tuple[int, ...], list[str]] = defaultdict(list)
        self._expanded: set[str] = set()
        self._answered: dict[tuple[int, ...], tuple[int, int]] = {}  # parents asked for, children that came

    def add(self, keys: Iterable[str], child_types: tuple[int, ...]) -> None:
        """Keys the walk has reached, all with these child types; those known already are passed over."""
        for key in keys:
            if child_types and key not in self._expanded:
                self._expanded.add(key)
                self._waiting[child_types].append(key)

    def learn(self, query: ChildrenQuery, children: int) -> None:
        """A query has been answered: how many children parents of its kind have decides the next batches."""
        parents, before = self._answered.get(query.type_ids, (0, 0))
        self._answered[query.type_ids] = parents + len(query.parents), before + children

    def take(self, coming: set[tuple[int, ...]]) -> ChildrenQuery | None:
        """The next batch for a free worker, or None if it is better to wait.

        `coming`: the kinds of parents that queries in flight can still bring. They are waited for until there
        are enough to be worth a query.
        """
        waiting = sum(map(len, self._waiting.values()))
        for child_types, keys in self._waiting.items():
            smallest, largest = self._bounds(child_types)
            if keys and (len(keys) >= smallest or child_types not in coming):
                size = fair_batch(waiting, self._workers, smallest, largest)
                self._waiting[child_types] = keys[size:]
                return ChildrenQuery(tuple(keys[:size]), child_types)
        return None

    def _bounds(self, child_types: tuple[int, ...]) -> tuple[int, int]:
        if child_types not in self._answered:
            return CAREFUL_BATCH, CAREFUL_BATCH
        return smallest_batch(*self._answered[child_types]), FULL_BATCH


def smallest_batch(parents: int, children: int) -> int:
    """So many parents are worth a query, where so many parents had so many children."""
    return max(SMALL_BATCH, min(FULL_BATCH, ceil(_WORTH_PAGES * _PAGE * parents / max(children, 1))))


def fair_batch(waiting: int, workers: int, smallest: int, largest: int) -> int:
    """How many parents a query takes while `waiting` are left: fewer towards the end.

    Twice a worker's fair share, so that many go in full batches and the last ones, small, end together.
    """
    return max(smallest, min(largest, ceil(2 * waiting / workers)))

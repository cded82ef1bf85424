"""What a Jira walk asks: the root query, batches of parents level by level, the label query; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

FULL_BATCH = 100
SMALL_BATCH = 10


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

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, ...], list[str]] = defaultdict(list)
        self._expanded: set[str] = set()

    def add(self, keys: Iterable[str], child_types: tuple[int, ...]) -> None:
        """Keys the walk has reached, all with these child types; those known already are passed over."""
        for key in keys:
            if child_types and key not in self._expanded:
                self._expanded.add(key)
                self._waiting[child_types].append(key)

    def take(self, idle: int, coming: set[tuple[int, ...]]) -> ChildrenQuery | None:
        """The next batch for one of `idle` free workers, or None.

        A full batch goes at once. A smaller one goes only when no query in flight can bring more parents
        of its kind (`coming`), cut so that all free workers have one, but not below 10 parents.
        """
        for child_types, keys in self._waiting.items():
            if len(keys) >= FULL_BATCH or (keys and child_types not in coming):
                size = batch_size(len(keys), idle)
                self._waiting[child_types] = keys[size:]
                return ChildrenQuery(tuple(keys[:size]), child_types)
        return None


def batch_size(waiting: int, idle: int) -> int:
    """How many of `waiting` parents one of `idle` workers takes: a fair share between 10 and 100."""
    if waiting >= FULL_BATCH:
        return FULL_BATCH
    return max(SMALL_BATCH, min(FULL_BATCH, ceil(waiting / max(1, idle))))

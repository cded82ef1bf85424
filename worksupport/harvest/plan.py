"""What a Jira walk asks: the root query, batches of parents level by level, the label query; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

FULL_BATCH = 100


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

"""Which parents a children query takes, and when it is better to wait for more of them."""

import pytest

from worksupport.harvest.plan import (
    ChildrenQuery,
    Frontier,
    LabelQuery,
    Query,
    RootQuery,
    batch_size,
    halves,
    smallest_batch,
)

_KIND = (1, 2)


def _waiting(parents: int, workers: int = 8) -> Frontier:
    frontier = Frontier(workers)
    frontier.add([f"P-{number}" for number in range(parents)], _KIND)
    return frontier


def _sizes(frontier: Frontier, idle: int, coming: set[tuple[int, ...]]) -> list[int]:
    """The batches that so many free workers get, one after the other."""
    queries = [frontier.take(worker, coming) for worker in range(idle, 0, -1)]
    return [len(query.parents) for query in queries if query]


@pytest.mark.parametrize(
    ("parents", "idle", "is_coming", "sizes"),
    [
        (3, 8, False, [3]),
        (100, 8, False, [25, 25, 25, 25]),
        (1_000, 8, False, [*[100] * 7, 75]),
        (500, 4, False, [100, 100, 75, 57]),
        (24, 8, True, []),  # not worth a query while more can come
        (60, 8, True, [25, 25]),
        (60, 3, True, []),  # most workers are busy: wait for a full batch
        (260, 3, True, [100, 100]),
    ],
)
def test_batches(parents: int, idle: int, is_coming: bool, sizes: list[int]) -> None:
    assert _sizes(_waiting(parents), idle, {_KIND} if is_coming else set()) == sizes


def test_a_key_is_taken_up_once_so_cycles_end() -> None:
    frontier = _waiting(3)
    assert frontier.take(1, set()) == ChildrenQuery(("P-0", "P-1", "P-2"), _KIND)
    frontier.add(["P-1", "P-3", "P-3"], _KIND)
    assert frontier.take(1, set()) == ChildrenQuery(("P-3",), _KIND)
    frontier.add(["P-4"], ())
    assert frontier.take(1, set()) is None


def test_many_children_make_the_next_batches_smaller() -> None:
    frontier = _waiting(100)
    frontier.learn(ChildrenQuery(("X-1", "X-2"), _KIND), 50)
    assert _sizes(frontier, 8, set()) == [25, 19, 14, 11, 10, 10, 10, 1]


@pytest.mark.parametrize(
    ("parents", "children", "size"), [(0, 0, 25), (10, 50, 50), (10, 0, 100), (1, 900, 10)]
)
def test_a_batch_worth_a_query_holds_between_10_and_100_parents(
    parents: int, children: int, size: int
) -> None:
    assert smallest_batch(parents, children) == size


def test_batches_are_full_until_the_end_is_near() -> None:
    assert [batch_size(waiting, 8, 25) for waiting in (5_000, 400, 399, 200, 20)] == [100, 100, 100, 50, 25]


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        (
            ChildrenQuery(("A", "B", "C"), (1,)),
            [ChildrenQuery(("A",), (1,)), ChildrenQuery(("B", "C"), (1,))],
        ),
        (ChildrenQuery(("A",), (1, 2)), []),
        (LabelQuery(("a", "b")), [LabelQuery(("a",)), LabelQuery(("b",))]),
        (LabelQuery(("a",)), []),
        (RootQuery(), []),
    ],
)
def test_a_refused_query_is_asked_in_halves(query: Query, parts: list[Query]) -> None:
    assert halves(query) == parts

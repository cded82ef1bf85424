"""Which parents a children query takes, and when it is better to wait for more of them."""

import pytest

from worksupport.harvest.plan import (
    ChildrenQuery,
    Frontier,
    LabelQuery,
    Query,
    RootQuery,
    batch_bounds,
    fair_batch,
    halves,
)

_KIND = (1, 2)


def _waiting(parents: int, *, children: int = 0) -> Frontier:
    """So many parents for eight workers; `children` each had those seen so far, 0: none has been seen."""
    frontier = Frontier(8)
    frontier.add([f"P-{number}" for number in range(parents)], _KIND)
    if children:
        frontier.learn(ChildrenQuery(("X-1", "X-2"), _KIND), 2 * children)
    return frontier


def _sizes(frontier: Frontier, idle: int, coming: set[tuple[int, ...]]) -> list[int]:
    """The batches that so many free workers get, one after the other."""
    queries = [frontier.take(worker, coming) for worker in range(idle, 0, -1)]
    return [len(query.parents) for query in queries if query]


@pytest.mark.parametrize(
    ("parents", "idle", "is_coming", "sizes"),
    [
        (3, 8, False, [3]),
        (100, 8, False, [50, 50]),
        (1_000, 8, False, [*[100] * 7, 75]),
        (500, 4, False, [100, 100, 75, 57]),
        (49, 8, True, []),  # not worth a query while more can come
        (110, 8, True, [50, 50]),
        (90, 3, True, []),  # most workers are busy: wait for a full batch
        (260, 3, True, [100, 100]),
    ],
)
def test_batches(parents: int, idle: int, is_coming: bool, sizes: list[int]) -> None:
    coming = {_KIND} if is_coming else set()
    assert _sizes(_waiting(parents, children=10), idle, coming) == sizes


@pytest.mark.parametrize("idle", [8, 3])
def test_until_children_were_seen_no_batch_is_large(idle: int) -> None:
    """They may have hundreds each, and the pages of one query come one after the other."""
    assert _sizes(_waiting(1_000), idle, {_KIND}) == [50] * idle


def test_a_key_is_taken_up_once_so_cycles_end() -> None:
    frontier = _waiting(3)
    assert frontier.take(1, set()) == ChildrenQuery(("P-0", "P-1", "P-2"), _KIND)
    frontier.add(["P-1", "P-3", "P-3"], _KIND)
    assert frontier.take(1, set()) == ChildrenQuery(("P-3",), _KIND)
    frontier.add(["P-4"], ())
    assert frontier.take(1, set()) is None


def test_many_children_make_the_next_batches_smaller() -> None:
    assert _sizes(_waiting(100, children=40), 8, set()) == [25, 19, 14, 13, 13, 13, 3]
    assert _sizes(_waiting(1_000, children=40), 8, set()) == [50] * 8


@pytest.mark.parametrize(
    ("parents", "children", "bounds"),
    [
        (0, 0, (50, 50)),
        (10, 50, (100, 100)),
        (10, 80, (63, 100)),
        (10, 400, (13, 50)),
        (10, 0, (100, 100)),
        (1, 900, (10, 10)),
    ],
)
def test_a_batch_is_worth_a_query_and_not_too_long(
    parents: int, children: int, bounds: tuple[int, int]
) -> None:
    assert batch_bounds(parents, children) == bounds


def test_batches_are_large_until_the_end_is_near() -> None:
    sizes = [fair_batch(waiting, 8, 25, 90) for waiting in (5_000, 360, 359, 200, 20)]
    assert sizes == [90, 90, 90, 50, 25]


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

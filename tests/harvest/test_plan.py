"""Which parents a children query takes, and when it is better to wait for more of them."""

import pytest

from worksupport.harvest.plan import (
    ChildrenQuery,
    Frontier,
    LabelQuery,
    Query,
    RootQuery,
    fair_batch,
    halves,
    smallest_batch,
)

_KIND = (1, 2)


def _waiting(parents: int, *, children: int = 0) -> Frontier:
    """So many parents for eight workers; `children` each had those seen so far, 0: none has been seen."""
    frontier = Frontier(8)
    frontier.add([f"P-{number}" for number in range(parents)], _KIND)
    if children:
        frontier.learn(ChildrenQuery(("X-1", "X-2"), _KIND), 2 * children)
    return frontier


def _sizes(frontier: Frontier, *, is_coming: bool = False) -> list[int]:
    """The batches that eight free workers get, one after the other."""
    queries = [frontier.take({_KIND} if is_coming else set()) for _ in range(8)]
    return [len(query.parents) for query in queries if query]


@pytest.mark.parametrize(
    ("parents", "is_coming", "sizes"),
    [
        (3, False, [3]),
        (100, False, [40, 40, 20]),
        (1_000, False, [*[100] * 7, 75]),
        (39, True, []),  # not worth a query while more can come
        (90, True, [40, 40]),
    ],
)
def test_batches(parents: int, is_coming: bool, sizes: list[int]) -> None:
    assert _sizes(_waiting(parents, children=10), is_coming=is_coming) == sizes


def test_until_children_were_seen_no_batch_is_large() -> None:
    """They may have hundreds each, and the pages of one query come one after the other."""
    assert _sizes(_waiting(1_000)) == [45] * 8
    assert _sizes(_waiting(44), is_coming=True) == []


def test_a_key_is_taken_up_once_so_cycles_end() -> None:
    frontier = _waiting(3)
    assert frontier.take(set()) == ChildrenQuery(("P-0", "P-1", "P-2"), _KIND)
    frontier.add(["P-1", "P-3", "P-3"], _KIND)
    assert frontier.take(set()) == ChildrenQuery(("P-3",), _KIND)
    frontier.add(["P-4"], ())
    assert frontier.take(set()) is None


def test_many_children_make_the_next_batches_smaller() -> None:
    assert _sizes(_waiting(100, children=40)) == [25, 19, 14, 11, 10, 10, 10, 1]


@pytest.mark.parametrize(
    ("parents", "children", "size"),
    [(10, 40, 100), (10, 80, 50), (10, 300, 14), (10, 0, 100), (1, 900, 10)],
)
def test_a_batch_worth_a_query_holds_between_10_and_100_parents(
    parents: int, children: int, size: int
) -> None:
    assert smallest_batch(parents, children) == size


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

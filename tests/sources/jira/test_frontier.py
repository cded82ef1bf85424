"""Which parents a children query takes, and when it is better to wait for more of them."""

from typing import Any

import pytest

from worksupport.sources.jira.plan import (
    CAREFUL_BATCH,
    FULL_BATCH,
    SMALL_BATCH,
    ChildrenQuery,
    Frontier,
    LabelQuery,
    RootQuery,
)

ROOT, FEATURE, ADOPTION, STORY, TASK = range(1, 6)
_CHILDREN = {ROOT: (FEATURE, ADOPTION), FEATURE: (STORY, TASK), ADOPTION: (STORY,)}


def _waiting(*, workers: int = 8, **parents: int) -> Frontier:
    """A frontier with this many `features` and `adoptions`."""
    frontier = Frontier(workers, lambda type_id: _CHILDREN.get(type_id or 0, ()))
    for name, type_id in (("features", FEATURE), ("adoptions", ADOPTION)):
        for number in range(parents.get(name, 0)):
            frontier.add(f"{name}-{number}", type_id)
    return frontier


def _learn(frontier: Frontier, type_id: int, children: int) -> None:
    """Two parents of this type have been asked for; each had this many children."""
    frontier.learn(ChildrenQuery(("X-1", "X-2"), _CHILDREN[type_id]), 2 * children)


def _sizes(frontier: Frontier, in_flight: dict[Any, int] | None = None) -> list[int]:
    """The batches that free workers get, one after the other, while nothing is answered."""
    under_way, sizes = dict(in_flight or {}), []
    while query := frontier.take(under_way):
        under_way[query] = 0
        sizes.append(len(query.parents))
    return sizes


@pytest.mark.parametrize(
    ("features", "children", "fewest", "most"),
    [
        (3, 10, 1, 1),
        (100, 10, 3, 5),  # 10 pages for 8 workers, but less than 2.75 are not worth a query
        (400, 10, 8, 8),  # 40 pages: five for each
        (3_000, 10, 30, 32),
        # It is pages that count: many children make a batch small, few or none make it full.
        (100, 40, 8, 10),
        (250, 1, 3, 3),
        (250, 0, 3, 3),
        (28, 400, 2, 3),
        (26, 400, 2, 3),
        (6, 400, 1, 1),
    ],
)
def test_each_worker_takes_its_share_of_what_is_left(
    features: int, children: int, fewest: int, most: int
) -> None:
    frontier = _waiting(features=features)
    _learn(frontier, FEATURE, children)
    sizes = _sizes(frontier)
    assert sum(sizes) == features
    assert fewest <= len(sizes) <= most
    assert max(sizes) <= FULL_BATCH
    # None is too small to be worth a query, but the last, which may be all there is.
    assert min(sizes[:-1], default=SMALL_BATCH) >= SMALL_BATCH
    assert sizes[-1] > SMALL_BATCH / 2 or len(sizes) == 1


def test_until_children_were_seen_no_batch_is_large() -> None:
    """They may have hundreds each, and the pages of one query come one after the other."""
    assert set(_sizes(_waiting(features=1_000))[:-1]) == {CAREFUL_BATCH}


def test_the_longest_batch_goes_first() -> None:
    frontier = _waiting(features=40, adoptions=40)
    _learn(frontier, FEATURE, 2)
    _learn(frontier, ADOPTION, 8)
    kinds = [query and query.type_ids for query in (frontier.take({}), frontier.take({}))]
    assert kinds == [_CHILDREN[ADOPTION], _CHILDREN[FEATURE]]


@pytest.mark.parametrize(
    ("in_flight", "sizes"),
    [
        ({RootQuery(): 0}, []),
        ({ChildrenQuery(("V-1",), (FEATURE, ADOPTION)): 0}, []),
        ({ChildrenQuery(("V-1",), (FEATURE, ADOPTION)): 0, LabelQuery(("x",)): 0}, []),
        ({ChildrenQuery(("F-1",), (STORY, TASK)): 0, LabelQuery(("x",)): 0}, [20]),
    ],
)
def test_what_is_not_worth_a_query_waits_while_more_can_come(
    in_flight: dict[Any, int], sizes: list[int]
) -> None:
    frontier = _waiting(features=20)
    _learn(frontier, FEATURE, 10)
    assert _sizes(frontier, in_flight) == sizes


@pytest.mark.parametrize(
    ("asked", "type_id", "issues", "grows"),
    [
        (100, FEATURE, 0, True),  # 10 pages more
        (100, FEATURE, 990, False),  # nearly all of them have come
        (30, FEATURE, 900, False),  # they had more children than expected
        (30, ROOT, 0, True),  # 3 pages, and 30 below what they bring
    ],
)
def test_what_queries_under_way_will_bring_makes_batches_larger(
    asked: int, type_id: int, issues: int, grows: bool
) -> None:
    """The workers are busy with it for long, so there is no need to end early."""

    def first_batch(in_flight: dict[Any, int]) -> int:
        frontier = _waiting(features=300)
        _learn(frontier, FEATURE, 10)
        _learn(frontier, ROOT, 10)
        return _sizes(frontier, in_flight)[0]

    query = ChildrenQuery(tuple(map(str, range(asked))), _CHILDREN[type_id])
    alone, with_others = first_batch({}), first_batch({query: issues})
    assert SMALL_BATCH <= alone <= with_others <= FULL_BATCH
    assert (with_others > alone) == grows


def test_a_key_is_taken_up_once_so_cycles_end() -> None:
    frontier = _waiting(features=3)
    assert _sizes(frontier) == [3]
    for key, type_id in (("features-1", FEATURE), ("F-9", FEATURE), ("F-9", FEATURE), ("S-1", STORY)):
        frontier.add(key, type_id)
    assert frontier.take({}) == ChildrenQuery(("F-9",), (STORY, TASK))
    assert frontier.take({}) is None

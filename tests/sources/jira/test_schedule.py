"""How many requests a walk sends, and how long it takes where each takes one tick: no thread, no clock."""

from collections.abc import Iterator
from statistics import mean
from typing import Any

import pytest

from tests.benchmarks.site import TYPE_IDS, Issue, Least, Shape, Site, least, make_site
from tests.sources.jira.timed_workers import TimedWorkers, pages
from worksupport.errors import QueryRefusedError
from worksupport.model.hierarchy import DEFAULT_TYPES, Hierarchy
from worksupport.sources.jira.plan import (
    ChildrenQuery,
    LabelQuery,
    Query,
    RootQuery,
)
from worksupport.sources.jira.walk import Walk

_TYPES = {issue_type.name: issue_type.id for issue_type in DEFAULT_TYPES}
_NAMES = {type_id: name for name, type_id in _TYPES.items()}
# Who we are, what the site is and its types are asked at once; the least possible counts two rounds for that.
_ROUNDS_BEFORE = 1


def _found(site: Site, query: Query) -> list[Issue]:
    match query:
        case RootQuery():
            return site.roots
        case LabelQuery():
            return [issue for issues in site.labelled.values() for issue in issues]
        case ChildrenQuery(parents, type_ids):
            types = frozenset(_NAMES[type_id] for type_id in type_ids)
            return [issue for parent in parents for issue in site.below(parent, types)]


def _walk(
    site: Site, workers: int = 8, seed: int = 0, refused_type: str = ""
) -> tuple[TimedWorkers, set[str]]:
    """Walk the site; returns the workers, which have counted, and the keys that came."""
    timed, keys = TimedWorkers(workers, seed), set[str]()

    def ask(query: Query) -> Iterator[list[Any]]:
        if isinstance(query, ChildrenQuery) and refused_type in map(_NAMES.get, query.type_ids):
            raise QueryRefusedError("no")
        found = _found(site, query)
        for page in pages(found, 100):
            keys.update(issue.key for issue in page)
            yield [{"issue_key": i.key, "issue_type_id": _TYPES.get(i.type_name, -1)} for i in page]

    known = {_TYPES[name]: (name,) for name in TYPE_IDS if name in _TYPES}
    Walk(Hierarchy(DEFAULT_TYPES), known, timed, ask).run([RootQuery(), LabelQuery(("x",))])  # type: ignore[arg-type]
    return timed, keys


def _all_keys(site: Site) -> set[str]:
    level = [*site.roots, *(issue for issues in site.labelled.values() for issue in issues)]
    keys = {issue.key for issue in level}
    while level := [c for issue in level for c in site.children.get(issue.key, ()) if c.type_name != "Bug"]:
        keys |= {issue.key for issue in level}
    return keys


@pytest.fixture(scope="module")
def site() -> Site:
    return make_site(20_000)


@pytest.fixture(scope="module")
def needed(site: Site) -> Least:
    return least(site)


_SHAPES = {
    "usual": Shape(),
    "many labelled": Shape(200, features=(6, 15), stories=(4, 13), adoptions=(0, 6), issues_per_labelled=13),
    "few with many children": Shape(
        300, features=(3, 8), stories=(20, 60), adoptions=(1, 4), adoption_stories=(5, 20)
    ),
    "very different": Shape(
        400, features=(1, 30), stories=(0, 40), adoptions=(0, 20), adoption_stories=(0, 30)
    ),
    "flat": Shape(40, features=(10, 40), stories=(0, 2), adoptions=(0, 3), adoption_stories=(0, 2)),
    "many with few children": Shape(
        12, features=(1, 4), stories=(0, 4), adoptions=(0, 2), adoption_stories=(0, 3)
    ),
}


@pytest.mark.parametrize("shape", _SHAPES.values(), ids=_SHAPES.keys())
def test_requests_and_rounds_stay_near_the_least_possible(shape: Shape) -> None:
    """Whatever the tree looks like and in whatever order the answers come.

    At most 5 % more searches than the least are allowed; starting and ending need some of the rounds.
    """
    site = make_site(20_000, shape)
    needed = least(site)
    walks = [_walk(site, seed=seed)[0] for seed in range(6)]
    assert max(walk.requests for walk in walks) + needed.github <= 1.05 * needed.searches
    assert mean(walk.requests for walk in walks) + needed.github <= 1.04 * needed.searches
    assert mean(walk.now for walk in walks) + _ROUNDS_BEFORE <= 1.15 * needed.rounds_jira


def test_a_large_site_is_asked_in_full_batches_until_its_end() -> None:
    site = make_site(50_000)
    needed = least(site)
    timed, _ = _walk(site)
    assert timed.requests + needed.github <= 1.02 * needed.searches
    assert timed.now + _ROUNDS_BEFORE <= 1.05 * needed.rounds_jira


def test_every_order_of_arrival_brings_the_same(site: Site) -> None:
    expected = _all_keys(site)
    assert all(
        _walk(site, workers, seed)[1] == expected for workers, seed in ((1, 0), (8, 1), (8, 2), (3, 3))
    )


def test_one_worker_asks_for_full_batches(site: Site, needed: Least) -> None:
    """With nobody to share with, nothing is gained by smaller ones."""
    assert _walk(site, workers=1)[0].requests <= needed.jira + 3


def test_a_type_that_is_refused_is_soon_named_no_more(site: Site, needed: Least) -> None:
    """Not for the parents either that waited while it was found out; they are not asked for one by one."""
    assert _walk(site, refused_type="Story")[0].requests <= 3 * needed.jira

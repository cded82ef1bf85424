"""A long query by several workers: everything once, in few rounds, whatever changes or fails meanwhile."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from random import Random
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worksupport.errors import IncompleteError, QueryRefusedError, UnreachableError
from worksupport.network.responses import TooLargeError
from worksupport.sources.jira.chains import Chain, by_all_workers
from worksupport.sources.jira.data_center import offset_pages
from worksupport.sources.jira.id_chain import IdChain, issues_by_id
from worksupport.sources.jira.offset_chain import OffsetChain
from worksupport.sources.jira.search import BrokenPagingError, Cloud

WORKERS = 8
Pages = Iterator[list[Any]]


class Site:
    """Issues in the order of a query; `happens` is called before each answer."""

    def __init__(self, issues: int, happens: Callable[["Site"], None] = lambda site: None) -> None:
        self.ids = [str(number) for number in range(1, issues + 1)]
        self.staying, self.gone = set(self.ids), set[str]()
        self.happens = happens
        self.requests = 0
        self.unshared = Event()
        self.broken: dict[str, Exception] = {}  # what the walk, the list of ids, or asking by id ends in

    def answered(self, found: Sequence[str], what: str) -> list[Any]:
        self.requests += 1
        if error := self.broken.get(what):
            raise error
        return [{"id": each} for each in found]

    def by_token(self, size: int, what: str) -> Iterator[dict[str, Any]]:
        """As Cloud pages: what is found was fixed when the first page was asked for."""
        found = list(self.ids)
        for start in range(0, max(1, len(found)), size):
            self.happens(self)
            issues = self.answered(found[start : start + size], what if start else "")
            yield {"issues": issues} | ({"nextPageToken": f"{start}"} if start + size < len(found) else {})

    def by_ids(self, ids: Sequence[str]) -> Pages:
        self.happens(self)
        yield self.answered([each for each in ids if each not in self.gone], "by id")

    def cloud(self, ids_a_page: int = 5000, size: int = 100) -> IdChain:
        documents = self.by_token(size, "walk")

        def ask(*_: Any, **__: Any) -> Any:
            return SimpleNamespace(document=next(documents))

        return IdChain(
            ask,
            lambda ask: Cloud().pages(ask, {}),
            lambda: (each["issues"] for each in self.by_token(ids_a_page, "list")),
            self.by_ids,
            self.unshared,
        )

    def data_center(self, size: int = 100) -> OffsetChain:
        def ask(method: str, path: str, **options: Any) -> Any:
            self.happens(self)
            start = options["json"]["startAt"]
            found = self.answered(self.ids[start : start + size], "walk" if start else "")
            return SimpleNamespace(document={"issues": found, "total": len(self.ids)})

        def walk(noting: Any, start: int) -> Pages:
            return offset_pages(lambda at: noting("POST", "/search", json={"startAt": at}).document, start)

        return OffsetChain(ask, walk)


def brought(chain: Chain, order: Random | None = None, workers: int = WORKERS) -> tuple[list[str], int]:
    """The ids that came, and in how many rounds, where every worker gets one answer a round.

    With `order` one worker at a time gets his answer, whichever it may be.
    """
    ids, walks = list[str](), [chain.pages(), *[iter(())] * (workers - 1)]
    for rounds in count():
        turns = order.sample(range(workers), workers) if order else range(workers)
        answers = (_answer(chain, walks, worker) for worker in turns)
        pages = list(islice((page for page in answers if page is not None), 1 if order else None))
        if not pages:
            return ids, rounds
        ids += [each["id"] for page in pages for each in page]
    raise AssertionError


def _answer(chain: Chain, walks: list[Pages], worker: int) -> list[Any] | None:
    """The next page that this worker gets: of what he is at, else of his next share."""
    page = next(walks[worker], None)
    while page is None and (more := chain.share()):
        walks[worker] = more
        page = next(more, None)
    return page


@pytest.mark.parametrize("pages", [160, 200])
@pytest.mark.parametrize("service", ["cloud", "data_center"])
def test_a_long_query_takes_a_share_of_its_rounds_and_no_more_requests(service: str, pages: int) -> None:
    site, alone = Site(pages * 100), Site(pages * 100)
    ids, rounds = brought(getattr(site, service)())
    assert sorted(ids) == sorted(site.ids)
    assert rounds <= 1.3 * pages / WORKERS
    assert brought(getattr(alone, service)(), workers=1)[1] == alone.requests
    assert site.requests <= 1.05 * alone.requests


@pytest.mark.parametrize("issues", [0, 1, 100, 101, 199, 200])
@pytest.mark.parametrize("service", ["cloud", "data_center"])
def test_a_short_query_is_asked_as_ever(service: str, issues: int) -> None:
    site, alone = Site(issues), Site(issues)
    ids, _ = brought(getattr(site, service)())
    assert ids == site.ids == brought(getattr(alone, service)(), workers=1)[0]
    assert site.requests == alone.requests


def test_a_site_that_shows_no_thousands_of_ids_is_walked_through() -> None:
    site = Site(3_000)
    ids, _ = brought(site.cloud(ids_a_page=100))
    assert sorted(ids) == sorted(site.ids)
    assert site.requests <= 30 + 3


def test_a_site_that_refuses_to_share_one_query_is_not_asked_to_share_the_next() -> None:
    for what, ids_a_page in [("list", 5000), ("by id", 5000), ("nothing", 100)]:
        site = Site(12_000)
        site.broken[what] = QueryRefusedError("x")
        brought(site.cloud(ids_a_page))
        assert 120 < site.requests <= 120 + 1 + WORKERS
        site.requests = 0
        assert len(brought(site.cloud(ids_a_page))[0]) == 12_000
        assert site.requests == 120


def test_trouble_with_one_issue_costs_its_query_only() -> None:
    site = Site(2_000)
    site.broken["by id"] = IncompleteError("x")
    brought(site.cloud())
    assert not site.unshared.is_set()


def test_what_the_walk_is_about_to_bring_is_not_asked_for_by_id() -> None:
    """A query of four or five pages costs the list of ids and nothing else."""
    for issues in (300, 301, 400, 500):
        site, alone = Site(issues), Site(issues)
        assert sorted(brought(site.cloud())[0]) == sorted(site.ids)
        brought(alone.cloud(), workers=1)
        assert site.requests <= alone.requests + 1


def test_records_without_an_id_are_all_passed_on() -> None:
    """They are left out by name later on."""
    odd = [{"key": "A-1"}, {"key": "A-2"}, {"id": None}, None]
    walk: Pages = iter([odd, [{"id": "7"}], [{"id": 7}]])
    chain = IdChain(print, lambda ask: walk, lambda: iter(()), lambda ids: iter(()), Event())  # type: ignore[arg-type]
    assert list(chain.pages()) == [odd, [{"id": "7"}], []]


def test_pages_that_bring_nothing_new_are_not_passed_on() -> None:
    """Who counts pages, to find that too much has changed, counts issues with it."""
    assert all(page for _, page in by_all_workers([Site(3_000).cloud(size=20)], WORKERS))


@pytest.mark.parametrize("what", ["list", "by id"])
@pytest.mark.parametrize(
    "error", [BrokenPagingError("x"), QueryRefusedError("x"), UnreachableError("x"), TooLargeError("x")]
)
def test_where_sharing_fails_the_walk_brings_all(what: str, error: Exception) -> None:
    """Of Cloud: nothing depends on what the others bring."""
    if what == "by id" and isinstance(error, BrokenPagingError):
        return
    site = Site(12_000)
    site.broken[what] = error
    ids, _ = brought(site.cloud())
    assert len(ids) == len(set(ids)) == 12_000


def test_an_answer_by_id_without_any_issue_is_not_believed() -> None:
    """So Jira answers whoever is nobody to it."""
    site = Site(2_000)
    site.gone.update(site.ids)
    ids, _ = brought(site.cloud())
    assert sorted(ids) == sorted(site.ids)


@pytest.mark.parametrize("service", ["cloud", "data_center"])
def test_where_the_walk_fails_the_query_fails(service: str) -> None:
    site = Site(12_000)
    site.broken["walk"] = IncompleteError("no")
    with pytest.raises(IncompleteError):
        list(by_all_workers([getattr(site, service)()], WORKERS))


@pytest.mark.parametrize("service", ["cloud", "data_center"])
def test_threads_bring_each_issue_of_each_query_once(service: str) -> None:
    """Also of more queries than there are threads."""
    sites = [Site(issues) for issues in (5_000, 0, 3, 2_000, *[21] * WORKERS)]
    chains: list[Chain] = [getattr(site, service)(size=20) for site in sites]
    came: dict[Chain, list[str]] = {chain: [] for chain in chains}
    for chain, page in by_all_workers(chains, WORKERS):
        came[chain] += [each["id"] for each in page]
    assert [sorted(came[chain]) for chain in chains] == [sorted(site.ids) for site in sites]


def test_who_wants_no_more_pages_stops_the_others() -> None:
    site = Site(50_000)
    pages = by_all_workers([site.cloud()], WORKERS)
    assert next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert site.requests < 400


def test_a_walk_by_offsets_does_not_end_at_an_issue_that_has_moved_up_to_it() -> None:
    site = Site(1_000)
    chain = site.data_center(10)
    walk = chain.pages()
    pages = [next(walk)]
    later = chain.share()
    assert later
    pages += later
    moving = pages[-1][-1]
    front = 495  # of the page that reaches as far as the others began
    site.ids.remove(moving["id"])
    site.ids[front + 2 : front + 2] = [moving["id"], *(f"new-{number}" for number in range(20))]
    pages += walk
    assert {each["id"] for page in pages for each in page} >= site.staying


def _living(random: Random) -> Callable[[Site], None]:
    """Now and then an issue appears, anywhere, leaves the query, or moves to its front."""

    def happens(site: Site) -> None:
        if not site.ids or random.random() > 0.4:
            return
        place, kind = random.randrange(len(site.ids)), random.choice("+-^")
        if kind == "+":
            site.ids.insert(place, f"new-{site.requests}-{place}")
            return
        site.staying.discard(gone := site.ids.pop(place))
        if kind == "^":
            site.ids.insert(0, gone)
        else:
            site.gone.add(gone)

    return happens


@given(st.integers(0, 400), st.integers(2, 9), st.integers(2, 60), st.integers(0, 10**6))
def test_what_stays_is_brought_once_whatever_comes_goes_or_moves(
    issues: int, size: int, ids_a_page: int, seed: int
) -> None:
    random = Random(seed)
    for is_cloud in (True, False):
        site = Site(issues, _living(random))
        chain = site.cloud(ids_a_page, size) if is_cloud else site.data_center(size)
        try:
            ids, _ = brought(chain, random)
        except BrokenPagingError:
            continue  # walked through again, or failed; never short
        assert set(ids) >= site.staying
        assert len(ids) == len(set(ids))


@given(
    st.integers(1, 100),
    st.sets(st.integers(1, 100)),
    st.sets(st.integers(1, 100)),
    st.integers(1, 100),
    st.integers(1, 100),
)
def test_issues_asked_for_by_id_come_or_are_gone(
    asked: int, gone: set[int], troubled: set[int], fit: int, shown: int
) -> None:
    """What Jira has trouble with (once), what is too large together, or what it does not show is asked for
    again; what nobody asked for is not taken.
    """
    left = {str(each) for each in troubled - gone}

    def ask(method: str, path: str, *, json: Any, check: Any) -> Any:
        ids = json["issueIdsOrKeys"]
        if len(ids) > fit:
            raise TooLargeError("x")
        found = [{"id": each} for each in ids if int(each) not in gone and each not in left]
        errors = [{"id": each, "errorMessage": "x"} for each in ids if each in left]
        left.difference_update(ids)
        found = found if errors else found[:shown]
        return SimpleNamespace(document={"issues": [{"id": 101}, *found], "issueErrors": errors})

    ids = [str(number) for number in range(1, asked + 1)]
    try:
        found = [each["id"] for page in issues_by_id(ask, "", ids, ()) for each in page]  # type: ignore[arg-type]
    except IncompleteError:
        assert left or troubled
        return
    assert sorted(found) == sorted(each for each in ids if int(each) not in gone)

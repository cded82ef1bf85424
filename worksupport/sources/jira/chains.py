"""A long query, brought by several workers at once; every issue comes once (README.md, "Long queries").

Pages come one after the other. On Cloud others ask for the ids of all that is found, thousands at once, and
bring the issues by id from the end, until they meet the walk from the front. On Data Center they walk from
offsets.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from worksupport.errors import IncompleteError, WorksupportError
from worksupport.network.responses import Response, TooLargeError
from worksupport.sources.jira.search import PAGE_SIZE, Ask, BrokenPagingError, Page, sent_id
from worksupport.sources.jira.workers import Done, Workers

logger = logging.getLogger(__name__)

# Fewer pages are not worth the requests that sharing costs: so many have come (Cloud), so many are left.
_LONG, _WORTH_A_CUT = 3, 6


class Chain:
    """One query: its own walk, and what else workers that are free can do for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bringers: dict[object, object] = {}  # by the id of what has come
        self._is_over = False

    def pages(self) -> Iterator[Page]:
        """The walk from the front, without what others have brought; to its end, or to where they were."""
        raise NotImplementedError

    def share(self) -> Iterator[Page] | None:
        """Pages for one more worker to bring; None if there is nothing to share at this moment."""
        raise NotImplementedError

    def stop(self) -> None:
        """Nobody wants the rest."""
        self._is_over = True

    def _new(self, page: Page, bringer: object = None) -> Page:
        """What has not come yet. What has no id is kept."""
        with self._lock:
            new = [each for each in page if (sent := sent_id(each)) is None or sent not in self._bringers]
            self._bringers |= dict.fromkeys(map(sent_id, new), bringer)
        return new


# The issues with these ids, as many pages as that takes.
ByIds = Callable[[Sequence[str]], Iterator[Page]]


class IdChain(Chain):
    """A query of Cloud. The walk does not rely on the others: where one fails, it goes on to its end."""

    def __init__(self, walk: Iterator[Page], list_ids: Callable[[], Iterator[Page]], by_ids: ByIds) -> None:
        super().__init__()
        self._walk, self._list_ids, self._by_ids = walk, list_ids, by_ids
        self._pages = self._size = self._last = 0  # and how many issues the longest and the last had
        self._left: list[str] | None = None  # ids for others to take; None until somebody asks for them
        self._taken = 0  # batches that have not come yet
        self._is_listed = self._is_broken = False

    def pages(self) -> Iterator[Page]:
        """As `Chain` says."""
        for page in self._walk:
            self._last = len(page)
            self._pages, self._size = self._pages + 1, max(self._size, self._last)
            yield self._new(page)
            if self._is_over or self._is_brought():
                break
        self.stop()

    def _is_brought(self) -> bool:
        with self._lock:
            is_all = self._is_listed and not self._taken and not self._is_broken
            return is_all and all(each in self._bringers for each in self._left or ())

    def share(self) -> Iterator[Page] | None:
        """As `Chain` says: first the list of ids, then as many as a page has."""
        with self._lock:
            if self._is_over or self._is_broken:
                return None
            if self._left is None:
                if self._pages < _LONG or self._last < self._size:  # a short page is mostly the last one
                    return None
                self._left = []
                return self._listed(self._left)
            ids = self._take(self._left)
            self._taken += bool(ids)
        return self._brought(ids) if ids else None

    def _take(self, left: list[str]) -> list[str]:
        ids: list[str] = []
        while left and len(ids) < PAGE_SIZE:
            if (each := left.pop()) not in self._bringers:
                ids.append(each)
        return ids

    def _listed(self, left: list[str]) -> Iterator[Page]:
        """Empty pages, one whenever there are new ids to take."""
        try:
            for number, page in enumerate(self._list_ids()):
                with self._lock:
                    left.extend(each for each in map(sent_id, page) if isinstance(each, str))
                yield []
                if self._is_over or (number == 0 and len(page) <= self._size):
                    return  # it does not show thousands of ids at once: the walk is as fast
            self._is_listed = True
        except (BrokenPagingError, WorksupportError) as error:
            logger.info(f"Jira: a long query is not shared: {error}")

    def _brought(self, ids: list[str]) -> Iterator[Page]:
        found = 0
        try:
            for page in self._by_ids(ids):
                found += len(page)
                yield self._new(page)
            if not found and len(ids) > 1:
                raise IncompleteError("none of its issues came by id")
        except WorksupportError as error:
            self._is_broken = True
            logger.info(f"Jira: a long query is shared no longer: {error.message}")
        finally:
            with self._lock:
                self._taken -= 1


def issues_by_id(ask: Ask, api: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Page]:
    """Those of at most 100 issues that are there and may be seen (README.md, "Disappearance").

    Raises IncompleteError where Jira had trouble with one, and what the service raises.
    """
    body = {"issueIdsOrKeys": list(ids), "fields": list(fields)}
    left = list(ids)
    try:
        document = ask("POST", f"{api}/issue/bulkfetch", json=body).document
        yield document.get("issues") or []
        errors = document.get("issueErrors") or []
        troubled = {str(each.get("id")) for each in errors if isinstance(each, dict)}
        left = [each for each in ids if each in troubled]
        if errors and (len(ids) == 1 or not left):
            raise IncompleteError(f"Jira had trouble with issues asked for by id, such as {ids[0]}")
    except TooLargeError:
        if len(left) == 1:
            raise
    middle = (len(left) + 1) // 2
    for half in filter(None, (left[:middle], left[middle:])):
        yield from issues_by_id(ask, api, half, fields)


@dataclass
class _Stretch:
    """The issues from an offset on, and how far somebody has walked."""

    start: int
    reached: int


class Walk(Protocol):
    """Walks from an offset, by `ask`."""

    def __call__(self, ask: Ask, start: int, /) -> Iterator[Page]: ...


class OffsetChain(Chain):
    """A query of Data Center: who is free walks from the middle of the longest stretch.

    A walk ends where it meets the next, whose pages overlap one another: nothing is between them.
    """

    def __init__(self, ask: Ask, walk: Walk) -> None:
        super().__init__()
        self._ask, self._walk = ask, walk
        self._stretches = [_Stretch(0, 0)]
        self._total = self._size = 0

    def pages(self) -> Iterator[Page]:
        """As `Chain` says."""
        return self._walked(self._stretches[0])

    def share(self) -> Iterator[Page] | None:
        """As `Chain` says."""
        with self._lock:
            ends = [*(each.start for each in self._stretches[1:]), self._total]
            left = [end - each.reached for each, end in zip(self._stretches, ends, strict=True)]
            longest = left.index(max(left))
            if self._is_over or left[longest] < max(1, self._size) * _WORTH_A_CUT:
                return None
            start = ends[longest] - left[longest] // 2
            self._stretches.insert(longest + 1, stretch := _Stretch(start, start))
        return self._walked(stretch)

    def _walked(self, stretch: _Stretch) -> Iterator[Page]:
        for page in self._walk(partial(self._noting, stretch), stretch.start):
            yield self._new(page, id(stretch))
            if self._is_over or self._meets(page, stretch):
                return

    def _noting(self, stretch: _Stretch, method: str, path: str, /, **options: Any) -> Response:
        response = self._ask(method, path, **options)
        with self._lock:
            length, self._total = len(response.document["issues"]), response.document["total"]
            self._size, stretch.reached = max(self._size, length), options["json"]["startAt"] + length
        return response

    def _meets(self, page: Page, stretch: _Stretch) -> bool:
        """Whether the page reaches into a later stretch; one issue that has moved up does not count."""
        with self._lock:
            later = {id(each) for each in self._stretches if stretch.start < each.start <= stretch.reached}
            return bool(later) and any(self._bringers.get(sent_id(each)) in later for each in page)


def by_all_workers(chain: Chain, count: int) -> Iterator[Page]:
    """The pages of one query, brought by `count` threads of its own. Raises what the first to fail raises."""
    workers, busy = Workers(count, "jira-query"), 0
    try:
        more: Iterator[Page] | None = chain.pages()
        while busy or more:
            while more:
                workers.submit(chain, partial(_report_each, workers, more))
                busy += 1
                more = chain.share() if busy < count else None
            match workers.next_report():
                case Done(_, None):
                    busy -= 1
                case Done(_, Exception() as error):
                    raise error
                case list() as page:
                    yield page
            more = chain.share() if busy < count else None
    finally:
        chain.stop()
        workers.close()


def _report_each(workers: Workers, pages: Iterator[Page]) -> None:
    for page in pages:
        workers.report(page)

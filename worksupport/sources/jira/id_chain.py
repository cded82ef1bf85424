"""A long query of Cloud: beside the walk others list its ids, thousands at once, and bring issues by id.

They begin at the end and meet the walk from the front (README.md, "Long queries").
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from worksupport.errors import IncompleteError, WorksupportError
from worksupport.network.responses import Response, TooLargeError
from worksupport.sources.jira.chains import Chain
from worksupport.sources.jira.search import PAGE_SIZE, Ask, BrokenPagingError, Page, has_issues, sent_id

logger = logging.getLogger(__name__)

# When so many pages have come and more follow, they are worth the request that sharing costs.
_LONG_PAGES = 2

# The issues with these ids, as many pages as that takes.
ByIds = Callable[[Sequence[str]], Iterator[Page]]


class IdChain(Chain):
    """A query of Cloud. The walk does not rely on the others: where one fails, it goes on to its end.

    `unshared`: set as soon as the site has refused to share a query; then it is not asked to share others.
    """

    def __init__(
        self,
        ask: Ask,
        walk: Callable[[Ask], Iterator[Page]],
        list_ids: Callable[[], Iterator[Page]],
        by_ids: ByIds,
        unshared: threading.Event,
    ) -> None:
        super().__init__()
        self._ask, self._list_ids, self._by_ids, self._unshared = ask, list_ids, by_ids, unshared
        self._walk = walk(self._noting)
        self._pages = self._size = 0  # and how many issues the longest had
        self._has_more = False  # after the last that has come
        self._left: deque[str] | None = None  # ids that nobody brings yet; None until somebody asks for them
        self._taken = 0  # batches that have not come yet
        self._is_listed = self._is_broken = False

    def pages(self) -> Iterator[Page]:
        """As `Chain` says."""
        for page in self._walk:
            self._pages, self._size = self._pages + 1, max(self._size, len(page))
            yield self._new(page)
            if self._is_over or self._is_brought():
                break
        self.stop()

    def _noting(self, method: str, path: str, /, **options: Any) -> Response:
        response = self._ask(method, path, **options)
        self._has_more = bool(response.document.get("nextPageToken"))
        return response

    def _is_brought(self) -> bool:
        with self._lock:
            is_all = self._is_listed and not self._taken and not self._is_broken
            return is_all and not self._still_left()

    def _still_left(self) -> deque[str]:
        left = self._left or deque()
        while left and left[0] in self._bringers:
            left.popleft()
        return left

    def share(self) -> Iterator[Page] | None:
        """As `Chain` says: first the list of ids, then as many as a page has."""
        with self._lock:
            if self._is_over or self._is_broken:
                return None
            if self._left is None:
                if self._unshared.is_set() or not self._has_more or self._pages < _LONG_PAGES:
                    return None
                self._left = deque()
                return self._listed(self._left)
            ids = self._take(self._still_left())
            self._taken += bool(ids)
        return self._brought(ids) if ids else None

    def _take(self, left: deque[str]) -> list[str]:
        ids: list[str] = []
        if len(left) <= self._size:
            return ids  # the walk is at the page that has them
        while left and len(ids) < PAGE_SIZE:
            if (each := left.pop()) not in self._bringers:
                ids.append(each)
        return ids

    def _listed(self, left: deque[str]) -> Iterator[Page]:
        """Empty pages, one whenever there are new ids to take."""
        try:
            for number, page in enumerate(self._list_ids()):
                with self._lock:
                    left.extend(each for each in map(sent_id, page) if isinstance(each, str))
                if number == 0 and len(page) <= self._size:
                    raise BrokenPagingError("the site does not show thousands of ids at once")
                yield []
                if self._is_over:
                    return
            self._is_listed = True
        except (BrokenPagingError, WorksupportError) as error:
            self._give_up(error)

    def _brought(self, ids: list[str]) -> Iterator[Page]:
        try:
            for number, page in enumerate(self._by_ids(ids)):
                if number == 0 and 2 * len(page) < len(ids):
                    raise IncompleteError("most issues do not come by id")
                yield self._new(page)
        except WorksupportError as error:
            self._give_up(error)
        finally:
            with self._lock:
                self._taken -= 1

    def _give_up(self, error: Exception) -> None:
        """Leave the rest to the walk; of other queries too, but for trouble with some issues of this one."""
        self._is_broken = True
        if not isinstance(error, IncompleteError):
            self._unshared.set()
        logger.info(f"Jira: a long query is left to one worker: {error}")


def issues_by_id(ask: Ask, api: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Page]:
    """Those of at most 100 issues that are there and may be seen (README.md, "Disappearance").

    Raises IncompleteError where Jira had trouble with one, and what the service raises.
    """
    body = {"issueIdsOrKeys": list(ids), "fields": list(fields)}
    try:
        document = ask("POST", f"{api}/issue/bulkfetch", json=body, check=has_issues).document
    except TooLargeError:
        if len(ids) == 1:
            raise
        left = _halved(ids)
    else:
        page = [each for each in document["issues"] if sent_id(each) in ids]
        yield page
        left = _not_come(ids, page, document.get("issueErrors"))
    for part in left:
        yield from issues_by_id(ask, api, part, fields)


def _not_come(ids: Sequence[str], page: Page, errors: object) -> list[Sequence[str]]:
    """What is asked for again: halves of what Jira had trouble with; else what an answer cut short lacks."""
    if not errors:
        came = set(map(sent_id, page))
        missing = [each for each in ids if each not in came]
        return [missing] if page and missing else []
    named = errors if isinstance(errors, list) else []
    troubled = {str(each.get("id")) for each in named if isinstance(each, dict)}
    left = [each for each in ids if each in troubled]
    if len(ids) == 1 or not left:
        raise IncompleteError(f"Jira had trouble with issues asked for by id, such as {ids[0]}")
    return _halved(left)


def _halved(ids: Sequence[str]) -> list[Sequence[str]]:
    middle = (len(ids) + 1) // 2
    return [part for part in (ids[:middle], ids[middle:]) if part]

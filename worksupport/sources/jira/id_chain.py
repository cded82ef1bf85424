"""A long query of Cloud: beside the walk others list its ids, thousands at once, and bring issues by id.

They begin at the end and meet the walk from the front (README.md, "Long queries").
"""

import logging
from collections.abc import Callable, Iterator, Sequence

from worksupport.errors import IncompleteError, WorksupportError
from worksupport.network.responses import TooLargeError
from worksupport.sources.jira.chains import Chain
from worksupport.sources.jira.search import PAGE_SIZE, Ask, BrokenPagingError, Page, sent_id

logger = logging.getLogger(__name__)

# When so many pages have come, more are worth the requests that sharing costs.
_LONG_PAGES = 3

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
            if self._left is None and not self._is_long():
                return None
            if self._left is None:
                self._left = []
                return self._listed(self._left)
            ids = self._take(self._left)
            self._taken += bool(ids)
        return self._brought(ids) if ids else None

    def _is_long(self) -> bool:
        """Whether more will come: a page shorter than others is mostly the last one."""
        return self._pages >= _LONG_PAGES and self._last == self._size

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

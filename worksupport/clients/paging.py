"""When a Jira query is complete: every page arrived, or IncompleteError; never silently short.

A walk that breaks off is begun again once, so a page can arrive twice; rows are stored by id. Vendor facts:
vendor-apis section 1.2 (tokens) and section 4 (Data Center's offsets).
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from worksupport.clients.answers import Document
from worksupport.errors import IncompleteError

logger = logging.getLogger(__name__)
# A walk without end is cut: by its length, or earlier by pages in a row that bring nothing new.
_MOST_PAGES = 10_000
_MOST_PAGES_WITHOUT_NEWS = 50

Page = list[Any]


class BrokenPagingError(Exception):
    """The pages of one walk do not add up; the message says why."""


def complete_pages(walk: Callable[[], Iterator[Page]]) -> Iterator[Page]:
    """The pages of `walk`, which is begun again once if it breaks off. Raises IncompleteError."""
    try:
        yield from walk()
    except BrokenPagingError as first:
        logger.warning(f"Jira: {first}; asking the query again from its start")
        try:
            yield from walk()
        except BrokenPagingError as second:
            raise IncompleteError(f"Jira did not answer a query completely, twice: {second}") from second


def token_pages(ask: Callable[[str | None], Document]) -> Iterator[Page]:
    """The pages of one walk by token; `ask(token)` gets one, `ask(None)` the first.

    The last page says `isLast: true`, or has no token and does not say `isLast: false`; a short or an empty
    page is not the last one for that. Raises BrokenPagingError.
    """
    seen: set[str] = set()
    token: str | None = None
    news = News()
    while True:
        document = ask(token)
        yield document["issues"]
        news.look_at(document["issues"])
        token = _next_token(document)
        if token is None:
            return
        if token in seen:
            raise BrokenPagingError("a page token came twice")
        seen.add(token)


class News:
    """Tells a walk that goes on from one that never ends."""

    def __init__(self) -> None:
        self._pages = 0
        self._without_news = 0
        self._ends: set[tuple[object, object]] = set()

    def look_at(self, page: Page) -> None:
        """Take note of one more page. Raises BrokenPagingError for one too many."""
        ends = (sent_id(page[0]), sent_id(page[-1])) if page else None
        is_news = ends is not None and ends not in self._ends
        self._pages += 1
        self._without_news = 0 if is_news else self._without_news + 1
        if ends is not None:
            self._ends.add(ends)
        if self._pages >= _MOST_PAGES:
            raise BrokenPagingError(f"no end after {_MOST_PAGES} pages")
        if self._without_news >= _MOST_PAGES_WITHOUT_NEWS:
            raise BrokenPagingError(f"{_MOST_PAGES_WITHOUT_NEWS} pages in a row brought nothing new")


def _next_token(document: Document) -> str | None:
    """The token of the next page; None after the last one."""
    is_last, token = document.get("isLast"), document.get("nextPageToken")
    if is_last is True:
        return None
    if isinstance(token, str) and token:
        return token
    if is_last is False or token:
        raise BrokenPagingError("a page says that more follow but has no token for them")
    return None


def sent_id(record: Any) -> object:
    """The record's id as text, to know it again; None for what is no record."""
    return str(record.get("id")) if isinstance(record, dict) else None

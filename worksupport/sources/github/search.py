"""One GitHub issue search, complete: its text, its pages, its parts by date where it has over 1,000 results.

`total_count` is not exact, so fewer results than that are asked for once more, and then only reported
(README.md, "Search").
"""

import logging
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from worksupport.errors import IncompleteError
from worksupport.network.responses import TooLargeError

logger = logging.getLogger(__name__)

# More than five operators in a query are refused, so six logins are as many as one can name.
LOGINS_PER_QUERY = 6
_PLAIN_LOGIN = re.compile(r"[A-Za-z0-9_.\[\]-]+")
MOST_RESULTS = 1_000
# The later ones where a page is too large, as descriptions can make it.
_PAGE_SIZES = (100, 20, 4, 1)
# Some 100,000 issues: a server that ignores dates would be asked for ever.
_MOST_SPLITS = 300
_SECOND = timedelta(seconds=1)
_EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def quote(value: str) -> str:
    """`value` in double quotes, so that blanks, colons and quotes in a label do no harm."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def issue_query(label: str, logins: Sequence[str], scope: str = "") -> str:
    """The query for labelled issues of these people; more than one needs a server that knows OR.

    `scope`: further qualifiers as configured, such as `org:acme`. A group stands in parentheses: a bare OR
    would leave label and scope behind. Without people: whoever has them.
    """
    people = [f"assignee:{login if _PLAIN_LOGIN.fullmatch(login) else quote(login)}" for login in logins]
    group = f"({' OR '.join(people)})" if len(people) > 1 else "".join(people)
    return " ".join(part for part in ("is:issue", f"label:{quote(label)}", scope.strip(), group) if part)


def updated_since(query: str, moment: datetime) -> str:
    """`query` for issues changed from then on."""
    return f"{query} updated:>={moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def created_between(query: str, first: datetime, last: datetime) -> str:
    """`query` for issues created from `first` to `last`, both included, in whole seconds of UTC.

    One range and not two bounds: since advanced search two qualifiers of one kind mean OR.
    """
    return f"{query} created:{first:%Y-%m-%dT%H:%M:%SZ}..{last:%Y-%m-%dT%H:%M:%SZ}"


class TooManyError(Exception):
    """More results than the caller wants to have."""


@dataclass(frozen=True)
class Page:
    """One page of an answer."""

    items: list[Any]
    total: int
    next_query: str  # of the next page's address; '' after the last


# Asks for the first page of a query, of so many issues; or for the one that an address's query names.
AskFirst = Callable[[str, int], Page]
AskNext = Callable[[str], Page]


@dataclass(frozen=True)
class Span:
    """Times of creation from `first` to `last`, both included, in whole seconds."""

    first: datetime
    last: datetime

    def halves(self, earliest: datetime | None, now: datetime) -> "tuple[Span, Span] | None":
        """Two spans that together are this one; None for a span that cannot be split.

        Split in the middle of where its issues can be, if `earliest` says when the first was created.
        """
        low = max(self.first, earliest or self.first)
        high = min(self.last, max(now, self.first))
        if low >= self.last:
            return None
        middle = _whole(low + (max(high, low) - low) / 2)
        middle = min(max(middle, self.first), self.last - _SECOND)
        return Span(self.first, middle), Span(middle + _SECOND, self.last)


class IssueSearch:
    """Iterate over it for the pages of a query; afterwards it tells whether all that was promised came.

    The same issue can come twice. Raises QueryRefusedError (422), IncompleteError and what the service does;
    TooManyError for more results than `most`.
    """

    def __init__(
        self,
        query: str,
        ask_first: AskFirst,
        ask_next: AskNext,
        now: datetime,
        *,
        most: int | None = None,
    ) -> None:
        self.query = query
        self.total = 0  # results promised
        self.received = 0  # results that came
        self._ask = ask_first
        self._ask_next = ask_next
        self._now = now
        self._most = most
        self._size = _PAGE_SIZES[0]
        self._splits = 0

    @property
    def is_short(self) -> bool:
        """Whether fewer results came than were promised, also when asked again."""
        return self.received < self.total

    def __iter__(self) -> Iterator[list[Any]]:
        """The pages, as lists of raw issues; a page of a walk begun again can come twice."""
        for size, smaller in pairwise((*_PAGE_SIZES, 0)):
            self._size, self._splits, self.total, self.received = size, 0, 0, 0
            try:
                yield from self._whole_query()
                return
            except TooLargeError as error:
                if not smaller:
                    raise
                logger.warning(f"{error.message}; asking for {smaller} issues at a time")

    def _ask_first(self, query: str) -> Page:
        return self._ask(query, self._size)

    def _whole_query(self) -> Iterator[list[Any]]:
        first = self._ask_first(self.query)
        if self._most is not None and first.total > self._most:
            raise TooManyError(f"{first.total} issues match {self.query!r}")
        if first.total <= MOST_RESULTS:
            yield from self._counted(self.query, first)
        else:
            yield from self._split(Span(*_EVER), first)

    def _span(self, span: Span, first: Page) -> Iterator[list[Any]]:
        if first.total <= MOST_RESULTS:
            yield from self._counted(created_between(self.query, span.first, span.last), first)
        else:
            yield from self._split(span, first)

    def _split(self, span: Span, first: Page) -> Iterator[list[Any]]:
        """The spans of a span with too many results. More than fit into one second cannot be had."""
        halves = span.halves(_earliest(first), self._now)
        if halves is None:
            yield from self._counted(created_between(self.query, span.first, span.last), first)
            return
        self._splits += 1
        pages = [self._ask_first(created_between(self.query, half.first, half.last)) for half in halves]
        if self._splits > _MOST_SPLITS or min(page.total for page in pages) >= first.total:
            raise IncompleteError(
                f"GitHub's search has {first.total} results, of which it shows {MOST_RESULTS}, and"
                " does not tell them apart by the day they were created"
            )
        for half, page in zip(halves, pages, strict=True):
            yield from self._span(half, page)

    def _counted(self, query: str, first: Page) -> Iterator[list[Any]]:
        """The pages of a query that needs no splitting; asked for once more if fewer came than promised."""
        ids: set[object] = set()
        total = yield from self._pages(first, ids)
        if len(ids) < total <= MOST_RESULTS:
            total = yield from self._pages(self._ask_first(query), ids)
        self.total += total
        self.received += min(len(ids), total)

    def _pages(self, page: Page, ids: set[object]) -> Generator[list[Any], None, int]:
        """Yields the items of a page and of those that follow it; returns how many the last one promised."""
        for _ in range(MOST_RESULTS // self._size):
            ids.update(_id(item) for item in page.items)
            yield page.items
            if not page.next_query:
                break
            page = self._ask_next(page.next_query)
        return page.total


def is_search_answer(document: Any) -> str:
    """A check of a search answer's JSON: '' or what is wrong."""
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return "a search answer without items"
    total = document.get("total_count")
    return "" if isinstance(total, int) and total >= 0 else "a search answer without total_count"


def _earliest(page: Page) -> datetime | None:
    """When the first issue was created: pages are asked for in that order."""
    first = page.items[0] if page.items else None
    created = first.get("created_at") if isinstance(first, dict) else None
    try:
        return _whole(datetime.fromisoformat(str(created)).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _id(item: Any) -> object:
    return item.get("id") if isinstance(item, dict) and isinstance(item.get("id"), int | str) else id(item)

"""One Jira query, complete: every page arrived, or IncompleteError; never silently short.

A walk through the pages that breaks off is begun again once, so a page can arrive twice; rows are stored by
id. Cloud pages by token (README.md, "Search"); `data_center` has the other deployment's offsets.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any, Protocol

from worksupport.errors import IncompleteError, QueryRefusedError
from worksupport.network.responses import Check, Document, Response, TooLargeError, is_object
from worksupport.sources.jira import jql

logger = logging.getLogger(__name__)

# Cloud sends no more than 100 issues a page as soon as a real field is asked for.
PAGE_SIZE = 100
# Where a page is too large, as descriptions can make it.
_SMALLER_SIZES = (20, 4, 1)
# A walk without end is cut: by its length, or earlier by pages in a row that bring nothing new.
_MOST_PAGES = 10_000
_MOST_PAGES_WITHOUT_NEWS = 50

Page = list[Any]


class Ask(Protocol):
    """Sends one request to Jira; `Service.request` with Jira's checks."""

    def __call__(
        self,
        method: str,
        path: str,
        /,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        accept: Sequence[int] = (),
        check: Check = is_object,
    ) -> Response: ...


class Deployment(Protocol):
    """What differs between Jira Cloud and Data Center."""

    @property
    def api(self) -> str:
        """The root of its API."""

    @property
    def user_parameter(self) -> str:
        """What its user search calls the text to look for."""

    @property
    def account_parameter(self) -> str:
        """What it calls the account of one user."""

    @property
    def has_user_bulk(self) -> bool:
        """Whether several users can be asked for at once."""

    @property
    def parent_fields(self) -> tuple[str, ...]:
        """Beside `parent`, the fields that can hold an issue's parent."""

    def pages(self, ask: Ask, query: Document) -> Iterator[Page]:
        """The pages of one walk through a query (`search_body`, `maxResults`). Raises BrokenPagingError."""

    def children_jql(self, parents: Sequence[str], type_ids: Sequence[str]) -> str:
        """The JQL for the children of these issues, of these types (Jira's ids); without types, of any."""

    def moment_jql(self, moment: datetime, now: datetime) -> str:
        """A moment as JQL can compare it with `updated`; `now` by the site's clock."""


class BrokenPagingError(Exception):
    """The pages of one walk do not add up; the message says why."""


def search_body(
    deployment: Deployment, query: str, fields: Sequence[str], reconciled: Sequence[str] = ()
) -> Document:
    """What a search asks for, but how many. `reconciled`: ids about which Cloud's index is not believed."""
    body: Document = {"jql": query, "fields": list(fields)}
    if reconciled and deployment.has_user_bulk:
        body["reconcileIssues"] = [int(each) for each in reconciled if each.isdecimal()]
    return body


def search(ask: Ask, deployment: Deployment, body: Document) -> Iterator[Page]:
    """Every page of a query (`search_body`), as they arrive; a page of a walk begun again can come twice.

    Raises QueryRefusedError (400), IncompleteError, and what the service raises.
    """
    for size, smaller in pairwise((PAGE_SIZE, *_SMALLER_SIZES, 0)):
        try:
            yield from complete_pages(partial(deployment.pages, ask, {**body, "maxResults": size}))
            return
        except TooLargeError as error:
            if not smaller:
                raise
            logger.warning(f"{error.message}; asking for {smaller} issues at a time")


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


class Cloud:
    """Jira Cloud: `POST /rest/api/3/search/jql`, page by page with tokens."""

    api = "/rest/api/3"
    user_parameter = "query"
    account_parameter = "accountId"
    has_user_bulk = True
    parent_fields: tuple[str, ...] = ()

    def children_jql(self, parents: Sequence[str], type_ids: Sequence[str]) -> str:
        """As `Deployment` says: Cloud has one field for every parent."""
        return jql.children_jql(parents, type_ids)

    def moment_jql(self, moment: datetime, now: datetime) -> str:
        """As `Deployment` says: milliseconds, since any other form is read in the account's time zone."""
        return str(int(moment.timestamp() * 1000))

    def pages(self, ask: Ask, query: Document) -> Iterator[Page]:
        """As `Deployment` says.

        The last page has no token and does not say `isLast: false`; a short or an empty page need not be the
        last one. A token beside `isLast: true` is tried: rows are stored by id, so what comes twice does no
        harm.
        """
        seen: set[str] = set()
        token: str | None = None
        is_last = False
        progress = WalkProgress()
        while True:
            try:
                document = _by_token(ask, f"{self.api}/search/jql", query, token)
            except BrokenPagingError:
                if is_last:
                    return
                raise
            page, was_last, is_last = document["issues"], is_last, document.get("isLast") is True
            yield page
            progress.note(page)
            token = _next_token(document)
            if token is None or (is_last and (token in seen or (was_last and not page))):
                return
            if token in seen:
                raise BrokenPagingError("a page token came twice")
            seen.add(token)


def _by_token(ask: Ask, path: str, query: Document, token: str | None) -> Document:
    # Jira refuses nulls and members that it does not know, so the first page names no token.
    if token is None:
        return _document(ask, path, query)
    try:
        return _document(ask, path, {**query, "nextPageToken": token})
    except QueryRefusedError as error:
        raise BrokenPagingError(f"a page token was refused: {error.message}") from error


def _document(ask: Ask, path: str, body: Document) -> Document:
    document: Document = ask("POST", path, json=body, check=has_issues).document
    return document


def _next_token(document: Document) -> str | None:
    """The token of the next page; None after the last one."""
    is_last, token = document.get("isLast"), document.get("nextPageToken")
    if isinstance(token, str) and token:
        return token
    if is_last is True:
        return None
    if is_last is False or token:
        raise BrokenPagingError("a page says that more follow but has no token for them")
    return None


def has_issues(document: Any) -> str:
    """A check of an answer with issues: '' or what is wrong."""
    if complaint := is_object(document):
        return complaint
    return "" if isinstance(document.get("issues"), list) else "a search answer without issues"


class WalkProgress:
    """Tells a walk that goes on from one that never ends."""

    def __init__(self) -> None:
        self._pages = 0
        self._without_news = 0
        self._ends: set[tuple[object, object]] = set()

    def note(self, page: Page) -> None:
        """Count one more page. Raises BrokenPagingError for one too many."""
        ends = (sent_id(page[0]), sent_id(page[-1])) if page else None
        is_new = ends is not None and ends not in self._ends
        self._pages += 1
        self._without_news = 0 if is_new else self._without_news + 1
        if ends is not None:
            self._ends.add(ends)
        if self._pages >= _MOST_PAGES:
            raise BrokenPagingError(f"no end after {_MOST_PAGES} pages")
        if self._without_news >= _MOST_PAGES_WITHOUT_NEWS:
            raise BrokenPagingError(f"{_MOST_PAGES_WITHOUT_NEWS} pages in a row brought nothing new")


def sent_id(record: Any) -> object:
    """The record's id as text, to know it again; None for what has none."""
    found = record.get("id") if isinstance(record, dict) else None
    return None if found is None else str(found)

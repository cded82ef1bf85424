"""Jira's search: which path and paging a site has, and one query's pages from it.

Cloud has `POST /rest/api/3/search/jql` with page tokens, Data Center `POST /rest/api/2/search` with offsets;
each answers the other's path with 404 or 410.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from worksupport.clients.answers import Answer, Check, Document, is_object
from worksupport.clients.offsets import has_issues_and_total, offset_pages
from worksupport.clients.paging import BrokenPagingError, Page, complete_pages, token_pages
from worksupport.errors import QueryRefusedError
from worksupport.text import visible

logger = logging.getLogger(__name__)
_PATHS = {True: "/rest/api/3/search/jql", False: "/rest/api/2/search"}
_WRONG_PATH = (404, 410)
# Cloud sends no more than 100 issues a page as soon as a real field is asked for.
PAGE_SIZE = 100


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
    ) -> Answer: ...


class _WrongPathError(Exception):
    """The site does not have this search."""


class Search:
    """The search of one site; `has_tokens` says which of the two it has, as far as is known."""

    def __init__(self, ask: Ask) -> None:
        self.has_tokens = True
        self._ask = ask

    def pages(self, jql: str, fields: Sequence[str]) -> Iterator[Page]:
        """Every page of a query, as they arrive; a page of a walk begun again can come twice.

        Raises QueryRefusedError (400), IncompleteError, and what the service raises.
        """
        for accept in (_WRONG_PATH, _WRONG_PATH, ()):
            query = _Query(self._ask, {"jql": jql, "fields": list(fields), "maxResults": PAGE_SIZE}, accept)
            has_tokens = self.has_tokens
            try:
                yield from complete_pages(query.token_pages if has_tokens else query.offset_pages)
                return
            except _WrongPathError:
                logger.info(f"Jira has no {_PATHS[has_tokens]}, trying {_PATHS[not has_tokens]}")
                self.has_tokens = not has_tokens


class _Query:
    """One query: its body without paging, and the statuses that mean a wrong path."""

    def __init__(self, ask: Ask, body: Document, wrong_path: Sequence[int]) -> None:
        self._ask = ask
        self._body = body
        self._wrong_path = wrong_path

    def token_pages(self) -> Iterator[Page]:
        """One walk on Cloud."""
        return token_pages(self._by_token)

    def offset_pages(self) -> Iterator[Page]:
        """One walk on Data Center."""
        return offset_pages(self._by_offset)

    def _by_token(self, token: str | None) -> Document:
        # Jira refuses nulls and members that it does not know, so the first page names no token.
        if token is None:
            return self._document(_PATHS[True], self._body, _has_issues)
        try:
            return self._document(_PATHS[True], {**self._body, "nextPageToken": token}, _has_issues)
        except QueryRefusedError as error:
            raise BrokenPagingError(f"a page token was refused: {error.message}") from error

    def _by_offset(self, start: int) -> Document:
        document = self._document(_PATHS[False], {**self._body, "startAt": start}, has_issues_and_total)
        for warning in document.get("warningMessages") or ():
            logger.warning(f"Jira: {visible(str(warning))}")
        return document

    def _document(self, path: str, body: Document, check: Check) -> Document:
        answer = self._ask("POST", path, json=body, accept=self._wrong_path, check=check)
        if answer.status in self._wrong_path:
            raise _WrongPathError
        document: Document = answer.document
        return document


def _has_issues(document: Any) -> str:
    """A check of a search answer."""
    if complaint := is_object(document):
        return complaint
    return "" if isinstance(document.get("issues"), list) else "a search answer without issues"

"""Jira's search: which path and paging a site has, and one query's pages from it.

Cloud has `POST /rest/api/3/search/jql` with page tokens, Data Center `POST /rest/api/2/search` with offsets;
each answers the other's path with 404 or 410.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from worksupport.clients.answers import Answer, Check, Document, is_object
from worksupport.clients.paging import BrokenPagingError, Page, complete_pages, token_pages
from worksupport.errors import QueryRefusedError

_CLOUD_PATH = "/rest/api/3/search/jql"
# Cloud sends no more than 100 issues a page as soon as a real field is asked for.
_PAGE_SIZE = 100


class Ask(Protocol):
    """Sends one request to Jira; `Service.request` with Jira's checks."""

    def __call__(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        accept: Sequence[int] = (),
        check: Check = is_object,
    ) -> Answer: ...


class Search:
    """The search of one site."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def pages(self, jql: str, fields: Sequence[str]) -> Iterator[Page]:
        """Every page of a query, as they arrive; a page of a walk begun again can come twice.

        Raises QueryRefusedError (400), IncompleteError, and what the service raises.
        """
        yield from complete_pages(lambda: token_pages(lambda token: self._by_token(jql, fields, token)))

    def _by_token(self, jql: str, fields: Sequence[str], token: str | None) -> Document:
        # Jira refuses nulls and members that it does not know, so the first page names no token.
        body = {"jql": jql, "fields": list(fields), "maxResults": _PAGE_SIZE}
        if token is None:
            return self._document(_CLOUD_PATH, body)
        try:
            return self._document(_CLOUD_PATH, {**body, "nextPageToken": token})
        except QueryRefusedError as error:
            raise BrokenPagingError(f"a page token was refused: {error.message}") from error

    def _document(self, path: str, body: Document) -> Document:
        answer = self._ask("POST", path, json=body, check=_has_issues)
        document: Document = answer.document
        return document


def _has_issues(document: Any) -> str:
    """A check of a search answer."""
    if complaint := is_object(document):
        return complaint
    return "" if isinstance(document.get("issues"), list) else "a search answer without issues"

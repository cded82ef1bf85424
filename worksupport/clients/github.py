"""The GitHub calls that we make."""

import re
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from worksupport.clients.answers import Answer
from worksupport.clients.auth import Account, Credentials, bearer
from worksupport.clients.github_limits import Limits
from worksupport.clients.github_search import IssueSearch, Page, is_search_answer
from worksupport.clients.http import Service
from worksupport.clock import Clock
from worksupport.config.settings import GitHubSettings
from worksupport.errors import IncompleteError

_REMEDY = (
    "make a new token at github.com/settings/tokens that may read the issues (and authorise it for single"
    " sign-on), set github.api_token to it, then run: worksupport check"
)
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
# Oldest first, so that a query with too many results can be split where its issues are.
_PAGE_SIZE = 100
_SEARCH = {"per_page": _PAGE_SIZE, "sort": "created", "order": "asc", "advanced_search": "true"}
_INCOMPLETE_TRIES, _INCOMPLETE_SECONDS = 3, 2.0
_FIRST_VERSION_WITH_OR = (3, 18)


def connect(
    settings: GitHubSettings, *, clock: Clock, timeout_seconds: float, max_wait_seconds: float
) -> "GitHub":
    """A client for the configured API root; nothing is sent yet. `close` it at the end."""
    credentials = bearer(settings.api_token, account="the token", setting="github.api_token", remedy=_REMEDY)
    service = Service(
        "GitHub",
        settings.base_url,
        credentials,
        clock=clock,
        timeout_seconds=timeout_seconds,
        max_wait_seconds=max_wait_seconds,
        headers=_HEADERS,
    )
    return GitHub(service, credentials, clock)


class GitHub:
    """GitHub, or one GitHub Enterprise Server, asked with one request at a time as its vendor advises."""

    def __init__(self, service: Service, credentials: Credentials, clock: Clock) -> None:
        self.service = service
        self._clock = clock
        self._limits = Limits(credentials, service.limiter, clock)
        service.judge = self._limits.judge

    def plan(self, searches: int) -> None:
        """Tell how many queries are still to come: only if the search bucket is too small are they spread."""
        self._limits.searches_planned = searches

    def prove_identity(self) -> Account | None:
        """The account behind the token; None for an app's token, which has no user.

        Raises CredentialsError for a token that is refused.
        """
        answer = self.service.request("GET", "/user", accept=(403, 404))
        if answer.status != 200:
            return None
        login = str(answer.document.get("login") or "")
        return Account(login, str(answer.document.get("name") or login), None)

    def supports_or(self) -> bool:
        """Whether one query may name several people; Enterprise Servers before 3.18 do not know OR."""
        host = urlsplit(self.service.base_url).hostname or ""
        if host == "api.github.com" or host.endswith(".ghe.com"):
            return True
        meta = self.service.request("GET", "/meta", accept=(403, 404)).document or {}
        version = re.match(r"(\d+)\.(\d+)", str(meta.get("installed_version", "")))
        return version is None or (int(version[1]), int(version[2])) >= _FIRST_VERSION_WITH_OR

    def search(self, query: str) -> IssueSearch:
        """The search for `query` (see `github_query`): iterate over it, then look at `is_short`.

        Raises QueryRefusedError (422: a login that does not exist or is hidden), IncompleteError,
        CredentialsError or UnreachableError while it is iterated over.
        """
        first = partial(self._page, "/search/issues")
        return IssueSearch(query, lambda text: first({"q": text, **_SEARCH}), self._page, self._clock.now())

    def close(self) -> None:
        """Close all connections."""
        self.service.close()

    def _page(self, path_or_url: str, params: dict[str, Any] | None = None) -> Page:
        """One page; asked again if GitHub says that its search ran out of time. Raises IncompleteError."""
        for attempt in range(_INCOMPLETE_TRIES):
            answer = self.service.request("GET", path_or_url, params=params, check=is_search_answer)
            further_pages = -(-answer.document["total_count"] // _PAGE_SIZE) - 1 if params else 0
            self._limits.searched(answer, further_pages)
            if not answer.document.get("incomplete_results"):
                return _page_of(answer)
            self.service.rest(_INCOMPLETE_SECONDS * (attempt + 1), "GitHub's search ran out of time")
        raise IncompleteError(f"GitHub's search ran out of time {_INCOMPLETE_TRIES} times and is incomplete")


def _page_of(answer: Answer) -> Page:
    next_url = answer.links.get("next")
    return Page(answer.document["items"], answer.document["total_count"], next_url)

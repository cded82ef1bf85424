"""The GitHub calls that we make, and GitHub's limits and rights as its headers tell them.

README.md, "Limits" and "Who we are", has what they mean.
"""

import logging
import math
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from worksupport.clock import Clock
from worksupport.config.settings import GitHubSettings
from worksupport.errors import IncompleteError
from worksupport.network.auth import Account, Credentials, bearer
from worksupport.network.limits import Limiter, reset_seconds, retry_after_seconds, whole_number
from worksupport.network.responses import RateLimited, Response, refused_credentials
from worksupport.network.service import Service
from worksupport.sources.base import Unfound
from worksupport.sources.github.search import IssueSearch, Page, is_search_answer
from worksupport.sources.records import Fields, record_id

_REMEDY = (
    "make a new token at github.com/settings/tokens that may read the issues (and authorise it for single"
    " sign-on), set github.api_token to it, then run: worksupport check"
)
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
# Oldest first, so that a query with too many results can be split where its issues are.
_SEARCH_PATH = "/search/issues"
_SEARCH = {"sort": "created", "order": "asc", "advanced_search": "true"}
_INCOMPLETE_TRIES, _INCOMPLETE_SECONDS = 3, 2.0
_FIRST_VERSION_WITH_OR = (3, 18)
# A secondary limit without announcement: at least a minute, doubled each time.
_SECONDARY_SECONDS = 60.0
_MOST_PAGES = 10
_SECONDARY_PAGES = (b"secondary-rate-limits", b"#abuse-rate-limits", b"rate limit")


def connect(
    settings: GitHubSettings, *, clock: Clock, timeout_seconds: float, max_wait_seconds: float
) -> "GitHub":
    """A client for the configured API root; nothing is sent yet. `close` it at the end."""
    credentials = bearer(settings.api_token, account="the token", setting="github.api_token", remedy=_REMEDY)
    service = Service(
        "GitHub",
        settings.base_url,
        credentials,
        address_form="https://api.github.com, or https://<server>/api/v3 on an Enterprise Server",
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
        self._limits = SearchLimits(credentials, service.limiter, clock)
        service.inspect = self._limits.inspect

    def plan(self, searches: int) -> None:
        """Tell how many queries are still to come: only if the search bucket is too small are they spread."""
        self._limits.searches_planned = searches

    def prove_identity(self) -> Account | None:
        """The account behind the token; None for an app's token, which has no user.

        Raises CredentialsError for a token that is refused.
        """
        response = self.service.request("GET", "/user", accept=(403, 404))
        if response.status != 200:
            return None
        login = str(response.document.get("login") or "")
        return Account(login, str(response.document.get("name") or login), None)

    def withheld(self) -> dict[str, str]:
        """The organisations that have withheld results so far, by id, and what to do about each."""
        reason = (
            "its issues are withheld until the token is authorised for its single sign-on: at"
            " github.com/settings/tokens choose Configure SSO, then run: worksupport check"
        )
        return dict.fromkeys(sorted(self._limits.withholding), reason)

    def supports_or(self) -> bool:
        """Whether one query may name several people; older Enterprise Servers do not know OR.

        README.md, "Enterprise Server".
        """
        host = urlsplit(self.service.base_url).hostname or ""
        if host == "api.github.com" or host.endswith(".ghe.com"):
            return True
        meta = self.service.request("GET", "/meta", accept=(403, 404)).document or {}
        version = re.match(r"(\d+)\.(\d+)", str(meta.get("installed_version", "")))
        return version is None or (int(version[1]), int(version[2])) >= _FIRST_VERSION_WITH_OR

    def search(self, query: str, *, most: int | None = None) -> IssueSearch:
        """The search for `query` (see `issue_query`): iterate over it, then look at `is_short`.

        Raises QueryRefusedError (422: a login that does not exist or is hidden), IncompleteError,
        CredentialsError or UnreachableError while it is iterated over.
        """
        return IssueSearch(
            query,
            lambda text, size: self._page(_SEARCH_PATH, {"q": text, "per_page": size, **_SEARCH}),
            lambda query_text: self._page(f"{_SEARCH_PATH}?{query_text}"),
            self._clock.now(),
            most=most,
        )

    def issue(self, key: str) -> Response:
        """One issue by its address: 200, or 301, 404, 410 (README.md, "Disappearance")."""
        repository, _, number = key.rpartition("#")
        path = f"/repos/{repository}/issues/{number}"
        return self.service.request("GET", path, accept=(301, 404, 410))

    def is_in_scope(self, issue: Unfound, accounts: frozenset[str]) -> bool:
        """Whether an issue, asked for by its address, still has the label and one of these assignees."""
        repository, _, number = issue.key.rpartition("#")
        path = f"/repos/{repository}/issues/{number}"
        response = self.service.request("GET", path, accept=(301, 403, 404, 410))
        if response.status != 200 or record_id(response.document) != issue.source_id:
            return False
        fields = Fields(response.document, issue.key)
        labels = {name.casefold() for name in fields.names("labels")}
        logins = {(user.text("login") or "").casefold() for user in fields.inner_list("assignees")}
        return issue.label.casefold() in labels and not accounts.isdisjoint(logins)

    def close(self) -> None:
        """Close all connections."""
        self.service.close()

    def _page(self, path: str, params: dict[str, Any] | None = None) -> Page:
        """One page; asked again if GitHub says that its search ran out of time. Raises IncompleteError."""
        for attempt in range(_INCOMPLETE_TRIES):
            response = self.service.request("GET", path, params=params, check=is_search_answer)
            further_pages = -(-response.document["total_count"] // params["per_page"]) - 1 if params else 0
            self._limits.searched(response, further_pages)
            if not response.document.get("incomplete_results"):
                return _page_of(response)
            self.service.rest(_INCOMPLETE_SECONDS * (attempt + 1), "GitHub's search ran out of time")
        raise IncompleteError(f"GitHub's search ran out of time {_INCOMPLETE_TRIES} times and is incomplete")


def _page_of(response: Response) -> Page:
    return Page(response.document["items"], response.document["total_count"], response.link_query("next"))


class SearchLimits:
    """Looks at every response: raises for a limit, and keeps the search bucket from running dry."""

    def __init__(self, credentials: Credentials, limiter: Limiter, clock: Clock) -> None:
        self._credentials = credentials
        self._limiter = limiter
        self._clock = clock
        self.searches_planned = 0
        self.withholding: set[str] = set()  # ids of organisations

    def inspect(self, response: Response) -> None:
        """Note who withholds results. Raises RateLimited, CredentialsError where single sign-on is due."""
        sign_on = response.headers.get("X-GitHub-SSO", "")
        if sign_on.startswith("partial-results"):
            self.withholding.update(re.findall(r"\d+", sign_on))
        if sign_on.startswith("required"):
            said = f"{response.address}: the token is not authorised for an organisation's single sign-on"
            raise refused_credentials("GitHub", self._credentials, said)
        if response.status in (403, 429):
            _raise_if_limited(response, self._clock.now())
        if _remaining(response) == 0 and _is_search(response):
            self._limiter.pause(self._seconds_to_reset(response), "the search bucket is spent", logging.INFO)

    def searched(self, response: Response, further_pages: int) -> None:
        """After a search: let the rest of the bucket last until it is filled again, if it must.

        `further_pages`: how many more its query has, at most.
        """
        self.searches_planned = max(0, self.searches_planned - 1) + max(
            0, min(further_pages, _MOST_PAGES - 1)
        )
        remaining = _remaining(response)
        if remaining and remaining < self.searches_planned:
            seconds = self._seconds_to_reset(response) / remaining
            self._limiter.pause(seconds, "spreading searches until the bucket is filled again", logging.INFO)

    def _seconds_to_reset(self, response: Response) -> float:
        return reset_seconds(response.headers, self._clock.now()) or 0.0


def _raise_if_limited(response: Response, now: datetime) -> None:
    """Tell a limit from a missing right, which has the same status."""
    retry_after = retry_after_seconds(response.headers, now)
    if _remaining(response) == 0:
        reset = reset_seconds(response.headers, now)
        seconds = max(retry_after or 0.0, reset or 0.0)
        raise RateLimited(
            "GitHub's rate limit is reached", seconds, first=_SECONDARY_SECONDS, longest=math.inf
        )
    if "Retry-After" in response.headers or response.status == 429 or _names_a_limit(response):
        raise RateLimited(
            f"GitHub answered {response.status}", retry_after, first=_SECONDARY_SECONDS, longest=math.inf
        )


def _names_a_limit(response: Response) -> bool:
    """Whether the body links the page about secondary limits; the oldest have no link but only say so."""
    body = response.body[:10_000].lower()
    return any(page in body for page in _SECONDARY_PAGES)


def _is_search(response: Response) -> bool:
    """Whether the headers are about the search bucket; old servers do not say."""
    default = "search" if "/search/" in response.address else "core"
    return response.headers.get("X-RateLimit-Resource", default) == "search"


def _remaining(response: Response) -> int | None:
    return whole_number(response.headers.get("X-RateLimit-Remaining"))

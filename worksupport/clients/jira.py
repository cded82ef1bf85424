"""The Jira calls that we make."""

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from worksupport.clients import jql
from worksupport.clients.announcements import is_near_limit
from worksupport.clients.answers import Answer, Check, is_list, is_object, words
from worksupport.clients.auth import Account, Credentials
from worksupport.clients.http import Service
from worksupport.clients.jira_identity import Identity, credentials_for
from worksupport.clients.jira_links import ParentLinks, ask_parent_links
from worksupport.clients.jira_people import account, find_account
from worksupport.clients.jira_search import Search
from worksupport.clients.jira_site import Site, ask_site, is_gateway
from worksupport.clock import Clock
from worksupport.config.settings import JiraSettings
from worksupport.errors import WorksupportError

logger = logging.getLogger(__name__)
# Only what we store: more would make every answer bigger.
_FIELDS = (
    *("summary", "assignee", "status", "labels", "issuetype", "parent"),
    *("created", "updated", "resolutiondate"),
)
_CLOUD_API = "/rest/api/3"
_DATA_CENTER_API = "/rest/api/2"
_NOT_ALLOWED = (401, 403)
# Burst limits count by the second.
_SLOWER_SECONDS = 1.0


def connect(
    settings: JiraSettings, *, clock: Clock, timeout_seconds: float, max_wait_seconds: float
) -> "Jira":
    """A client for the configured site; nothing is sent yet. `close` it at the end."""
    credentials = credentials_for(settings)
    service = Service(
        "Jira",
        settings.base_url,
        credentials,
        clock=clock,
        timeout_seconds=timeout_seconds,
        max_wait_seconds=max_wait_seconds,
        headers={"Accept": "application/json"},
    )
    # Data Center takes a token alone, or a name that is seldom an address.
    return Jira(service, credentials, looks_like_cloud="@" in (settings.email or ""))


class Jira:
    """One Jira site.

    Every call raises what `Service.request` raises, and CredentialsError where Jira answers as to nobody.
    """

    def __init__(self, service: Service, credentials: Credentials, *, looks_like_cloud: bool) -> None:
        self.service = service
        self._looks_like_cloud = looks_like_cloud
        self._identity = Identity(credentials)
        service.judge = self._judge
        self._search = Search(self._ask)
        self._lock = threading.Lock()
        self._site: Site | None = None
        self._site_failure: WorksupportError | None = None
        self._links = ParentLinks()

    @property
    def identity_proven(self) -> bool:
        """Whether Jira has shown that it knows us: it named our account, or a search found something."""
        return self._identity.is_proven

    @property
    def parent_fields(self) -> tuple[str, ...]:
        """The fields beside `parent` that can hold an issue's parent, for `jira_row`."""
        return self._links.field_ids

    def site(self) -> Site:
        """What kind of Jira this is; asked once, and a failure is raised again.

        Raises ConfigurationError for a Data Center without a field that links issues to their parents.
        """
        with self._lock:
            if self._site_failure:
                raise self._site_failure
            try:
                self._site = self._site or self._ask_site()
            except WorksupportError as error:
                self._site_failure = error  # for the threads that wait for it as well
                raise
            return self._site

    def prove_identity(self) -> Account | None:
        """The account behind the token; None if the token may not ask whose it is (one with few scopes)."""
        answer = self._get("myself", accept=_NOT_ALLOWED)
        if answer.status == 200:
            self._identity.is_proven = True
            return account(answer.document)
        if answer.status == 401 and not is_gateway(self.service.base_url):
            raise self._identity.refused(answer, words(answer))
        logger.info("Jira: the token may not ask whose it is; a search has to show that it is accepted")
        return None

    def issue_types(self) -> list[dict[str, Any]]:
        """Every issue type of the site as it describes them: `id`, `name`, `subtask`, ..."""
        types = self._get("issuetype", check=is_list).document
        return [issue_type for issue_type in types if isinstance(issue_type, dict)]

    def children_jql(self, parents: Iterable[str], type_ids: Iterable[str]) -> str:
        """The JQL for the children of these issues, of these types (Jira's ids); without types, of any."""
        return jql.children_jql(parents, type_ids, self._links.jql_names)

    def search(self, query: str) -> Iterator[list[Any]]:
        """The issues of a JQL query, page by page as they arrive, all of them; some can come twice.

        Raises CredentialsError, UnreachableError, QueryRefusedError (400) or IncompleteError.
        """
        for page in self._search.pages(query, (*_FIELDS, *self._links.field_ids)):
            if page:
                self._identity.is_proven = True
            yield page

    def find_account_id(self, email: str) -> str | None:
        """The account id (Data Center: user name) of the person with this e-mail address, or None."""
        parameter = "query" if self.site().is_cloud else "username"
        return find_account(
            self._ask, self._search, email, path=f"{self._api()}/user/search", parameter=parameter
        )

    def close(self) -> None:
        """Close all connections."""
        self.service.close()

    def _ask_site(self) -> Site:
        # Not by `_ask`: this answer may come without the account's header after one that had it.
        site = ask_site(self.service.request, self.service.base_url)
        self._search.has_tokens = site.is_cloud
        self._links = ParentLinks() if site.is_cloud else ask_parent_links(self._ask)
        return site

    def _api(self) -> str:
        """Data Center has no version 3."""
        return _CLOUD_API if self.site().is_cloud else _DATA_CENTER_API

    def _get(self, name: str, accept: Sequence[int] = (), check: Check = is_object) -> Answer:
        """Ask for what both Cloud and Data Center have.

        What looks like Cloud is asked beside `site`, which costs no round of its own. If that goes wrong,
        what the site says of itself decides what the fault is.
        """
        if self._site is None and self._looks_like_cloud:
            try:
                answer = self._ask("GET", f"{_CLOUD_API}/{name}", accept=accept, check=check)
            except WorksupportError:
                if self.site().is_cloud:
                    raise
            else:
                if answer.status == 200 or self.site().is_cloud:
                    return answer
        return self._ask("GET", f"{self._api()}/{name}", accept=accept, check=check)

    def _judge(self, answer: Answer) -> None:
        self._identity.judge(answer)
        if is_near_limit(answer.headers):
            self.service.limiter.pause(_SLOWER_SECONDS, "Jira says that its limit is near", logging.INFO)

    def _ask(self, method: str, path: str, **options: Any) -> Answer:
        answer = self.service.request(method, path, **options)
        if answer.status == 200:
            self._identity.confirm(answer)
        return answer

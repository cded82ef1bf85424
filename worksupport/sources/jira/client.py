"""The Jira calls that we make, and in which order (README.md, "Who we are" and "Limits")."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from worksupport.clock import Clock
from worksupport.config.settings import JiraSettings
from worksupport.errors import CredentialsError
from worksupport.model.issue_fields import DESCRIPTION, JIRA_FIELDS
from worksupport.model.past import Entry, Name
from worksupport.network.auth import Account
from worksupport.network.limits import whole_number
from worksupport.network.responses import Check, Document, Response, error_text, is_list, is_object
from worksupport.network.service import Service
from worksupport.sources.base import Unfound, batches
from worksupport.sources.jira.chains import Chain
from worksupport.sources.jira.changelog import read_changelogs
from worksupport.sources.jira.data_center import DataCenter
from worksupport.sources.jira.id_chain import IdChain, issues_by_id
from worksupport.sources.jira.identity import Identity, credentials_for
from worksupport.sources.jira.offset_chain import OffsetChain
from worksupport.sources.jira.people import account, account_of, find_account, known_accounts
from worksupport.sources.jira.rows import status_names
from worksupport.sources.jira.search import Cloud, Deployment, Page, search, search_body
from worksupport.sources.records import Fields

logger = logging.getLogger(__name__)
_NOT_ALLOWED = (401, 403)
# Burst limits count by the second.
_SLOWER_SECONDS = 1.0
_FLAG_KIND = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"
_PROJECTS_A_PAGE = 50
_MOST_IDS = 5000  # that one page of a search shows, if nothing else is asked for
_GATEWAY_PATH = "/ex/jira/"
_ACCOUNTS_A_REQUEST = 90  # with the asking one, and well below the 8 kB that an address may have

# Runs tasks side by side, or one after the other; for each its result, or the exception that it raised.
AtOnce = Callable[[Sequence[Callable[[], Any]]], list[Any]]


@dataclass(frozen=True)
class Site:
    """What a site says about itself."""

    base_url: str  # as people see it: links begin with it
    deployment: str  # Cloud, DataCenter or Server

    @property
    def is_cloud(self) -> bool:
        """Whether it is Jira Cloud, with its newer API."""
        return self.deployment == "Cloud"


@dataclass(frozen=True)
class Opened:
    """What is asked of every site first."""

    site: Site
    account: Account | None  # None: the token may not ask whose it is
    types: list[dict[str, Any]]  # every issue type as the site describes it: `id`, `name`, ...
    flag_fields: tuple[str, ...]  # the ids of the field that flags an issue


def connect(
    settings: JiraSettings, *, clock: Clock, timeout_seconds: float, max_wait_seconds: float
) -> "Jira":
    """A client for the configured site; nothing is sent yet. `close` it at the end."""
    credentials = credentials_for(settings)
    service = Service(
        "Jira",
        settings.base_url,
        credentials,
        address_form="the site itself, such as https://company.atlassian.net",
        clock=clock,
        timeout_seconds=timeout_seconds,
        max_wait_seconds=max_wait_seconds,
        headers={"Accept": "application/json"},
    )
    # Data Center takes a token alone, or a name that is seldom an address.
    return Jira(service, Identity(credentials), looks_like_cloud="@" in (settings.email or ""))


class Jira:
    """One Jira site; taken for Cloud until `open` has asked what it is.

    Every call raises what `Service.request` raises, and CredentialsError where Jira answers as if anonymous.
    """

    def __init__(self, service: Service, identity: Identity, *, looks_like_cloud: bool) -> None:
        self.service = service
        self.deployment: Deployment = Cloud()
        self._looks_like_cloud = looks_like_cloud
        self._identity = identity
        self._flag_fields: tuple[str, ...] = ()
        self._unshared = threading.Event()
        service.inspect = self._inspect

    def open(self, at_once: AtOnce) -> Opened:
        """Ask what the site is, who we are there, which issue types it has, and what flags an issue.

        What looks like Cloud is asked all of it `at_once`, which saves a round; if that goes wrong, what the
        site says of itself decides what the fault is. Data Center may lock an account after a few failed
        log-ins, so it is asked one after the other.
        """
        if self._looks_like_cloud:
            tasks = [self.ask_site, self.prove_identity, self.issue_types, self.find_flag_fields]
            answers = at_once(tasks)
            site: Site = _result(answers[0])
            if site.is_cloud:
                return Opened(site, *map(_result, answers[1:]))
        else:
            site = self.ask_site()
        return Opened(site, self.prove_identity(), self.issue_types(), self.find_flag_fields())

    def ask_site(self) -> Site:
        """What kind of Jira this is, by `GET serverInfo`; it answers anybody, so it proves no identity.

        Raises ConfigurationError for a Data Center without a field that links issues to their parents.
        """
        # Not by `_ask`: this answer may come without the account's header after one that had it.
        accept = _NOT_ALLOWED if _is_gateway(self.service.base_url) else ()
        response = self.service.request("GET", "/rest/api/2/serverInfo", accept=accept)
        if response.status == 200:
            site = _site(response.document, self.service.base_url)
        else:
            # A token with few scopes may not even ask this; behind the gateway there is only Cloud.
            site = Site(self.service.base_url, "Cloud")
        self.deployment = Cloud() if site.is_cloud else DataCenter.found(self._ask)
        return site

    def prove_identity(self) -> Account | None:
        """The account behind the token; None if the token may not ask whose it is (one with few scopes)."""
        response = self._get("myself", accept=_NOT_ALLOWED)
        if response.status == 200:
            self._identity.is_proven = True
            return account(response.document)
        if response.status == 401 and not _is_gateway(self.service.base_url):
            raise self._identity.refused(response, error_text(response))
        logger.info("Jira: the token may not ask whose it is; a search has to show that it is accepted")
        return None

    def issue_types(self) -> list[dict[str, Any]]:
        """Every issue type of the site as it describes them: `id`, `name`, ... (README.md, "Types")."""
        types = self._get("issuetype", check=is_list).document
        return [issue_type for issue_type in types if isinstance(issue_type, dict)]

    def find_flag_fields(self) -> tuple[str, ...]:
        """The ids of the custom field that flags an issue; none where the site has none or does not tell.

        README.md, "Flags".
        """
        response = self._get("field", accept=(*_NOT_ALLOWED, 404), check=is_list)
        listed = response.document if response.status == 200 else []
        self._flag_fields = tuple(field["id"] for field in listed if _is_flag(field))
        return self._flag_fields

    def projects(self) -> list[dict[str, Any]]:
        """Every project that the account may see: `key`, `name`, ... (README.md, "Projects")."""
        if not self.deployment.has_user_bulk:  # Data Center answers all at once
            listed = self._get("project", check=is_list).document
            return [each for each in listed if isinstance(each, dict)]
        projects: list[dict[str, Any]] = []
        while True:
            params = {"startAt": len(projects), "maxResults": _PROJECTS_A_PAGE}
            page = self._ask("GET", f"{self.deployment.api}/project/search", params=params).document
            found = [each for each in page.get("values") or () if isinstance(each, dict)]
            projects += found
            if page.get("isLast", True) or not found:
                return projects

    def by_id(self, ids: Sequence[str]) -> list[Any]:
        """Those of at most 100 issues that are there and may be seen (README.md, "Disappearance")."""
        wanted = self._fields()
        if self.deployment.has_user_bulk:
            pages = issues_by_id(self._ask, self.deployment.api, ids, wanted)
            return [raw for page in pages for raw in page]
        answers = (self._issue(each, wanted) for each in ids)
        return [answer.document for answer in answers if answer.status == 200]

    def _issue(self, source_id: str, wanted: Sequence[str]) -> Response:
        path = f"{self.deployment.api}/issue/{source_id}"
        return self._ask("GET", path, params={"fields": ",".join(wanted)}, accept=(403, 404))

    def search(
        self, query: str, *, has_descriptions: bool = True, reconciled: Sequence[str] = ()
    ) -> Iterator[Page]:
        """The issues of a JQL query, page by page as they arrive, all of them; some can come twice.

        `reconciled`: at most 50 ids about which the index is not believed.
        Raises CredentialsError, UnreachableError, QueryRefusedError (400) or IncompleteError.
        """
        return self.chain(query, has_descriptions=has_descriptions, reconciled=reconciled).pages()

    def chain(self, query: str, *, has_descriptions: bool = True, reconciled: Sequence[str] = ()) -> Chain:
        """The same for several workers."""
        deployment, fields = self.deployment, self._fields(has_descriptions)
        body = search_body(deployment, query, fields, reconciled)
        if not deployment.has_user_bulk:
            return OffsetChain(
                self._ask, lambda ask, start: search(ask, deployment, {**body, "startAt": start})
            )
        listing = {**body, "fields": ["id"], "maxResults": _MOST_IDS}
        return IdChain(
            self._ask,
            lambda ask: search(ask, deployment, body),
            partial(deployment.pages, self._ask, listing),
            lambda ids: issues_by_id(self._ask, deployment.api, ids, fields),
            self._unshared,
        )

    def _fields(self, has_descriptions: bool = True) -> tuple[str, ...]:
        names = (name for name in JIRA_FIELDS if has_descriptions or name != DESCRIPTION)
        return (*names, *self.deployment.parent_fields, *self._flag_fields)

    def statuses(self) -> list[Name]:
        """Every status as it is called now, with its category (README.md, "Changelogs")."""
        listed = self._get("status", check=is_list).document
        return [name for each in listed if isinstance(each, dict) for name in status_names(each)]

    def read_past(self, ids: Sequence[str]) -> Iterator[tuple[dict[str, list[Entry]], set[Name]]]:
        """The changelogs of these issues, some hundred at a time. Raises what `read_changelogs` raises."""
        return read_changelogs(self._ask, self.deployment, ids)

    def find_account_id(self, email: str) -> str | None:
        """The account id (Data Center: user name) of the person with this e-mail address, or None."""
        return find_account(self._ask, self.deployment, email)

    def known_accounts(self, account_ids: Sequence[str], own: Account | None) -> set[str] | None:
        """Those of these account ids (Data Center: user names) that somebody has; None where untold."""
        known: set[str] = set()
        for batch in batches(list(account_ids), _ACCOUNTS_A_REQUEST):
            named = known_accounts(self._ask, self.deployment, batch, own.id) if own else None
            if named is None:
                return None
            known |= named
        return known

    def is_in_scope(self, issue: Unfound, accounts: frozenset[str]) -> bool:
        """Whether an issue, asked for by its id, still has the label and one of these assignees."""
        path = f"{self.deployment.api}/issue/{issue.source_id}"
        response = self._ask("GET", path, params={"fields": "labels,assignee"}, accept=(403, 404))
        found = response.document.get("fields") if response.status == 200 else None
        if not isinstance(found, dict):
            return False
        fields = Fields(found, issue.key)
        labels = {name.casefold() for name in fields.names("labels")}
        account_id = account_of(found.get("assignee") or {}) or ""
        return issue.label.casefold() in labels and account_id.casefold() in accounts

    def require_identity(self) -> None:
        """Raise CredentialsError unless Jira has shown that it knows us: it answers 200 and no issues if not.

        It has if it named our account, or if a search found something.
        """
        if not self._identity.is_proven:
            raise CredentialsError(
                f"Jira found nothing for {self._identity.account} and does not say who that is",
                "make a new API token, set jira.api_token to it, then run: worksupport check",
            )

    def close(self) -> None:
        """Close all connections."""
        self.service.close()

    def _get(self, name: str, accept: Sequence[int] = (), check: Check = is_object) -> Response:
        """Ask for what both Cloud and Data Center have."""
        return self._ask("GET", f"{self.deployment.api}/{name}", accept=accept, check=check)

    def _inspect(self, response: Response) -> None:
        self._identity.inspect(response)
        if _is_near_limit(response):
            self.service.limiter.pause(_SLOWER_SECONDS, "Jira says that its limit is near", logging.INFO)

    def _ask(self, method: str, path: str, **options: Any) -> Response:
        response = self.service.request(method, path, **options)
        if response.status == 200:
            self._identity.confirm(response)
        return response


def _result(answer: Any) -> Any:
    """What a task answered; raised if it is what ended it."""
    if isinstance(answer, Exception):
        raise answer
    return answer


def _is_flag(field: Any) -> bool:
    """Whether it is the field of the flag: by its kind, and the name that it has in every language."""
    if not isinstance(field, dict) or not isinstance(field.get("id"), str):
        return False
    schema, name = field.get("schema"), field.get("untranslatedName") or field.get("name")
    return isinstance(schema, dict) and schema.get("custom") == _FLAG_KIND and name == "Flagged"


def _is_near_limit(response: Response) -> bool:
    """Whether Jira says that the next requests may be too many."""
    near = response.headers.get("X-RateLimit-NearLimit", "").strip().lower() == "true"
    return near or whole_number(response.headers.get("X-RateLimit-Remaining")) == 0


def _is_gateway(base_url: str) -> bool:
    """Whether this is the gateway for tokens with scopes: https://api.atlassian.com/ex/jira/<cloudId>."""
    return urlsplit(base_url).path.startswith(_GATEWAY_PATH)


def _site(document: Document, base_url: str) -> Site:
    """Servers from before Data Center do not say what they are."""
    shown, deployment = document.get("baseUrl"), document.get("deploymentType")
    return Site(
        shown.rstrip("/") if isinstance(shown, str) and shown.startswith("http") else base_url,
        deployment if isinstance(deployment, str) else "Server",
    )

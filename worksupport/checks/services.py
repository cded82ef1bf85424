"""One real query to each service, asked as a harvest asks it, with less patience."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from worksupport.checks.check import Check, refused
from worksupport.clients import github, jira
from worksupport.clients.auth import Account
from worksupport.clients.github_query import LOGINS_PER_QUERY, issue_query
from worksupport.clients.http import Service
from worksupport.clients.observation import Observation
from worksupport.clock import Clock
from worksupport.config.settings import GitHubSettings, JiraSettings, Settings
from worksupport.errors import (
    ConfigurationError,
    CredentialsError,
    InterruptedRunError,
    QueryRefusedError,
    UnreachableError,
    WorksupportError,
)
from worksupport.harvest.github_source import login_groups
from worksupport.harvest.plan import RootQuery
from worksupport.harvest.queries_sent import jira_jql
from worksupport.harvest.types import require_root, resolve_types

# Somebody waits for the answer: a run has more patience than this.
_TIMEOUT_SECONDS, _MAX_WAIT_SECONDS, _TRIES = 15.0, 10.0, 2
# A page of one second's age, and the whole seconds of a Date header, are no wrong clock.
_MOST_SKEW_SECONDS = 60.0
_SYNCHRONISE = (
    "synchronise this machine's clock: timedatectl set-ntp true (macOS: sudo sntp -sS time.apple.com)"
)


@dataclass(frozen=True)
class Asked:
    """How asking one service went, and how far our clock is ahead of its clock (None: it did not say)."""

    check: Check
    clock_ahead_seconds: float | None


@dataclass(frozen=True)
class _Finding:
    """What a service answered."""

    parts: list[str]
    fix: str = ""


def ask_jira(settings: Settings, configured: JiraSettings, clock: Clock) -> Asked:
    """Ask Jira what it is, who we are and which types it has, and for the first page of the root query."""
    client = jira.connect(configured, clock=clock, **_patience(settings))
    with closing(client):
        return _asked("jira", client.service, clock, lambda: _question_jira(client, settings, configured))


def ask_github(settings: Settings, configured: GitHubSettings, clock: Clock) -> Asked:
    """Ask GitHub who we are, and for the first page of the issues of the first members."""
    client = github.connect(configured, clock=clock, **_patience(settings))
    with closing(client):
        return _asked("github", client.service, clock, lambda: _question_github(client, settings, configured))


def check_clock(asked: dict[str, Asked]) -> Check:
    """Does this machine's clock go with those of the services (by name)?"""
    skews = {name: one.clock_ahead_seconds for name, one in asked.items()}
    known = {name: skew for name, skew in skews.items() if skew is not None}
    if not known:
        return Check("clock", True, "not compared: no service told its time")
    name, skew = max(known.items(), key=lambda item: abs(item[1]))
    if abs(skew) <= _MOST_SKEW_SECONDS:
        return Check("clock", True, f"goes with {' and '.join(known)}")
    side = "ahead of" if skew > 0 else "behind"
    return Check("clock", False, f"{abs(skew):.0f} s {side} that of {name}", _SYNCHRONISE)


def _patience(settings: Settings) -> dict[str, float]:
    return {
        "timeout_seconds": min(settings.timeout_seconds, _TIMEOUT_SECONDS),
        "max_wait_seconds": min(settings.max_wait_seconds, _MAX_WAIT_SECONDS),
    }


def _asked(name: str, service: Service, clock: Clock, question: Callable[[], _Finding]) -> Asked:
    service.tries = _TRIES
    seen = Observation(service, clock)
    try:
        found = question()
        check = Check(name, True, "\n".join([*found.parts, *_quotas(seen)]), found.fix)
    except InterruptedRunError:
        raise
    except UnreachableError as error:
        # The error's own advice is to run this check.
        check = replace(refused(name, error), fix=f"can this machine reach it? curl -sSI {service.base_url}")
    except WorksupportError as error:
        check = refused(name, error)
    return Asked(check, seen.clock_ahead_seconds)


def _quotas(seen: Observation) -> list[str]:
    parts = [f"{left} of {limit} {bucket} requests left" for bucket, (left, limit) in seen.quotas.items()]
    return ["; ".join(" ".join(part.split()) for part in parts)] if parts else []


def _question_jira(client: jira.Jira, settings: Settings, configured: JiraSettings) -> _Finding:
    site, account = client.site(), client.prove_identity()
    types = resolve_types(settings.hierarchy, client.issue_types())
    if not configured.root_jql:
        require_root(types, settings.hierarchy)
    query = jira_jql(RootQuery(), client, settings.hierarchy, configured, types)
    page = _first_root_page(client, query)
    if not client.identity_proven:
        raise CredentialsError(
            f"Jira found nothing for {configured.email or 'this token'} and does not say who that is",
            "make a new API token, set jira.api_token to it, then run: worksupport check",
        )
    lacking = [str(item) for item in types.left_out]
    parts = [f"{site.base_url} ({site.deployment}), {_who(account)}", f"root query: {_count(page)}", *lacking]
    fix = "" if page else "set jira.root_jql to a query that finds the roots; try it in Jira's own search"
    return _Finding(parts, fix)


def _first_root_page(client: jira.Jira, query: str) -> list[object]:
    try:
        return next(client.search(query), [])
    except QueryRefusedError as error:
        raise ConfigurationError(
            f"Jira refused the root query: {error.message}",
            "set jira.root_jql to a query that this site knows; try it in Jira's own search",
        ) from error


def _question_github(client: github.GitHub, settings: Settings, configured: GitHubSettings) -> _Finding:
    account = client.prove_identity()
    who = f"{configured.base_url}, {_who(account)}"
    groups = login_groups(settings, LOGINS_PER_QUERY if client.supports_or() else 1)
    if not groups:
        return _Finding([who, "nothing to ask: no member has a github_id"])
    query = issue_query(configured.issue_label, groups[0], configured.search_scope)
    try:
        page = next(iter(client.search(query)), [])
    except QueryRefusedError as error:  # a harvest leaves these members out and goes on
        return _Finding([who, error.message], f"correct the github_id of {', '.join(groups[0])}")
    return _Finding([who, f"search for {', '.join(groups[0])}: {_count(page)}"])


def _who(account: Account | None) -> str:
    if account is None:
        return "account not told to this token"
    zone = f", time zone {account.time_zone}" if account.time_zone else ""
    return f"as {account.name or account.id} ({account.id}){zone}"


def _count(page: list[object]) -> str:
    return "1 issue on its first page" if len(page) == 1 else f"{len(page)} issues on its first page"

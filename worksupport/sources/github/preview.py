"""What a harvest would ask GitHub, for `harvest --dry-run`; its first query for real, for `check`."""

from collections.abc import Iterator
from datetime import datetime

from worksupport.config.settings import GitHubSettings, Settings
from worksupport.errors import QueryRefusedError
from worksupport.sources.base import ParentsOf, Probe, Scope, count_text, who_text
from worksupport.sources.github.client import GitHub
from worksupport.sources.github.search import LOGINS_PER_QUERY, issue_query, updated_since
from worksupport.sources.github.source import login_groups, require_scope


def dry_run(settings: Settings, github: GitHubSettings, parents_of: ParentsOf) -> Iterator[str]:
    """The text of each search of a harvest; nothing is sent."""
    for group in login_groups(settings, LOGINS_PER_QUERY):
        yield issue_query(github.issue_label, group, github.search_scope)


def dry_run_changed(settings: Settings, github: GitHubSettings, scope: Scope, now: datetime) -> Iterator[str]:
    """The text of the search of a quick harvest."""
    assert scope.since is not None
    yield updated_since(issue_query(github.issue_label, (), github.search_scope), scope.since)


def probe(client: GitHub, settings: Settings, github: GitHubSettings) -> Probe:
    """Ask who we are, and for the first page of the issues of the first members.

    Raises what a harvest would raise.
    """
    who = f"{github.base_url}, {who_text(client.prove_identity())}"
    groups = login_groups(settings, LOGINS_PER_QUERY if client.supports_or() else 1)
    if not groups:
        return Probe([who, "nothing to ask: no member has a github_id"])
    query = issue_query(github.issue_label, groups[0], github.search_scope)
    try:
        page = next(iter(client.search(query)), [])
    except QueryRefusedError as error:
        require_scope(client, github)
        # A harvest leaves these members out and goes on.
        return Probe([who, error.message], f"correct the github_id of {', '.join(groups[0])}")
    withheld = [f"organisation {each}: {reason}" for each, reason in client.withheld().items()]
    found = f"search for {', '.join(groups[0])}: {count_text(page)}"
    return Probe([who, found, *withheld], "authorise the token" if withheld else "")

"""What a harvest would ask Jira, for `harvest --dry-run`; its first query for real, for `check`."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from worksupport.config.settings import JiraSettings, Settings
from worksupport.errors import ConfigurationError, QueryRefusedError
from worksupport.sources.base import ParentsOf, Probe, Scope, batches, count_text, who_text
from worksupport.sources.jira.changed import changed_queries
from worksupport.sources.jira.client import Jira
from worksupport.sources.jira.jql import quote
from worksupport.sources.jira.plan import (
    FULL_BATCH,
    ChildrenQuery,
    LabelQuery,
    Query,
    RootQuery,
    query_jql,
)
from worksupport.sources.jira.search import Cloud
from worksupport.sources.jira.types import SiteTypes, require_root, resolve_types


def dry_run(settings: Settings, jira: JiraSettings, parents_of: ParentsOf) -> Iterator[str]:
    """The JQL of each search of a harvest; nothing is sent.

    Type ids are those configured (a run looks them up), parents those that `parents_of` knows.
    """
    types = SiteTypes({type_id: (str(type_id),) for type_id in settings.hierarchy.by_id})
    for query in _queries(settings, jira, parents_of):
        yield query_jql(query, Cloud(), settings.hierarchy, jira, types)


def dry_run_changed(settings: Settings, jira: JiraSettings, scope: Scope, now: datetime) -> Iterator[str]:
    """The JQL of each search of a quick harvest; below what is new there are more."""
    types = SiteTypes({type_id: (str(type_id),) for type_id in settings.hierarchy.by_id})
    yield query_jql(RootQuery(), Cloud(), settings.hierarchy, jira, types)
    yield from changed_queries(Cloud(), jira, scope, _accounts(settings), now)


def _accounts(settings: Settings) -> list[str]:
    return list(dict.fromkeys(member.jira_id for member in settings.members if member.jira_id))


def _queries(settings: Settings, jira: JiraSettings, parents_of: ParentsOf) -> Iterator[Query]:
    yield RootQuery()
    for issue_type in settings.hierarchy.types:
        if issue_type.child_type_ids:
            for parents in batches(parents_of(issue_type.id), FULL_BATCH):
                yield ChildrenQuery(parents, issue_type.child_type_ids)
    if jira.issue_label:
        yield from (LabelQuery(group) for group in batches(_accounts(settings), FULL_BATCH))


def probe(client: Jira, settings: Settings, jira: JiraSettings) -> Probe:
    """Ask what the site is, who we are and which types it has, and for the first page of the root query.

    Raises what a harvest would raise.
    """
    opened = client.open(_one_by_one)
    types = resolve_types(settings.hierarchy, opened.types)
    if not jira.root_jql:
        require_root(types, settings.hierarchy)
    query = query_jql(RootQuery(), client.deployment, settings.hierarchy, jira, types)
    page = _first_root_page(client, query)
    label, labelled = _labelled(client, jira)
    client.require_identity()
    site = f"{opened.site.base_url} ({opened.site.deployment}), {who_text(opened.account)}"
    facts = [site, f"root query: {count_text(page)}", *label, *map(str, types.left_out)]
    fix = "" if page else "set jira.root_jql to a query that finds the roots; try it in Jira's own search"
    if page and not labelled:
        fix = f"nothing has the label {jira.issue_label!r}: correct jira.issue_label, or leave it empty"
    return Probe(facts, fix)


def _labelled(client: Jira, jira: JiraSettings) -> tuple[list[str], bool]:
    """What the label finds, whoever has it, as a fact; and whether that is well."""
    if not jira.issue_label:
        return [], True
    page = next(client.search(f"labels = {quote(jira.issue_label)}"), [])
    return [f"label {jira.issue_label}: {count_text(page)}"], bool(page)


def _one_by_one(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """`Jira.open`'s tasks, until one goes wrong: a refused token is sent no more often than it must be."""
    return [task() for task in tasks]


def _first_root_page(client: Jira, query: str) -> list[Any]:
    try:
        return next(client.search(query), [])
    except QueryRefusedError as error:
        raise ConfigurationError(
            f"Jira refused the root query: {error.message}",
            "set jira.root_jql to a query that this site knows; try it in Jira's own search",
        ) from error

"""What a harvest would send, from the configuration and the local copy's parents alone."""

from collections.abc import Callable, Iterator

from worksupport.clients import jql
from worksupport.clients.github_query import LOGINS_PER_QUERY, issue_query
from worksupport.config.settings import Settings
from worksupport.harvest.github_source import login_groups
from worksupport.harvest.plan import FULL_BATCH, ChildrenQuery, LabelQuery, Query, RootQuery, batches
from worksupport.harvest.queries_sent import jira_jql
from worksupport.harvest.sources import first_outcomes
from worksupport.harvest.types import SiteTypes

# The keys of the known issues of a configured type.
ParentsOf = Callable[[int], list[str]]


def queries_to_send(settings: Settings, only: str | None, parents_of: ParentsOf) -> Iterator[str]:
    """The searches of a harvest as lines `jira JQL` and `github QUERY`; nothing is sent.

    Type ids are those configured (a run looks them up), parents those that `parents_of` knows.
    """
    outcomes = first_outcomes(settings, only)
    if settings.jira and outcomes["jira"].asked:
        types = SiteTypes({type_id: (str(type_id),) for type_id in settings.hierarchy.by_id})
        for query in _jira_queries(settings, parents_of):
            yield f"jira {jira_jql(query, jql, settings.hierarchy, settings.jira, types)}"
    if settings.github and outcomes["github"].asked:
        for group in login_groups(settings, LOGINS_PER_QUERY):
            yield f"github {issue_query(settings.github.issue_label, group, settings.github.search_scope)}"


def _jira_queries(settings: Settings, parents_of: ParentsOf) -> Iterator[Query]:
    yield RootQuery()
    for issue_type in settings.hierarchy.types:
        if issue_type.child_type_ids:
            for parents in batches(parents_of(issue_type.id), FULL_BATCH):
                yield ChildrenQuery(parents, issue_type.child_type_ids)
    accounts = list(dict.fromkeys(member.jira_id for member in settings.members if member.jira_id))
    if settings.jira and settings.jira.issue_label:
        yield from (LabelQuery(group) for group in batches(accounts, FULL_BATCH))

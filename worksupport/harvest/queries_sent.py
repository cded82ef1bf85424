"""The text of each query of a plan, for sending and for `harvest --dry-run`."""

from typing import Protocol

from worksupport.clients import jql
from worksupport.config.settings import JiraSettings
from worksupport.harvest.plan import ChildrenQuery, LabelQuery, Query, RootQuery
from worksupport.harvest.types import SiteTypes
from worksupport.hierarchy import Hierarchy


class ChildrenJql(Protocol):
    """How a deployment asks for the children of issues."""

    def children_jql(self, parents: tuple[str, ...], type_ids: tuple[str, ...]) -> str:
        """The JQL for the children of `parents`, of these site types; without types, of any."""


def jira_jql(
    query: Query, deployment: ChildrenJql, hierarchy: Hierarchy, jira: JiraSettings, types: SiteTypes
) -> str:
    """The JQL of one query, with the type ids of the site."""
    match query:
        case RootQuery():
            roots = types.ids_of([root.id for root in hierarchy.roots])
            return jql.root_query(roots, jira.root_jql)
        case LabelQuery(account_ids):
            return jql.label_query(jira.issue_label or "", account_ids)
        case ChildrenQuery(parents, type_ids):
            return deployment.children_jql(parents, types.ids_of(type_ids))

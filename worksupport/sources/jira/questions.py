"""The queries of one walk as pages of rows, of each as many at once as workers are free."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from worksupport.config.settings import JiraSettings, Settings
from worksupport.model.issue_fields import IssueRow
from worksupport.sources.jira.chains import Chain
from worksupport.sources.jira.client import Jira
from worksupport.sources.jira.plan import ChildrenQuery, Query, level_name, query_jql
from worksupport.sources.jira.shaper import Shaper


@dataclass
class Questions:
    """What a `Walk` asks with: `ask` begins a query, `share` brings more of one that is under way."""

    settings: Settings
    jira: JiraSettings
    client: Jira
    shaper: Shaper
    # Those that somebody is still bringing: each knows all the ids that it has brought.
    _chains: WeakValueDictionary[Query, Chain] = field(default_factory=WeakValueDictionary)

    def ask(self, query: Query) -> Iterator[list[IssueRow]]:
        """The pages of a query. Raises what the client raises."""
        hierarchy = self.settings.hierarchy
        jql = query_jql(query, self.client.deployment, hierarchy, self.jira, self.shaper.types)
        chain = self.client.chain(jql, has_descriptions=self.settings.descriptions)
        if isinstance(query, ChildrenQuery) and not query.type_ids:
            # Only whether it is answered counts: it also brings what nobody wants to store.
            return ([] for _ in chain.pages())
        self._chains[query] = chain
        return self._shaped(query, chain.pages())

    def share(self, query: Query) -> Iterator[list[IssueRow]] | None:
        """Pages of it for one more worker; None if there is nothing to share at this moment."""
        chain = self._chains.get(query)
        pages = chain.share() if chain else None
        return self._shaped(query, pages) if pages else None

    def _shaped(self, query: Query, pages: Iterator[list[object]]) -> Iterator[list[IssueRow]]:
        return self.shaper.pages(pages, level_name(query, self.settings.hierarchy))

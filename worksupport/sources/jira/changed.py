"""What changed in Jira: three queries at once, and the walk below what is new; then it is judged (`delta`).

README.md, "What changed". The root query is always asked in full: who is a root, only it can tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from worksupport.config.settings import JiraSettings, Settings
from worksupport.model.issue_fields import IssueRow
from worksupport.model.known import Known
from worksupport.sources.base import LABELLED, Confirmed, Emit, Page, Scope, WhatIsKnown, batches
from worksupport.sources.jira import jql
from worksupport.sources.jira.chains import Chain, by_all_workers
from worksupport.sources.jira.client import Jira
from worksupport.sources.jira.confirm import InScope
from worksupport.sources.jira.delta import Delta, as_lost, named
from worksupport.sources.jira.plan import FULL_BATCH, RootQuery, level_name
from worksupport.sources.jira.search import Deployment
from worksupport.sources.jira.shaper import Shaper
from worksupport.sources.jira.walk import Ask, Share, Walk
from worksupport.sources.jira.workers import Workers

# They are held in memory until they are judged.
_MOST_HELD = 100


class TooMuchError(Exception):
    """So much has changed that everything is less work; the message says how much."""


@dataclass(frozen=True)
class Pages:
    """What was brought and is not judged yet; the ids of the roots in it; by id, what the copy has of it."""

    pages: list[Page]
    roots: frozenset[str]
    known: dict[str, Known]

    def newest(self) -> dict[str, IssueRow]:
        """The newest row of each issue, by its id."""
        found: dict[str, IssueRow] = {}
        for row in (row for page in self.pages for row in page.rows):
            other = found.setdefault(row["source_id"], row)
            if (row["updated_at"] or "") > (other["updated_at"] or ""):
                found[row["source_id"]] = row
        return found


@dataclass
class Changed:
    """One run's question for what changed."""

    settings: Settings
    jira: JiraSettings
    client: Jira
    in_scope: InScope
    shaper: Shaper
    workers: Workers
    emit: Emit

    def pages(self, scope: Scope, accounts: Sequence[str]) -> Pages:
        """All that the queries bring. Raises TooMuchError, QueryRefusedError and what the client raises."""
        queries = changed_queries(self.client.deployment, self.jira, scope, accounts, self._now())
        changed = [self._chain(query, scope.reconciled) for query in queries]
        root_chain = self._chain(self.in_scope.root_jql)
        level = level_name(RootQuery(), self.settings.hierarchy)
        roots: list[Page] = []
        held: list[Page] = []
        known: dict[str, Known] = {}
        for chain, issues in by_all_workers([root_chain, *changed], self.workers.count):
            (page,) = self.shaper.shaped([issues], level if chain is root_chain else LABELLED)
            (roots if chain is root_chain else held).append(page)
            if len(held) > min(_MOST_HELD, scope.most_pages):
                raise TooMuchError(f"more than {len(held) - 1} pages of issues have changed")
            # At once, while further pages are awaited.
            known |= self._known(named(page.rows))
        ids = frozenset(row["source_id"] for page in roots for row in page.rows)
        return Pages([*roots, *held], ids, known)

    def _chain(self, query: str, reconciled: Sequence[str] = ()) -> Chain:
        wanted = self.settings.descriptions
        return self.client.chain(query, has_descriptions=wanted, reconciled=reconciled)

    def _now(self) -> datetime:
        now = self.client.service.time
        if now is None:
            raise TooMuchError("the site does not say what time it is")
        return now

    def take(self, pages: Pages, ask: Ask, share: Share) -> Walk:
        """Store what is ours, ask for what is below the new of it, and tell what is ours no longer."""
        fresh = pages.newest()
        delta = Delta(
            self.settings.hierarchy,
            self.in_scope.label.casefold() if self.in_scope.label else None,
            self.in_scope.accounts,
            pages.roots,
            fresh,
            pages.known,
        )
        ours = delta.ours()
        for page in pages.pages:
            rows = [row for row in page.rows if row["source_id"] in ours and fresh[row["source_id"]] is row]
            self.emit(replace(page, rows=rows))
        brought: set[str] = set()
        walk = Walk(
            self.settings.hierarchy,
            self.shaper.types.site_ids,
            self.workers,
            lambda query: _noted(ask(query), brought),
            lambda query: _noted(shared, brought) if (shared := share(query)) else None,
        )
        walk.run((), new := delta.to_expand())
        self._tell_the_lost(delta, new, brought)
        return walk

    def _tell_the_lost(self, delta: Delta, new: list[IssueRow], brought: set[str]) -> None:
        left = [row for row in delta.left() if row["source_id"] not in brought]
        lost = {row["source_id"]: as_lost(delta.known[row["source_id"]]) for row in left}
        reasons = {row["source_id"]: self.in_scope.why_not(row, lost[row["source_id"]]) for row in left}
        if above := delta.above_the_lost(new):
            hanging = delta.learn(self._known(above, is_below=True).values())
            reasons |= {each: "left the tree" for each in hanging if each not in brought}
        if reasons:
            self.emit(Confirmed("jira", reasons, frozenset(), left, self.client.service.seen_at))

    def _known(self, asked: frozenset[str], *, is_below: bool = False) -> dict[str, Known]:
        question = WhatIsKnown("jira", asked, is_below)
        self.emit(question)
        return {each.source_id: each for each in question.reply.result()}


def changed_queries(
    deployment: Deployment, jira: JiraSettings, scope: Scope, accounts: Sequence[str], now: datetime
) -> Iterator[str]:
    """The JQL for what changed in the copy's projects, and for the members' labelled issues that did."""
    assert scope.since is not None
    since = deployment.moment_jql(scope.since, now)
    if scope.projects:
        yield jql.changed_query(scope.projects, since)
    if jira.issue_label:
        for group in batches(list(accounts), FULL_BATCH):
            yield jql.label_query(jira.issue_label, group, since)


def _noted(pages: Iterator[list[IssueRow]], brought: set[str]) -> Iterator[list[IssueRow]]:
    """The pages, while the ids of what is in them are noted."""
    for rows in pages:
        brought.update(row["source_id"] for row in rows)
        yield rows

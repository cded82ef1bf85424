"""Jira as a source of a run: prove who we are, find types and accounts, walk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from worksupport.config.settings import JiraSettings, Settings
from worksupport.model.issue_fields import IssueRow
from worksupport.model.outcome import Kind, LeftOut
from worksupport.model.past import Name
from worksupport.network.auth import Account
from worksupport.network.service import Service
from worksupport.sources.base import (
    LABELLED,
    AccountFound,
    Confirmed,
    Emit,
    Findings,
    Page,
    Past,
    Scope,
    WhatIsLost,
    WhatIsUnfound,
    WhatIsUnread,
    batches,
    may_spend,
    past_if_told,
    require_found,
)
from worksupport.sources.jira.client import Jira
from worksupport.sources.jira.confirm import InScope, confirm
from worksupport.sources.jira.plan import (
    FULL_BATCH,
    ChildrenQuery,
    LabelQuery,
    Query,
    RootQuery,
    level_name,
    query_jql,
)
from worksupport.sources.jira.rows import jira_names, jira_row
from worksupport.sources.jira.types import SiteTypes, require_root, resolve_types
from worksupport.sources.jira.walk import Walk
from worksupport.sources.jira.workers import Workers
from worksupport.sources.records import OddRecordError, contradictions

# A page of changelogs has the histories of about so many issues (README.md, "Changelogs").
_ISSUES_A_PAGE = 50


@dataclass
class JiraSource:
    """Brings the tree below the root query, and the members' labelled issues."""

    settings: Settings
    jira: JiraSettings
    client: Jira
    known_accounts: Mapping[str, str]  # e-mail address -> account id, from earlier runs
    name: str = "jira"
    findings: Findings = field(default_factory=Findings)

    @property
    def service(self) -> Service:
        """How Jira is asked."""
        return self.client.service

    def fetch(self, scope: Scope, emit: Emit) -> None:
        """Bring everything, whatever the scope.

        Raises what the client raises, and ConfigurationError for a site without a root type.
        """
        workers = Workers(self.settings.concurrency, "jira")
        try:
            self._fetch(scope, emit, workers)
        finally:
            workers.close()

    def _fetch(self, scope: Scope, emit: Emit, workers: Workers) -> None:
        opened = self.client.open(workers.at_once)
        types = self._types(opened.types)
        names = self._accounts(workers, emit)
        parent_fields = self.client.deployment.parent_fields
        shaper = _Shaper(
            opened.site.base_url,
            types,
            names,
            parent_fields,
            opened.flag_fields,
            self.settings.descriptions,
            self.findings,
            emit,
            self.service,
        )
        walk = Walk(self.settings.hierarchy, types.site_ids, workers, partial(self._ask, shaper))
        walk.run(self._first_queries(names))
        self.findings.left_out += walk.left_out
        self.findings.roots = walk.roots
        self.client.require_identity()
        self._warn_of_nothing(walk, names)
        if self.jira.issue_label:
            left_out = {item.name for item in self.findings.left_out if item.kind is Kind.ACCOUNT}
            accounts = tuple(each for each in names if each not in left_out)
            label = self.jira.issue_label
            question = WhatIsUnfound("jira", label, accounts, is_whole=not left_out)
            require_found(question, emit, self.client.is_in_scope)
        self._prove(names, shaper.accounts, opened.account, emit)
        self._confirm(walk, names, shaper, emit)
        if self.settings.changes_from_services and scope.reads_past:
            with past_if_told(self):
                self._read_past(emit)

    def _confirm(self, walk: Walk, names: Mapping[str, str], shaper: "_Shaper", emit: Emit) -> None:
        """Ask for what this run no longer found: nothing is marked that Jira has not confirmed."""
        question = WhatIsLost("jira", tuple(self.findings.left_out), self.findings.roots)
        emit(question)
        lost = question.reply.result()
        if not lost.issues:
            return
        hierarchy = self.settings.hierarchy
        roots = frozenset(root.id for root in hierarchy.roots)
        in_scope = InScope(
            query_jql(RootQuery(), self.client.deployment, hierarchy, self.jira, shaper.types),
            roots,
            frozenset(child for each in hierarchy.types for child in each.child_type_ids),
            self.jira.issue_label,
            frozenset(map(str.casefold, names)),
            set(walk.parents),
        )
        verdicts = confirm(self.client, lost, in_scope, shaper.row)
        if verdicts.found:
            emit(Page("jira", verdicts.found, LABELLED, (), self.service.seen_at))
        unconfirmed = frozenset(verdicts.unconfirmed)
        emit(Confirmed("jira", verdicts.reasons, unconfirmed, verdicts.left, self.service.seen_at))

    def _read_past(self, emit: Emit) -> None:
        """The changelogs of what changed since they were read, within what a run may spend."""
        question = WhatIsUnread("jira", may_spend(self.service) * _ISSUES_A_PAGE)
        emit(question)
        ids = [issue.source_id for issue in question.reply.result()]
        if not ids:
            return
        emit(Past("jira", {}, self.client.statuses(), self.service.seen_at))
        for entries, names in self.client.read_past(ids):
            emit(Past("jira", entries, sorted(names, key=str), self.service.seen_at))

    def _ask(self, shaper: "_Shaper", query: Query) -> Iterator[list[IssueRow]]:
        hierarchy = self.settings.hierarchy
        jql = query_jql(query, self.client.deployment, hierarchy, self.jira, shaper.types)
        raw_pages = self.client.search(jql, has_descriptions=self.settings.descriptions)
        if isinstance(query, ChildrenQuery) and not query.type_ids:
            # Only whether it is answered counts: it also brings what nobody wants to store.
            return ([] for _ in raw_pages)
        return shaper.pages(raw_pages, level_name(query, hierarchy))

    def _types(self, listed: list[dict[str, Any]]) -> SiteTypes:
        types = resolve_types(self.settings.hierarchy, listed)
        self.findings.left_out += types.left_out
        self.findings.warnings += types.warnings
        if not self.jira.root_jql:
            require_root(types, self.settings.hierarchy)
        return types

    def _accounts(self, workers: Workers, emit: Emit) -> dict[str, str]:
        """Account id -> member name; addresses not known yet are resolved, all at once."""
        found = dict(self.known_accounts)
        members = [member for member in self.settings.members if member.jira_id]
        unknown = list({m.jira_id for m in members if m.jira_id and "@" in m.jira_id} - found.keys())
        resolved = workers.at_once([partial(self.client.find_account_id, address) for address in unknown])
        for address, account_id in zip(unknown, resolved, strict=True):
            if isinstance(account_id, Exception):
                raise account_id
            if isinstance(account_id, str):
                found[address] = account_id
                emit(AccountFound(address, account_id))
            else:
                reason = "no account with this e-mail address can be found; configure the accountId instead"
                self.findings.leave_out(LeftOut("jira", Kind.ACCOUNT, address, reason))
        ids = ((found.get(m.jira_id or "", m.jira_id or ""), m.name) for m in members)
        return {account_id: name for account_id, name in ids if "@" not in account_id}

    def _warn_of_nothing(self, walk: Walk, names: Mapping[str, str]) -> None:
        """An empty answer to a root or a label query is seldom what somebody meant."""
        if not walk.roots:
            text = f"jira: the root query found no {level_name(RootQuery(), self.settings.hierarchy)}"
            hint = "; the built-in one names four projects of one company: set jira.root_jql"
            self.findings.warnings.append(text + ("" if self.jira.root_jql else hint))
        if self.jira.issue_label and names and not walk.labelled and not walk.left_out:
            text = f"jira: no issue of the team's has the label {self.jira.issue_label!r}"
            self.findings.warnings.append(text)

    def _prove(self, names: Mapping[str, str], seen: set[str], own: Account | None, emit: Emit) -> None:
        """Leave out the accounts that nobody has.

        For those Jira answers 200 and no issues (README.md, "JQL"). One that an issue or the site names is
        kept as proven, and not asked for again.
        """
        members = self.settings.members
        given = {m.jira_id for m in members if m.jira_id} - self.known_accounts.keys()
        proven = {account_id.casefold() for account_id in seen}  # Data Center's user names have no case
        unseen = [each for each in names if each in given and each.casefold() not in proven]
        told = self.client.known_accounts(unseen, own)
        proven |= {account_id.casefold() for account_id in told or ()}
        for account_id in given & names.keys():
            if account_id.casefold() in proven:
                emit(AccountFound(account_id, account_id))
            elif told is not None:
                reason = f"nobody on the site has this account id; correct the jira_id of {names[account_id]}"
                self.findings.leave_out(LeftOut("jira", Kind.ACCOUNT, account_id, reason))

    def _first_queries(self, names: Mapping[str, str]) -> list[Query]:
        accounts = list(names) if self.jira.issue_label else []
        return [RootQuery(), *(LabelQuery(group) for group in batches(accounts, FULL_BATCH))]


@dataclass
class _Shaper:
    """Turns the pages of a query into rows, hands them to the writer, and passes them on."""

    site_url: str
    types: SiteTypes
    names: Mapping[str, str]
    parent_fields: tuple[str, ...]
    flag_fields: tuple[str, ...]
    has_descriptions: bool
    findings: Findings
    emit: Emit
    service: Service
    accounts: set[str] = field(default_factory=set)  # whom issues named as assignee

    def pages(self, raw_pages: Iterator[list[Any]], level: str) -> Iterator[list[IssueRow]]:
        """Each raw page of a level as rows; a record that cannot be shaped is left out by its key."""
        for raw_page in raw_pages:
            rows = [row for raw in raw_page if (row := self.row(raw)) is not None]
            self.accounts.update(account for row in rows for account, _ in row["assignee_accounts"])
            self.findings.warnings += contradictions(rows)
            names = {name for raw in raw_page for name in _names(raw)}
            self.emit(Page("jira", rows, level, sorted(names, key=str), self.service.seen_at))
            yield rows

    def row(self, raw: Any) -> IssueRow | None:
        try:
            return jira_row(
                raw,
                site_url=self.site_url,
                type_ids=self.types.configured,
                names=self.names,
                parent_fields=self.parent_fields,
                flag_fields=self.flag_fields,
                has_description=self.has_descriptions,
            )
        except OddRecordError as error:
            self.findings.left_out.append(LeftOut("jira", Kind.RECORD, error.record or "", str(error)))
            return None


def _names(raw: Any) -> list[Name]:
    try:
        return list(jira_names(raw)) if isinstance(raw, dict) else []
    except OddRecordError:
        return []

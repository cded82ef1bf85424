"""Jira as a source of a run: prove who we are, find types and accounts, walk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from worksupport.clients.http import Service
from worksupport.clients.jira import Jira
from worksupport.config.settings import JiraSettings, Settings
from worksupport.errors import CredentialsError
from worksupport.harvest.pipeline import AccountFound, Emit, Findings, Page
from worksupport.harvest.plan import FULL_BATCH, ChildrenQuery, LabelQuery, Query, RootQuery, batches
from worksupport.harvest.progress import level_name
from worksupport.harvest.queries_sent import jira_jql
from worksupport.harvest.types import SiteTypes, require_root, resolve_types
from worksupport.harvest.walk import Walk
from worksupport.harvest.workers import Workers
from worksupport.issue_row import IssueRow
from worksupport.outcome import Kind, LeftOut
from worksupport.rows import OddRecordError, jira_row


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

    def fetch(self, emit: Emit) -> None:
        """Bring everything.

        Raises what the client raises, and ConfigurationError for a site without a root type.
        """
        workers = Workers(self.settings.concurrency, "jira")
        try:
            self._fetch(emit, workers)
        finally:
            workers.close()

    def _fetch(self, emit: Emit, workers: Workers) -> None:
        jira, hierarchy = self.client, self.settings.hierarchy
        listed: list[dict[str, Any]] = []
        workers.run_all([jira.site, jira.prove_identity, lambda: listed.extend(jira.issue_types())])
        types = self._types(listed)
        names = self._accounts(jira, workers, emit)
        shaper = _Shaper(jira.site().base_url, types, names, jira.parent_fields, self.findings.left_out, emit)
        walk = Walk(hierarchy, types.site_ids, workers, partial(self._ask, shaper))
        walk.run(self._first_queries(names))
        self.findings.left_out += walk.left_out
        self.findings.roots = walk.roots
        self._check_identity(jira)

    def _ask(self, shaper: "_Shaper", query: Query) -> Iterator[list[IssueRow]]:
        hierarchy = self.settings.hierarchy
        jql = jira_jql(query, self.client, hierarchy, self.jira, shaper.types)
        raw_pages = self.client.search(jql)
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

    def _accounts(self, jira: Jira, workers: Workers, emit: Emit) -> dict[str, str]:
        """Account id -> member name; addresses not known yet are resolved, all at once."""
        found = dict(self.known_accounts)
        members = [member for member in self.settings.members if member.jira_id]
        unknown = {m.jira_id for m in members if m.jira_id and "@" in m.jira_id} - found.keys()
        resolved: dict[str, str | None] = {}

        def resolve(address: str) -> None:
            resolved[address] = jira.find_account_id(address)

        workers.run_all([partial(resolve, address) for address in unknown])
        for address, account_id in resolved.items():
            if account_id:
                found[address] = account_id
                emit(AccountFound(address, account_id))
            else:
                reason = "no account with this e-mail address can be found; configure the accountId instead"
                self.findings.left_out.append(LeftOut("jira", Kind.ACCOUNT, address, reason))
        ids = ((found.get(m.jira_id or "", m.jira_id or ""), m.name) for m in members)
        return {account_id: name for account_id, name in ids if "@" not in account_id}

    def _first_queries(self, names: Mapping[str, str]) -> list[Query]:
        accounts = list(names) if self.jira.issue_label else []
        return [RootQuery(), *(LabelQuery(group) for group in batches(accounts, FULL_BATCH))]

    def _check_identity(self, jira: Jira) -> None:
        """Jira answers 200 and no issues to a token that it does not accept."""
        if not jira.identity_proven:
            raise CredentialsError(
                f"Jira found nothing for {self.jira.email or 'this token'} and does not say who that is",
                "make a new API token, then run: worksupport check",
            )


@dataclass
class _Shaper:
    """Turns the pages of a query into rows, hands them to the writer, and passes them on."""

    site_url: str
    types: SiteTypes
    names: Mapping[str, str]
    parent_fields: tuple[str, ...]
    left_out: list[LeftOut]
    emit: Emit

    def pages(self, raw_pages: Iterator[list[dict[str, Any]]], level: str) -> Iterator[list[IssueRow]]:
        """Each raw page of a level as rows; a record that cannot be shaped is left out by its key."""
        for raw_page in raw_pages:
            rows = [row for raw in raw_page if (row := self._row(raw)) is not None]
            self.emit(Page("jira", rows, level))
            yield rows

    def _row(self, raw: dict[str, Any]) -> IssueRow | None:
        try:
            return jira_row(
                raw,
                site_url=self.site_url,
                type_ids=self.types.configured,
                names=self.names,
                parent_fields=self.parent_fields,
            )
        except OddRecordError as error:
            self.left_out.append(LeftOut("jira", Kind.RECORD, error.record or "", str(error)))
            return None

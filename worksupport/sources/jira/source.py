"""Jira as a source of a run: prove who we are, find types and accounts, walk."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from worksupport.config.settings import JiraSettings, Settings
from worksupport.errors import BrakeError, QueryRefusedError
from worksupport.model.outcome import Kind, LeftOut
from worksupport.network.auth import Account
from worksupport.network.service import Service
from worksupport.sources.base import (
    LABELLED,
    AccountFound,
    Confirmed,
    Emit,
    Findings,
    LostIssues,
    Page,
    Past,
    Scope,
    WhatIsLost,
    WhatIsUnfound,
    WhatIsUnread,
    Widened,
    batches,
    counted_singles,
    may_spend,
    past_if_told,
    require_found,
)
from worksupport.sources.jira.changed import Changed, TooMuchError
from worksupport.sources.jira.client import Jira
from worksupport.sources.jira.confirm import InScope, confirm
from worksupport.sources.jira.plan import (
    FULL_BATCH,
    LabelQuery,
    Query,
    RootQuery,
    level_name,
    query_jql,
)
from worksupport.sources.jira.questions import Questions
from worksupport.sources.jira.shaper import Shaper
from worksupport.sources.jira.types import SiteTypes, require_root, resolve_types
from worksupport.sources.jira.walk import Walk
from worksupport.sources.jira.workers import Workers

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
        """Bring everything, or what changed; everything as well where that is less work, or a query refused.

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
        shaper = Shaper(
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
        if scope.is_full or not self._brings_changed(scope, names, shaper, workers, emit):
            self._fetch_all(scope, names, opened.account, shaper, workers, emit)
        if self.settings.changes_from_services and scope.reads_past:
            with past_if_told(self):
                self._read_past(emit)

    def _brings_changed(
        self, scope: Scope, names: Mapping[str, str], shaper: Shaper, workers: Workers, emit: Emit
    ) -> bool:
        """What changed, if that can be asked for: else says that everything will come."""
        in_scope = self._in_scope(names, shaper, set())
        changed = Changed(self.settings, self.jira, self.client, in_scope, shaper, workers, emit)
        try:
            pages = changed.pages(scope, tuple(names))
        except (TooMuchError, QueryRefusedError) as error:
            emit(Widened("jira", str(error)))
            return False
        questions = self._questions(shaper)
        walk = changed.take(pages, questions.ask, questions.share)
        self.findings.left_out += walk.left_out
        self.client.require_identity()
        return True

    def _questions(self, shaper: Shaper) -> Questions:
        return Questions(self.settings, self.jira, self.client, shaper)

    def _fetch_all(
        self,
        scope: Scope,
        names: Mapping[str, str],
        own: Account | None,
        shaper: Shaper,
        workers: Workers,
        emit: Emit,
    ) -> None:
        questions, site_ids = self._questions(shaper), shaper.types.site_ids
        walk = Walk(self.settings.hierarchy, site_ids, workers, questions.ask, questions.share)
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
        self._prove(names, shaper.accounts, own, emit)
        self._confirm(walk, names, shaper, scope.singles, emit)

    def _confirm(
        self, walk: Walk, names: Mapping[str, str], shaper: Shaper, singles: int, emit: Emit
    ) -> None:
        """Ask for what this run no longer found: nothing is marked that Jira has not confirmed."""
        lost = self._lost(emit)
        if not lost.issues:
            return
        in_scope = self._in_scope(names, shaper, set(walk.parents))
        asked, unasked = lost.issues, []
        if not self.client.deployment.has_user_bulk:
            asked, unasked = lost.issues[:singles], lost.issues[singles:]
        with counted_singles(self):
            verdicts = confirm(self.client, replace(lost, issues=asked), in_scope, shaper.row)
        if verdicts.found:
            emit(Page("jira", verdicts.found, LABELLED, (), self.service.seen_at))
        unconfirmed = frozenset(verdicts.unconfirmed).union(each.source_id for each in unasked)
        emit(Confirmed("jira", verdicts.reasons, unconfirmed, verdicts.left, self.service.seen_at))

    def _lost(self, emit: Emit, *suspects: LeftOut) -> LostIssues:
        left_out = (*self.findings.left_out, *suspects)
        question = WhatIsLost("jira", left_out, self.findings.roots)
        emit(question)
        return question.reply.result()

    def _in_scope(self, names: Mapping[str, str], shaper: Shaper, parents: set[str]) -> InScope:
        hierarchy = self.settings.hierarchy
        return InScope(
            query_jql(RootQuery(), self.client.deployment, hierarchy, self.jira, shaper.types),
            frozenset(root.id for root in hierarchy.roots),
            frozenset(child for each in hierarchy.types for child in each.child_type_ids),
            self.jira.issue_label,
            frozenset(map(str.casefold, names)),
            parents,
            shaper.labelled,
        )

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
        nobody = "nobody on the site has" if told is not None else "no issue and no answer shows"
        suspects = []
        for account_id in sorted(given & names.keys()):
            if account_id.casefold() in proven:
                emit(AccountFound(account_id, account_id))
                continue
            reason = f"{nobody} this account id; correct the jira_id of {names[account_id]}"
            suspects.append(LeftOut("jira", Kind.ACCOUNT, account_id, reason))
        for suspect in suspects if told is not None else self._that_keep(suspects, emit):
            self.findings.leave_out(suspect)

    def _that_keep(self, suspects: list[LeftOut], emit: Emit) -> list[LeftOut]:
        """Those but for which issues of their member, stored by another account, would be lost."""
        kept = suspects
        fewest = len(self._lost(emit, *kept).issues) if suspects else 0
        for suspect in suspects:
            others = [each for each in kept if each is not suspect]
            with suppress(BrakeError):  # so many that the brake would be told in place of the account
                kept = others if len(self._lost(emit, *others).issues) == fewest else kept
        return kept

    def _first_queries(self, names: Mapping[str, str]) -> list[Query]:
        accounts = list(names) if self.jira.issue_label else []
        return [RootQuery(), *(LabelQuery(group) for group in batches(accounts, FULL_BATCH))]

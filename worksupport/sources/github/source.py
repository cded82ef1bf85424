"""GitHub as a source of a run: labelled issues by assignee, six logins a query, one request at a time."""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from worksupport.config.settings import GitHubSettings, Settings
from worksupport.errors import ConfigurationError, QueryRefusedError
from worksupport.model.issue_fields import IssueRow
from worksupport.model.known import Known
from worksupport.model.outcome import Kind, LeftOut
from worksupport.model.past import Name
from worksupport.network.service import Service
from worksupport.sources.base import (
    LABELLED,
    Confirmed,
    Emit,
    Findings,
    Page,
    Past,
    Scope,
    WhatIsKnown,
    WhatIsLost,
    WhatIsUnfound,
    WhatIsUnread,
    batches,
    counted_singles,
    may_spend,
    past_if_told,
    require_found,
)
from worksupport.sources.github.client import GitHub
from worksupport.sources.github.confirm import confirm
from worksupport.sources.github.rows import github_names, github_row, is_pull_request
from worksupport.sources.github.search import (
    LOGINS_PER_QUERY,
    MOST_RESULTS,
    TooManyError,
    issue_query,
    updated_since,
)
from worksupport.sources.github.timeline import read_timeline
from worksupport.sources.records import OddRecordError, contradictions


@dataclass
class GitHubSource:
    """Brings the issues that carry the label and are assigned to a member."""

    settings: Settings
    github: GitHubSettings
    client: GitHub
    name: str = "github"
    findings: Findings = field(default_factory=Findings)

    @property
    def service(self) -> Service:
        """How GitHub is asked."""
        return self.client.service

    def fetch(self, scope: Scope, emit: Emit) -> None:
        """Bring everything, or what changed.

        Raises what the client raises, and ConfigurationError where one cause refuses every search.
        """
        self.client.prove_identity()
        if scope.since is None:
            self._fetch_all(scope, emit)
        else:
            self._fetch_changed(scope.since, emit)
        if self.settings.changes_from_services and scope.reads_past:
            with past_if_told(self), counted_singles(self):
                self._read_past(scope, emit)

    def _fetch_changed(self, since: datetime, emit: Emit) -> None:
        """What changed of the label, whoever has it; by groups of people where that is too much.

        README.md, "What changed".
        """
        query = updated_since(issue_query(self.github.issue_label, (), self.github.search_scope), since)
        try:
            held = [self._page(items) for items in self.client.search(query, most=MOST_RESULTS)]
        except (TooManyError, QueryRefusedError):
            self._ask_all(emit, since)
            return
        known = self._known(held, emit)
        logins = {login.casefold() for (login,) in login_groups(self.settings, 1)}
        left: dict[str, IssueRow] = {}  # labelled, but no member's any more
        for page in held:
            fresh = [row for row in page.rows if not _is_stale(row, known)]
            emit(replace(page, rows=[row for row in fresh if _has_one_of(row, logins)]))
            others = (row for row in fresh if not _has_one_of(row, logins))
            left |= {row["source_id"]: row for row in others if _is_present(row, known)}
        if left:
            reasons = dict.fromkeys(left, "reassigned")
            emit(Confirmed("github", reasons, frozenset(), [*left.values()], self.service.seen_at))

    def _known(self, pages: Sequence[Page], emit: Emit) -> dict[str, Known]:
        question = WhatIsKnown("github", frozenset(row["source_id"] for page in pages for row in page.rows))
        emit(question)
        return {each.source_id: each for each in question.reply.result()}

    def _page(self, items: list[Any]) -> Page:
        """One answer's issues as rows."""
        rows = list(self._rows(items))
        return Page("github", rows, LABELLED, self._names(items), self.service.seen_at)

    def _fetch_all(self, scope: Scope, emit: Emit) -> None:
        issues = self._ask_all(emit)
        left_out = {item.name for item in self.findings.left_out if item.kind is Kind.LOGIN}
        logins = tuple(each for (each,) in login_groups(self.settings, 1) if each not in left_out)
        question = WhatIsUnfound("github", self.github.issue_label, logins, is_whole=not left_out)
        require_found(question, emit, self.client.is_in_scope)
        for organisation, reason in self.client.withheld().items():
            self._leave_out(Kind.ORGANISATION, organisation, reason)
        if not issues and not self.findings.left_out and login_groups(self.settings, 1):
            text = f"github: no issue of the team's has the label {self.github.issue_label!r}"
            self.findings.warnings.append(text)
        with counted_singles(self):
            self._confirm(frozenset(map(str.casefold, logins)), scope.singles, emit)

    def _confirm(self, logins: frozenset[str], most: int, emit: Emit) -> None:
        """Ask for what this run no longer found: nothing is marked that GitHub has not confirmed."""
        question = WhatIsLost("github", tuple(self.findings.left_out), None)
        emit(question)
        lost = question.reply.result()
        if not lost.issues:
            return
        verdicts = confirm(self.client, lost, self.github.issue_label, logins, most)
        if verdicts.found:
            emit(self._page(verdicts.found))
        left = list(self._rows(verdicts.left))
        unconfirmed = frozenset(verdicts.unconfirmed)
        emit(Confirmed("github", verdicts.reasons, unconfirmed, left, self.service.seen_at))

    def _read_past(self, scope: Scope, emit: Emit) -> None:
        """The timelines of what changed since they were read, one request or more for each issue."""
        most = min(may_spend(self.service), max(0, scope.singles - self.findings.singles))
        question = WhatIsUnread("github", most)
        emit(question)
        ends_at = self.service.requests + most
        for issue in question.reply.result():
            if self.service.requests >= ends_at:
                break
            entries = read_timeline(self.service, issue.key, issue.source_id, issue.known)
            if entries is not None:
                emit(Past("github", {issue.source_id: entries}, (), self.service.seen_at))

    def _ask_all(self, emit: Emit, since: datetime | None = None) -> int:
        """Groups first, then alone each login that no hit of its group proves to be searchable.

        GitHub silently drops a login that it may not show from a group; asked alone it answers 422
        (README.md, "Search"). Returns how many issues came.
        """
        waiting = login_groups(self.settings, LOGINS_PER_QUERY if self.client.supports_or() else 1)
        refused: dict[str, QueryRefusedError] = {}
        issues = answered = 0
        while waiting:
            self.client.plan(len(waiting))
            group = waiting.pop(0)
            proven: set[str] = set()
            try:
                for rows in self._ask(group, emit, since):
                    issues += len(rows)
                    proven |= _proven(group, rows)
                answered += 1
            except QueryRefusedError as error:
                if not (refused or answered):
                    require_scope(self.client, self.github)
                refused[group[0]] = error
            if len(group) > 1:
                waiting += [(login,) for login in group if login.casefold() not in proven]
        self._leave_out_refused(refused, answered)
        return issues

    def _leave_out_refused(self, refused: Mapping[str, QueryRefusedError], answered: int) -> None:
        logins = [login for (login,) in login_groups(self.settings, 1) if login in refused]
        if not answered and len(logins) > 1:
            raise ConfigurationError(
                f"GitHub refuses to search for any of the {len(logins)} logins: {refused[logins[0]].message}",
                "is github.base_url the server of these people, and may the token see them?"
                " then run: worksupport check",
            )
        for login in logins:
            self._leave_out(Kind.LOGIN, login, refused[login].message)

    def _ask(self, group: Sequence[str], emit: Emit, since: datetime | None) -> Iterator[list[IssueRow]]:
        """The issues of one group, page by page, each handed to the writer. Raises QueryRefusedError."""
        query = issue_query(self.github.issue_label, group, self.github.search_scope)
        search = self.client.search(updated_since(query, since) if since else query)
        for items in search:
            page = self._page(items)
            self.findings.warnings += contradictions(page.rows)
            emit(page)
            yield page.rows
        if search.is_short:
            reason = f"GitHub promised {search.total} issues and brought {search.received}"
            for login in group:
                self._leave_out(Kind.LOGIN, login, reason)

    def _names(self, items: list[Any]) -> list[Name]:
        members = self._members()
        found: set[Name] = set()
        for raw in items:
            with suppress(OddRecordError):
                found |= set(github_names(raw, members)) if isinstance(raw, dict) else set()
        return sorted(found, key=str)

    def _members(self) -> dict[str, str]:
        """Login, folded -> the member's name."""
        return {m.github_id.casefold(): m.name for m in self.settings.members if m.github_id}

    def _rows(self, items: list[Any]) -> Iterator[IssueRow]:
        names = self._members()
        jira_url = self.settings.jira.base_url if self.settings.jira else None
        for raw in items:
            if is_pull_request(raw):
                continue
            try:
                yield github_row(
                    raw, names=names, has_description=self.settings.descriptions, jira_url=jira_url
                )
            except OddRecordError as error:
                self._leave_out(Kind.RECORD, error.record or "", error.message)

    def _leave_out(self, kind: Kind, name: str, reason: str) -> None:
        self.findings.leave_out(LeftOut("github", kind, name, reason))


def require_scope(client: GitHub, github: GitHubSettings) -> None:
    """Ask without people, if a scope is set. Raises ConfigurationError if it is the scope that is refused."""
    if not github.search_scope:
        return
    try:
        next(iter(client.search(issue_query(github.issue_label, (), github.search_scope))), None)
    except QueryRefusedError as error:
        raise ConfigurationError(
            f"GitHub refuses github.search_scope {github.search_scope!r}: {error.message}",
            "correct github.search_scope (was the organisation renamed, may the token see it?),"
            " then run: worksupport check",
        ) from error


def login_groups(settings: Settings, size: int) -> list[tuple[str, ...]]:
    """The members' logins, each once without regard to case, in groups of `size`."""
    logins = {m.github_id.casefold(): m.github_id for m in settings.members if m.github_id}
    return batches(list(logins.values()), size)


def _is_stale(row: IssueRow, known: Mapping[str, Known]) -> bool:
    return row["source_id"] in known and known[row["source_id"]].is_newer_than(row)


def _is_present(row: IssueRow, known: Mapping[str, Known]) -> bool:
    return row["source_id"] in known and not known[row["source_id"]].is_missing


def _has_one_of(row: IssueRow, logins: Set[str]) -> bool:
    """Whether one of these people (folded) has it."""
    return any(login.casefold() in logins for login, _ in row["assignee_accounts"])


def _proven(group: Sequence[str], rows: Sequence[IssueRow]) -> set[str]:
    """The logins of the group that are, on some row, the only one of the group."""
    wanted = {login.casefold() for login in group}
    mine = (wanted & {login.casefold() for login, _ in row["assignee_accounts"]} for row in rows)
    return {login for found in mine if len(found) == 1 for login in found}

"""What a source is to a run: a service that is asked for a scope, and emits what it brings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from worksupport.errors import BrakeError, InterruptedRunError, WorksupportError
from worksupport.model.issue_fields import IssueRow
from worksupport.model.known import Known
from worksupport.model.outcome import LeftOut
from worksupport.model.past import Entry, Name, Unread
from worksupport.network.auth import Account
from worksupport.network.service import Service

LABELLED = "labelled issues"
# Requests for one issue each: for its past, or what became of it. The hour is GitHub's.
SINGLES_AN_HOUR = 500
_MOST_CONFIRMED = 5


@dataclass(frozen=True)
class Scope:
    """What a run asks a source for: everything (full), or only what changed at the service since a moment.

    Only a full scope can tell that an issue is no longer there. With `since` (by the service's clock) go the
    projects of the copy, the pages from which on everything is less work, and the vendor's ids of issues
    about which the service's index is not believed. `singles`: how many requests may ask for one issue each.
    """

    since: datetime | None = None  # None: full
    reads_past: bool = True  # whether histories are asked for as well
    projects: tuple[str, ...] = ()
    most_pages: int = 0
    reconciled: tuple[str, ...] = ()
    singles: int = SINGLES_AN_HOUR

    @property
    def name(self) -> str:
        """`full` or `since`, as the run's record keeps it."""
        return "full" if self.since is None else "since"

    @property
    def is_full(self) -> bool:
        """Whether what it does not find is missing."""
        return self.since is None


FULL = Scope()


@dataclass(frozen=True)
class Page:
    """One page of a search, as rows."""

    source: str
    rows: list[IssueRow]
    level: str = ""  # what people call the issues on it
    names: Sequence[Name] = ()
    seen_at: str | None = None  # when the service had answered, by its own clock (UTC text)


@dataclass(frozen=True)
class AccountFound:
    """An e-mail address was resolved to an account id, worth keeping."""

    address: str
    account_id: str


@dataclass(frozen=True)
class Unfound:
    """Labelled issues that the copy has, and of which this run has found none: how many, and one of them."""

    label: str
    account: str | None  # whose they are; None: everybody's
    count: int
    source_id: str
    key: str

    @property
    def whose(self) -> str:
        """Whose they are, for messages."""
        return f"of {self.account}" if self.account else "of the whole team"


@dataclass(frozen=True)
class WhatIsUnfound:
    """A question to the store after the last page: the groups of more than a few issues that are unfound."""

    source: str
    label: str
    accounts: tuple[str, ...]  # those that were asked for, and answered
    is_whole: bool  # nobody was left out
    reply: "Future[list[Unfound]]" = field(default_factory=Future)


@dataclass(frozen=True)
class Lost:
    """An issue that the copy has and this run has not seen, although it should."""

    source_id: str
    key: str
    labels: frozenset[str]  # folded


@dataclass(frozen=True)
class LostIssues:
    """All that is lost, and as a witness an issue that the run has seen, if there is one."""

    issues: list[Lost]
    witness: tuple[str, ...]  # its vendor's id


@dataclass(frozen=True)
class WhatIsLost:
    """A question to the store after the last page: what it did not see, but for what was left out.

    The reply raises BrakeError where too much would disappear.
    """

    source: str
    left_out: tuple[LeftOut, ...]
    roots: int | None
    reply: "Future[LostIssues]" = field(default_factory=Future)


@dataclass(frozen=True)
class Confirmed:
    """What the service says of what was lost, by the vendor's id.

    `unconfirmed` stays as it is; `left`: issues that are there, but no longer in scope, as they are now.
    """

    source: str
    reasons: Mapping[str, str]
    unconfirmed: frozenset[str]
    left: list[IssueRow]
    seen_at: str | None = None


@dataclass(frozen=True)
class WhatIsKnown:
    """A question to the store: these issues, by the vendor's id or by key, with all that is above them.

    `is_below`: with all that is below them instead.
    """

    source: str
    named: frozenset[str]
    is_below: bool = False
    reply: "Future[list[Known]]" = field(default_factory=Future)


@dataclass(frozen=True)
class Widened:
    """A source that was asked for what changed brings everything, for this reason."""

    source: str
    reason: str


@dataclass(frozen=True)
class WhatIsUnread:
    """A question to the store: whose past was not read since they changed, at most so many, newest first."""

    source: str
    most: int
    reply: "Future[list[Unread]]" = field(default_factory=Future)


@dataclass(frozen=True)
class Past:
    """All entries of some issues, by their vendor's id, as read at a moment by the service's clock.

    `names`: what ids are, or were, called; a newer name that is known stays.
    """

    source: str
    entries: dict[str, list[Entry]]
    names: Sequence[Name]
    read_at: str | None


Emit = Callable[
    [
        "Page | AccountFound | WhatIsUnfound | WhatIsLost | WhatIsKnown | Widened | Confirmed | WhatIsUnread"
        " | Past"
    ],
    None,
]
# A run spends as many requests on the past as its pages took, or this many if they took fewer.
_LEAST_SPENT = 50


def may_spend(service: Service) -> int:
    """How many requests a run may spend on the past; later runs go on."""
    return max(service.requests, _LEAST_SPENT)


@contextmanager
def counted_singles(source: "Source") -> Iterator[None]:
    """While inside, requests ask for one issue each."""
    before = source.service.requests
    try:
        yield
    finally:
        source.findings.singles += source.service.requests - before


@contextmanager
def past_if_told(source: "Source") -> Iterator[None]:
    """While the past is read: a service that refuses costs the exact times, not the run."""
    try:
        yield
    except InterruptedRunError:
        raise
    except WorksupportError as error:
        source.findings.warnings.append(f"{source.name}: the past could not be read: {error.message}")


# Whether the service, asked by id, still has an issue, and with one of these (folded) accounts as assignee.
IsInScope = Callable[[Unfound, frozenset[str]], bool]


def require_found(question: WhatIsUnfound, emit: Emit, is_in_scope: IsInScope) -> None:
    """Raise BrakeError if the service still has what its search did not bring: then its index is at fault."""
    emit(question)
    for group in question.reply.result()[:_MOST_CONFIRMED]:
        accounts = question.accounts if group.account is None else (group.account,)
        if is_in_scope(group, frozenset(map(str.casefold, accounts))):
            raise BrakeError(
                f"{question.source}: the {group.count} issues {group.whose} with the label {group.label!r}"
                f" were not found, although {group.key} still is one; the brake kept them all",
                "run it again later; to let them go: worksupport reload --max-delete 100",
            )


@dataclass
class Findings:
    """What a source learned beside its pages; read when it has ended."""

    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    roots: int | None = None
    singles: int = 0  # requests that asked for one issue each

    def leave_out(self, item: LeftOut) -> None:
        """Note once what could not be asked for or stored."""
        if item not in self.left_out:
            self.left_out.append(item)


class Source(Protocol):
    """A service as a run sees it."""

    name: str
    findings: Findings

    def fetch(self, scope: Scope, emit: Emit) -> None:
        """Bring what the scope asks for; raises what made it break off."""

    @property
    def service(self) -> Service:
        """How it is asked: counts, waits, and the way to end what is under way."""


@dataclass(frozen=True)
class Probe:
    """What one real query brought, for `check`: facts, and what is worth correcting."""

    facts: list[str]
    fix: str = ""


# The keys of the known issues of a configured type.
ParentsOf = Callable[[int], list[str]]


def batches(items: list[str], size: int) -> list[tuple[str, ...]]:
    """`items` in runs of `size`; the last may be shorter."""
    return [tuple(items[start : start + size]) for start in range(0, len(items), size)]


def who_text(account: Account | None) -> str:
    """Who a service takes us for, for people."""
    if account is None:
        return "account not told to this token"
    zone = f", time zone {account.time_zone}" if account.time_zone else ""
    return f"as {account.name or account.id} ({account.id}){zone}"


def count_text(page: list[object]) -> str:
    """How many issues the first page of a query has, for people."""
    return "1 issue on its first page" if len(page) == 1 else f"{len(page)} issues on its first page"

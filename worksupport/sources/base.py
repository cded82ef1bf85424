"""What a source is to a run: a service that is asked for a scope, and emits what it brings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from worksupport.model.issue_fields import IssueRow
from worksupport.model.outcome import LeftOut
from worksupport.network.auth import Account
from worksupport.network.service import Service

LABELLED = "labelled issues"


@dataclass(frozen=True)
class Scope:
    """What a run asks a source for: everything (full), or only what changed at the service since a moment.

    Only a full scope can tell that an issue is no longer there.
    """

    since: str | None = None  # UTC text; None: full

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


@dataclass(frozen=True)
class AccountFound:
    """An e-mail address was resolved to an account id, worth keeping."""

    address: str
    account_id: str


Emit = Callable[[Page | AccountFound], None]


@dataclass
class Findings:
    """What a source learned beside its pages; read when it has ended."""

    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    roots: int | None = None

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

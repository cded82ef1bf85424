"""What a run learned beside the rows: how each source ended, and what was left out of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worksupport.errors import ExitCode, WorksupportError


class Kind(StrEnum):
    """What sort of thing was left out; it decides which rows are protected."""

    ACCOUNT = "account"  # a Jira account id, or the e-mail address that led to none
    LOGIN = "login"
    PARENT = "parent"  # a key whose children could not be asked for
    TYPE = "type"  # a configured type id
    ORGANISATION = "organisation"  # one that withholds results: nobody knows which rows are its
    RECORD = "record"  # an issue by its key or id; '' protects the whole source


@dataclass(frozen=True)
class LeftOut:
    """Something that could not be asked for or stored: its rows are neither deleted nor marked missing."""

    source: str
    kind: Kind
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: {self.kind} {self.name or 'without key or id'} left out: {self.reason}"


@dataclass
class SourceOutcome:
    """How one source fared in one run."""

    name: str
    is_on: bool = True
    asked: bool = True
    status: str = "running"  # then 'completed' or 'failed'; 'off', 'skipped' if not asked
    scope: str = "full"  # or 'since': only a full one tells that an issue is missing
    asked_for: str | None = None  # a digest of what the configuration asks for
    issues: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    requests: int = 0
    retries: int = 0
    singles: int = 0  # of the requests, those that asked for one issue each
    service_began: datetime | None = None  # by the service's clock, at its first answer
    service_time: datetime | None = None  # by the service's clock, at the end
    roots: int | None = None  # Jira: how many the root query brought
    error_message: str | None = None
    hint: str | None = None  # what to do about it
    exit_code: ExitCode = ExitCode.OK
    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def fail(self, error: Exception) -> None:
        """The source broke off with `error`. A bug's exception is raised again."""
        if not isinstance(error, WorksupportError):
            raise error
        self.status = "failed"
        self.error_message = f"{error.message} ({error.hint})" if error.hint else error.message
        self.hint = error.hint or None
        self.exit_code = ExitCode(error.exit_code)

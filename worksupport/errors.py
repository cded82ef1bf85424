"""What can go wrong, each with its exit code: raised low, shown once by `cli.main`."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes that scripts rely on; the README has the same table."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    CREDENTIALS = 4
    UNREACHABLE = 5
    BRAKE = 6
    FOUND = 8
    UNCHANGED = 9
    LOCKED = 11
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """One line for people: what this code says about the run."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "all went well",
    ExitCode.FAILED: "failed; the message says why",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.CONFIGURATION: "configuration or database path is wrong",
    ExitCode.CREDENTIALS: "a service refused the credentials",
    ExitCode.UNREACHABLE: "a service was unreachable or limited us past our patience; a later run may work",
    ExitCode.BRAKE: "brake: too many issues would disappear; nothing was removed",
    ExitCode.FOUND: "lint, or aging --past, found something (not with --exit-zero)",
    ExitCode.UNCHANGED: "nothing changed (only with harvest --exit-code)",
    ExitCode.LOCKED: "another run holds the lock, or a forced one took over",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
    ExitCode.TERMINATED: "terminated (SIGTERM)",
}

# Of several faults in one run the first of these decides the exit code.
_GRAVEST_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.LOCKED,
    ExitCode.CONFIGURATION,
    ExitCode.CREDENTIALS,
    ExitCode.BRAKE,
    ExitCode.UNREACHABLE,
    ExitCode.FAILED,
)


def gravest(codes: list[ExitCode]) -> ExitCode:
    """The exit code of a run with these faults; OK for none."""
    return next((code for code in _GRAVEST_FIRST if code in codes), ExitCode.OK)


class WorksupportError(Exception):
    """A fault to be shown to a person: one sentence with the wrong value, and the next command to type."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotFoundError(WorksupportError):
    """The key or id that was asked for is not in the database (exit 1, HTTP 404); `near`: others that are."""

    def __init__(self, message: str, hint: str = "", near: tuple[str, ...] = ()) -> None:
        super().__init__(message, f"near: {', '.join(near)}" if near else hint)
        self.near = near


class UsageError(WorksupportError):
    """A value outside a closed list (exit 2, HTTP 400)."""

    exit_code = ExitCode.USAGE


class ConfigurationError(WorksupportError):
    """The configuration, or a path it names, cannot be used."""

    exit_code = ExitCode.CONFIGURATION


class DatabaseError(WorksupportError):
    """The database could not be written; what was there stays as it was."""


class OutputError(WorksupportError):
    """What was asked for could not be printed."""


class CredentialsError(WorksupportError):
    """A service refused the credentials, or took us for somebody anonymous."""

    exit_code = ExitCode.CREDENTIALS


class UnreachableError(WorksupportError):
    """A service could not be reached, or limited us past our patience; a later run may work."""

    exit_code = ExitCode.UNREACHABLE


class QueryRefusedError(WorksupportError):
    """A service refused one query (400, 422): another query may work."""


class IncompleteError(WorksupportError):
    """A query's pages did not add up to a complete answer."""


class BrakeError(WorksupportError):
    """Too many issues would disappear at once."""

    exit_code = ExitCode.BRAKE


class LockedError(WorksupportError):
    """Another run holds the lock, or a forced reload took over."""

    exit_code = ExitCode.LOCKED


class InterruptedRunError(WorksupportError):
    """SIGINT or SIGTERM ended the run."""

    exit_code = ExitCode.INTERRUPTED


class TerminatedRunError(InterruptedRunError):
    """SIGTERM ended the run."""

    exit_code = ExitCode.TERMINATED


def no_resources(error: BaseException) -> WorksupportError | None:
    """The sentence for a limit of this process that an error tells of; None for any other error."""
    if isinstance(error, MemoryError) or "can't start new thread" in str(error):
        return WorksupportError(
            "the system gives this process no more memory or threads",
            "raise the limit (ulimit -v, ulimit -u, or the container's), or set harvest.concurrency = 1",
        )
    return None

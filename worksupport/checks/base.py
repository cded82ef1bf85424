"""What one check found, and what to do about it."""

from dataclasses import dataclass
from typing import Any

from worksupport.errors import ExitCode, WorksupportError, gravest


@dataclass(frozen=True)
class Check:
    """One check's outcome; `fix` is what to type or do, worth a thought also where all is well."""

    name: str
    ok: bool
    detail: str  # may have several lines
    fix: str = ""
    exit_code: ExitCode = ExitCode.FAILED  # counts if not ok


def refused(name: str, error: WorksupportError) -> Check:
    """The check that ended with this error."""
    fix = error.hint or "worksupport harvest -vv shows it step by step"
    return Check(name, False, error.message, fix, ExitCode(error.exit_code))


def exit_code(checks: list[Check]) -> ExitCode:
    """By the gravest cause of those that failed; OK for none."""
    return gravest([check.exit_code for check in checks if not check.ok])


def checks_document(checks: list[Check]) -> dict[str, Any]:
    """`{"ok": bool, "checks": [{"name", "ok", "detail", "fix"}]}`."""
    return {
        "ok": all(check.ok for check in checks),
        "checks": [
            {"name": check.name, "ok": check.ok, "detail": check.detail, "fix": check.fix} for check in checks
        ],
    }

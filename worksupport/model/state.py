"""`state`: one word for how far an issue is, decided here alone, for every service, screen and filter."""

from collections.abc import Iterable
from dataclasses import dataclass

from worksupport.model.filters import folded

DEFAULT_BLOCKED = ("Blocked", "On Hold", "Waiting", "Impeded")
DEFAULT_DROPPED = ("Won't Do", "Won't Fix", "Cancelled", "Rejected", "Declined", "Duplicate")
# How GitHub closes what will not be done.
_DROPPED_REASONS = frozenset({"not_planned", "duplicate"})


@dataclass(frozen=True)
class StateRules:
    """The team's words (`state.blocked`, `state.dropped`), folded as filters compare."""

    blocked: frozenset[str]
    dropped: frozenset[str]

    @classmethod
    def of(cls, blocked: Iterable[str], dropped: Iterable[str]) -> "StateRules":
        """The rules for words as configured."""
        return cls(frozenset(map(folded, blocked)), frozenset(map(folded, dropped)))

    def state(
        self,
        status: str | None,
        category: str | None,
        reason: str | None,
        resolution: str | None,
        labels: Iterable[str],
        is_flagged: bool,
    ) -> str:
        """`dropped`, `done`, `blocked`, `doing` or `todo` (`model/names.py`), the first that fits.

        `category`: new, indeterminate or done; `reason`: GitHub's `state_reason`; `is_flagged`: Jira's flag.
        """
        words = {folded(word) for word in (status, resolution) if word}
        if reason in _DROPPED_REASONS or words & self.dropped:
            return "dropped"
        if category == "done":
            return "done"
        marks = {folded(status or ""), *map(folded, labels)}
        if is_flagged or marks & self.blocked:
            return "blocked"
        return "doing" if category == "indeterminate" else "todo"


DEFAULT_RULES = StateRules.of(DEFAULT_BLOCKED, DEFAULT_DROPPED)

"""`state`: one word for how far an issue is, decided here alone, for every service, screen and filter."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from worksupport.model.filters import folded
from worksupport.model.times import DEFAULT_WEEKEND

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


class KeptRules(NamedTuple):
    """What answers need of the configuration, as the last run left it in `data_state.state_rules`.

    Older files have the first two or three alone.
    """

    blocked: Sequence[str] = DEFAULT_BLOCKED
    dropped: Sequence[str] = DEFAULT_DROPPED
    weekend: Sequence[str] = DEFAULT_WEEKEND
    lint_ignore: Sequence[str] = ()

    @classmethod
    def of(cls, stored: str | None) -> "KeptRules":
        """Those that are stored; None where no run has left any."""
        return cls(*json.loads(stored)) if stored else cls()

    @property
    def stored(self) -> str:
        """As they are kept: a JSON list."""
        return json.dumps(self, ensure_ascii=False)

    @property
    def of_states(self) -> StateRules:
        """What decides a state."""
        return StateRules.of(self.blocked, self.dropped)

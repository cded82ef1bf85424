"""One word for how far an issue is."""

from typing import Any

import pytest

from worksupport.model.state import DEFAULT_RULES, StateRules

PLAIN: dict[str, Any] = {
    "status": "Open",
    "category": "new",
    "reason": None,
    "resolution": None,
    "labels": [],
    "is_flagged": False,
}


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, "todo"),
        ({"category": None}, "todo"),
        ({"status": None, "category": None}, "todo"),
        ({"category": "indeterminate"}, "doing"),
        ({"category": "done"}, "done"),
        ({"status": "blocked"}, "blocked"),
        ({"status": "ON HOLD", "category": "indeterminate"}, "blocked"),
        ({"labels": ["x", "impeded"]}, "blocked"),
        ({"is_flagged": True}, "blocked"),
        ({"labels": ["Blocked"], "category": "done"}, "done"),
        ({"status": "Won't Do", "category": "done"}, "dropped"),
        ({"resolution": "Duplicate", "category": "done"}, "dropped"),
        ({"status": "closed", "category": "done", "reason": "not_planned"}, "dropped"),
        ({"status": "closed", "category": "done", "reason": "completed"}, "done"),
        ({"labels": ["Rejected"]}, "todo"),
    ],
)
def test_the_first_that_fits(given: dict[str, Any], state: str) -> None:
    assert DEFAULT_RULES.state(**{**PLAIN, **given}) == state


def test_the_teams_own_words() -> None:
    rules = StateRules.of(["wartet"], ["VERWORFEN"])
    assert rules.state(**{**PLAIN, "status": "Wartet"}) == "blocked"
    assert rules.state(**{**PLAIN, "resolution": "verworfen"}) == "dropped"
    assert rules.state(**{**PLAIN, "status": "Blocked"}) == "todo"

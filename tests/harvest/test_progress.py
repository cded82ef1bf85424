"""What a run tells while it goes on."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer
from worksupport.model.hierarchy import DEFAULT_TYPES, Hierarchy
from worksupport.sandbox.server import Sandbox
from worksupport.sources.jira.plan import (
    ChildrenQuery,
    LabelQuery,
    Query,
    RootQuery,
    level_name,
)

Run = Callable[..., Answer]
Configured = Callable[..., Path]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        (RootQuery(), "Product Version"),
        (ChildrenQuery(("P-1",), (10000, 11140)), "Feature, Customer Adoption"),
        (ChildrenQuery(("F-1",), (10101,)), "Story, Task"),
        (ChildrenQuery(("F-1",), (10101, 10104)), "Story, Task"),
        (LabelQuery(("a",)), "labelled issues"),
        (ChildrenQuery(("F-1",), ()), "labelled issues"),
    ],
)
def test_levels_are_called_by_their_types(query: Query, name: str) -> None:
    assert level_name(query, Hierarchy(DEFAULT_TYPES)) == name


def test_off_a_terminal_one_line_a_level_with_v(run: Run, site: Sandbox, configured: Configured) -> None:
    configured(site)
    lines = run("harvest", "-v").err.splitlines()
    reached = [found[1] for line in lines if (found := re.search(r"(jira: .*) reached issues=\d+ ", line))]
    assert sorted(reached) == [
        "jira: Feature, Customer Adoption",
        "jira: Product Version",
        "jira: Story, Task",
        "jira: labelled issues",
    ]
    assert "reached" not in run("harvest").err


DRAWN = "\x1b[?25l"  # the cursor is hidden while lines are drawn


@pytest.mark.parametrize(
    ("arguments", "is_drawn"),
    [
        (["harvest"], True),
        (["reload"], True),
        (["recover"], True),
        (["backup", "copies"], True),
        (["harvest", "-q"], False),
        (["harvest", "--log-format", "json"], False),
    ],
)
def test_drawn_on_a_terminal_for_people_only(
    run: Run,
    site: Sandbox,
    configured: Configured,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    is_drawn: bool,
) -> None:
    """And the answer on stdout is the same."""
    configured(site)
    run("harvest", "-q")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    answer = run(*arguments)
    assert answer.exit_code == 0
    assert (DRAWN in answer.err) == is_drawn
    assert "\x1b" not in answer.out

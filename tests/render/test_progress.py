"""What a run shows while it goes on: on a terminal, and only there."""

import io
import logging
import sys

import pytest
from rich.console import Console

from tests.conftest import FakeClock
from worksupport.render import progress
from worksupport.render.progress import PhaseProgress, RunProgress


@pytest.fixture
def drawn(clock: FakeClock) -> RunProgress:
    """A run's progress whose terminal nobody sees."""
    shown = RunProgress(clock.monotonic)
    shown.close()
    return shown


def lines(shown: RunProgress | PhaseProgress, width: int = 80) -> list[str]:
    """What is drawn now on a terminal of this width."""
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(shown.table())
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_level_issues_rate_and_time_of_each_source(drawn: RunProgress, clock: FakeClock) -> None:
    assert lines(drawn) == ["beginning  0:00"]
    clock.elapsed = 10
    drawn.waits({"jira": None, "github": None})
    drawn.arrived("jira", "Feature", 1200)
    drawn.arrived("jira", "Story, Task", 50)
    assert lines(drawn) == [
        "jira    1,250 issues  125/s  0:10  Story, Task",
        "github                       0:10  asking",
    ]


def test_a_wait_with_its_reason_and_the_time_left(drawn: RunProgress, clock: FakeClock) -> None:
    """Counted down between what the run tells; of a stranger's reason nothing but text."""
    drawn.waits({"jira": ("Jira answered 429 \x1b[2J", 41.0)})
    clock.elapsed = 31
    assert lines(drawn) == ["jira      0:31  asking; waiting 10 s, Jira answered 429 \\x1b[2J"]
    drawn.waits({"jira": None})
    assert lines(drawn) == ["jira      0:31  asking"]


def test_an_ended_source_stands_still(drawn: RunProgress, clock: FakeClock) -> None:
    drawn.arrived("github", "labelled issues", 40)
    clock.elapsed = 61
    drawn.ended("github")
    clock.elapsed = 99
    assert lines(drawn) == ["github  40 issues  1/s  1:01  ended"]


def test_one_line_a_source_on_a_narrow_terminal(drawn: RunProgress) -> None:
    drawn.arrived("jira", "a level with a long name " * 9, 4)
    drawn.waits({"jira": ("a long reason " * 9, 4.0)})
    assert len(lines(drawn, 40)) == 1


def test_phases(clock: FakeClock) -> None:
    shown = PhaseProgress(clock.monotonic)
    shown.close()
    shown.enter("copying")
    clock.elapsed = 5
    assert lines(shown) == ["copying  0:05"]


class Terminal(io.StringIO):
    """A stream that says that people look at it."""

    def isatty(self) -> bool:
        return True


def test_the_log_goes_above_what_is_drawn(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole lines, whatever they look like; afterwards straight to the terminal again."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    log, handler = logging.getLogger("worksupport"), logging.StreamHandler(terminal)
    log.addHandler(handler)
    try:
        shown = RunProgress(clock.monotonic)
        log.error("[bold]a warning[/bold]")
        shown.close()
        assert "[bold]a warning[/bold]\n" in terminal.getvalue()
        assert "beginning" in terminal.getvalue().partition("a warning")[2]
        assert handler.stream is terminal
    finally:
        log.removeHandler(handler)


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_only_where_lines_can_be_drawn_again(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, environment: dict[str, str], expected: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    assert progress.can_be_shown(environment) is expected

"""Whether a command's run is drawn while it goes on: only for people, only on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worksupport.context import Context
from worksupport.render.progress import PhaseProgress, RunProgress, can_be_shown
from worksupport.render.terminal import is_terminal


@contextmanager
def shown_run(context: Context) -> Iterator[tuple[RunProgress, ...]]:
    """The watchers that a run gets beside its log: one that draws, or none."""
    if not _is_wanted(context):
        yield ()
        return
    drawn = RunProgress(context.clock.monotonic)
    try:
        yield (drawn,)
    finally:
        drawn.close()


@contextmanager
def shown_phases(context: Context) -> Iterator[Callable[[str], None]]:
    """What a command calls with the name of each thing that it begins."""
    if not _is_wanted(context):
        yield lambda phase: None
        return
    drawn = PhaseProgress(context.clock.monotonic)
    try:
        yield drawn.enter
    finally:
        drawn.close()


def is_watched() -> bool:
    """Whether somebody waits for the command at a terminal."""
    return is_terminal(sys.stderr)


def _is_wanted(context: Context) -> bool:
    is_for_people = context.options.verbosity >= 0 and context.options.log_format == "text"
    return is_for_people and can_be_shown(context.environment)

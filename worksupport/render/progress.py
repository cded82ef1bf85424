"""What a run does, while people look: drawn on stderr's terminal, gone when it ends."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, TextIO, cast

from worksupport.render.terminal import is_terminal
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_DRAWN_PER_SECOND = 5
Monotonic = Callable[[], float]


def can_be_shown(environment: Mapping[str, str]) -> bool:
    """Whether stderr is a terminal on which lines can be drawn again."""
    return is_terminal(sys.stderr) and environment.get("TERM", "dumb") != "dumb"


@dataclass
class _Source:
    level: str = "asking"
    issues: int = 0
    waiting: tuple[str, float] | None = None  # the reason, and until when, on the clock's monotonic
    ended_at: float | None = None


class RunProgress:
    """Each source's level, issues, rate and time; a wait with its reason and the time left.

    What the run tells is only noted; a thread of rich draws it.
    """

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._started = monotonic()
        self._sources: dict[str, _Source] = {}
        self._drawing = _Drawing(self.table)

    def arrived(self, source: str, level: str, issues: int) -> None:
        """So many issues of a level have been stored."""
        state = self._sources.setdefault(source, _Source())
        state.level, state.issues = level, state.issues + issues

    def waits(self, waits: Mapping[str, tuple[str, float] | None]) -> None:
        """Why each source waits, and for how many more seconds."""
        for source, waiting in waits.items():
            state = self._sources.setdefault(source, _Source())
            state.waiting = (waiting[0], self._monotonic() + waiting[1]) if waiting else None

    def ended(self, source: str) -> None:
        """Its time stands still."""
        state = self._sources.setdefault(source, _Source())
        state.waiting, state.ended_at = None, self._monotonic()

    def close(self) -> None:
        """Take the drawing away."""
        self._drawing.close()

    def table(self) -> "Table":
        """What is drawn now, a line a source."""
        table = _grid(5)
        for name, state in list(self._sources.items()):
            seconds = (state.ended_at or self._monotonic()) - self._started
            rate = f"{state.issues / seconds:,.0f}/s" if state.issues and seconds >= 1 else ""
            issues = f"{state.issues:,} issues" if state.issues else ""
            table.add_row(*map(_text, (name, issues, rate, _elapsed(seconds), self._doing(state))))
        if not self._sources:
            seconds = self._monotonic() - self._started
            table.add_row(*map(_text, ("beginning", _elapsed(seconds), "", "", "")))
        return table

    def _doing(self, state: _Source) -> str:
        if state.ended_at is not None:
            return "ended"
        if not state.waiting:
            return visible(state.level)
        reason, until = state.waiting
        return (
            f"{visible(state.level)}; waiting {max(0, ceil(until - self._monotonic()))} s, {visible(reason)}"
        )


class PhaseProgress:
    """One thing after the other: what is done now, and for how long."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._started = monotonic()
        self._phase = "beginning"
        self._drawing = _Drawing(self.table)

    def enter(self, phase: str) -> None:
        """From now on this is done."""
        self._phase = phase

    def close(self) -> None:
        """Take the drawing away."""
        self._drawing.close()

    def table(self) -> "Table":
        """What is drawn now."""
        table = _grid(2)
        table.add_row(*map(_text, (self._phase, _elapsed(self._monotonic() - self._started))))
        return table


class _Drawing:
    """Lines at the bottom of stderr's terminal, which the log goes above."""

    def __init__(self, table: "Callable[[], Table]") -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True, markup=False, highlight=False, emoji=False)
        live = Live(
            get_renderable=table,
            console=console,
            refresh_per_second=_DRAWN_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._open = ExitStack()
        self._open.enter_context(_log_above(console))
        self._open.enter_context(live)

    def close(self) -> None:
        """Take it away; a second time does nothing."""
        self._open.close()


@contextmanager
def _log_above(console: "Console") -> Iterator[None]:
    """While inside, the log's lines for stderr are printed above what is drawn."""
    from rich.file_proxy import FileProxy

    handlers = [
        handler
        for handler in logging.getLogger("worksupport").handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr
    ]
    for handler in handlers:
        handler.setStream(cast(TextIO, FileProxy(console, sys.stderr)))
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(sys.stderr)


def _grid(columns: int) -> "Table":
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for number in range(columns):
        table.add_column(
            no_wrap=True, overflow="ellipsis", justify="right" if number in (1, 2, 3) else "left"
        )
    return table


def _text(text: str) -> "Text":
    from rich.text import Text

    return Text(text)


def _elapsed(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"

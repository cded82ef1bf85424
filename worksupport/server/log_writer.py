"""The log of a server: written by a thread of its own, so that nobody waits for whoever reads it."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Full, Queue

_package_log = logging.getLogger("worksupport")
_MOST_LINES = 1_000
# At the end, for the lines that are still to be written.
_LAST_SECONDS = 1.0


@contextmanager
def unhurried_log() -> Iterator[None]:
    """While inside, a line that stderr does not take at once waits aside; of too many the newest are lost,
    which a line says later.

    A pipe that nobody reads would hold every answer, and the end of the program.
    """
    try:
        writer = LogWriter(sys.stderr.fileno())
    except (AttributeError, OSError):  # no stderr, or none that the system knows
        yield
        return
    before = _package_log.handlers
    for handler in before:
        writer.handler.setFormatter(handler.formatter)
        writer.handler.filters = handler.filters
    _package_log.handlers = [writer.handler]
    try:
        yield
    finally:
        _package_log.handlers = before
        writer.end()


class LogWriter:
    """Writes lines to a descriptor, by hand: a thread that hangs in a stream's lock would hold the exit."""

    def __init__(self, descriptor: int) -> None:
        self.handler = _Handler(self)
        self._descriptor = descriptor
        self._lines: Queue[str | None] = Queue(_MOST_LINES)
        self._lost = 0
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def put(self, line: str | None) -> None:
        """Take a line (without its end) from any thread; None is the last."""
        try:
            self._lines.put_nowait(line)
        except Full:
            self._lost += 1

    def end(self) -> None:
        """Write what is left, as far as it is taken within a second."""
        self.put(None)
        self._thread.join(_LAST_SECONDS)

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            self._write(line)
            lost, self._lost = self._lost, 0
            if lost:
                self._write(f"{lost} lines of this log were lost: nobody read it")

    def _write(self, line: str) -> None:
        data = f"{line}\n".encode(errors="backslashreplace")
        with suppress(OSError):  # whoever read it is gone
            while data:
                data = data[os.write(self._descriptor, data) :]


class _Handler(logging.Handler):
    def __init__(self, writer: LogWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the finished line on."""
        self._writer.put(self.format(record))

"""Time, passed in: what the hour is, and waits that a stop request ends."""

import _thread
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

from worksupport.errors import InterruptedRunError, TerminatedRunError

# The kernel may hand a signal to another thread; its handler runs when the main thread wakes next.
_WAKE_SECONDS = 0.5


def utc_text(moment: datetime) -> str:
    """`moment` (any zone) as the one form we store and print: UTC `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class Clock:
    """The time of day and the only way to wait; tests hand in one whose waits take no time."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._signal = signal.SIGINT

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def now_text(self) -> str:
        """The time of day as stored: UTC text with milliseconds."""
        return utc_text(self.now())

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; a stop request ends the wait at once with InterruptedRunError."""
        until = self.monotonic() + seconds
        while not self._stop.is_set() and (left := until - self.monotonic()) > 0:
            self._stop.wait(min(left, _WAKE_SECONDS))
        self.check()

    def request_stop(self, number: int = signal.SIGINT) -> None:
        """Ask the run to end: every wait ends, every `check` raises. Not for a signal handler."""
        self._signal = signal.Signals(number)
        self._stop.set()

    def check(self) -> None:
        """Raise InterruptedRunError (130) or TerminatedRunError (143) if a stop was requested."""
        if self._stop.is_set():
            if self._signal == signal.SIGTERM:
                raise TerminatedRunError("terminated by SIGTERM")
            raise InterruptedRunError("interrupted")

    @contextmanager
    def stop_on_signals(self) -> Iterator[None]:
        """While inside, SIGINT and SIGTERM request a stop instead of raising anywhere."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # The handler may have broken in just where this thread holds the event's own lock.
        _thread.start_new_thread(self.request_stop, (number,))

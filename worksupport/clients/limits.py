"""One limiter for all threads of a service: while it is paused, nobody sends."""

import logging
import random
import threading
from datetime import timedelta

from worksupport.clients.retries import Patience
from worksupport.clock import Clock, utc_text
from worksupport.errors import UnreachableError
from worksupport.log import fields

logger = logging.getLogger(__name__)
# Threads that waited together shall not all come back in one moment.
_JITTER_SHARE, _JITTER_SECONDS = 0.1, 1.0


class Limiter:
    """Holds every thread of one service while the service is to be left alone."""

    def __init__(self, service: str, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._reason = ""
        self._level = logging.WARNING
        self._shown_until = 0.0
        self._shown_reason = ""

    @property
    def waiting(self) -> tuple[str, float] | None:
        """Why we wait and for how many more seconds, for a progress display; None if we do not."""
        with self._lock:
            left = self._shown_until - self._clock.monotonic()
            return (self._shown_reason, left) if left > 0 else None

    def pause(self, seconds: float, reason: str, level: int = logging.WARNING) -> None:
        """Let no thread send for so many seconds; a shorter pause never ends a longer one."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            if until >= self._until:
                self._until, self._reason, self._level = until, reason, level

    def announce(self, seconds: float, reason: str, level: int = logging.WARNING) -> None:
        """Show and log a wait, once for all threads that share it."""
        until = self._clock.monotonic() + seconds
        with self._lock:
            news = until > self._shown_until + 1.0 or reason != self._shown_reason
            if until > self._shown_until:
                self._shown_until, self._shown_reason = until, reason
        if news:
            end = utc_text(self._clock.now() + timedelta(seconds=seconds))
            logger.log(
                level,
                f"{self._service}: waiting, {reason}",
                extra=fields(service=self._service, seconds=round(seconds, 1), until=end),
            )

    def hold(self, patience: Patience) -> None:
        """Wait until sending is allowed. Raises UnreachableError where that is past our patience."""
        while (left := self._left()) > 0:
            if not patience.spend(left):
                raise self._impatient(left)
            self.announce(left, self._reason, self._level)
            self._clock.sleep(left + random.uniform(0, min(_JITTER_SHARE * left, _JITTER_SECONDS)))

    def _left(self) -> float:
        with self._lock:
            return self._until - self._clock.monotonic()

    def _impatient(self, left: float) -> UnreachableError:
        return UnreachableError(
            f"{self._service} limits us for another {left:.0f} s ({self._reason}), past our patience",
            "run it again later, or raise http.max_wait_seconds",
        )

"""Who watches a run, and the one watcher that is always there: a line in the log for each level."""

import logging
from collections.abc import Mapping
from typing import Protocol

from worksupport import log
from worksupport.clock import Clock

logger = logging.getLogger(__name__)


class Watcher(Protocol):
    """Told what happens by the run's one writing thread; must return at once."""

    def arrived(self, source: str, level: str, issues: int) -> None:
        """Issues of a level have been stored."""

    def waits(self, waits: Mapping[str, tuple[str, float] | None]) -> None:
        """Several times a second: why each source waits, and for how many more seconds."""

    def ended(self, source: str) -> None:
        """The source has brought everything, or broke off."""

    def close(self) -> None:
        """Nothing more will come."""


class LevelLog:
    """Logs each level of each source as it is reached; info, so only with -v."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self._issues: dict[str, int] = {}
        self._reached: set[tuple[str, str]] = set()

    def arrived(self, source: str, level: str, issues: int) -> None:
        """One line at the first page of a level, with what has come before it."""
        if (source, level) not in self._reached:
            self._reached.add((source, level))
            seconds = round(self._clock.monotonic() - self._started, 1)
            values = log.fields(issues=self._issues.get(source, 0), seconds=seconds)
            logger.info("%s: %s reached", source, level, extra=values)
        self._issues[source] = self._issues.get(source, 0) + issues

    def waits(self, waits: Mapping[str, tuple[str, float] | None]) -> None:
        """The limiter itself logs them."""

    def ended(self, source: str) -> None:
        """The summary tells."""

    def close(self) -> None:
        """Nothing is open."""

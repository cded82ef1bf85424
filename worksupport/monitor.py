"""Tells a monitoring service when a run begins and how it ends, if `monitor.ping_url` names one."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from worksupport.clock import Clock
from worksupport.config.settings import Settings
from worksupport.errors import ExitCode, LockedError, WorksupportError

logger = logging.getLogger(__name__)


@dataclass
class Monitor:
    """One command's pings: that its run begins, and later its exit code; silent without an address."""

    settings: Settings
    clock: Clock
    run_id: str | None = None
    exit_code: ExitCode = ExitCode.OK

    def started(self, run_id: str) -> None:
        """The run with this id begins."""
        self.run_id = run_id
        self._ping("start")

    def ended(self, exit_code: ExitCode) -> None:
        """The run is over: 0 is success, any other exit code a failure."""
        self._ping("" if exit_code == ExitCode.OK else str(int(exit_code)))

    def _ping(self, signal: str) -> None:
        if self.settings.ping_url is None:
            return
        from worksupport.clients.ping import ping

        if trouble := ping(self.settings.ping_url, signal, self.run_id, self.clock):
            logger.warning("the monitoring service (monitor.ping_url) was not told: %s", trouble)


@contextmanager
def monitored(settings: Settings, clock: Clock) -> Iterator[Monitor]:
    """While inside, a run may tell that it started; at the end its `exit_code`, or the error's, is told.

    A command that found nothing to run is silent, and so is one that found the lock taken: its run never
    began, and the holder's tells for itself. Any other error is told also if the run never began.
    """
    monitor = Monitor(settings, clock)
    try:
        yield monitor
    except Exception as error:
        if monitor.run_id or not isinstance(error, LockedError):
            monitor.ended(error.exit_code if isinstance(error, WorksupportError) else ExitCode.FAILED)
        raise
    if monitor.run_id:
        monitor.ended(monitor.exit_code)

"""Tells a monitoring service when a run begins and how it ends, if `monitor.ping_url` names one."""

import logging
from dataclasses import dataclass

from worksupport.clock import Clock
from worksupport.config.settings import Settings
from worksupport.errors import ExitCode
from worksupport.network.ping import ping

logger = logging.getLogger(__name__)


@dataclass
class Monitor:
    """One run's pings; silent without an address."""

    settings: Settings
    clock: Clock
    run_id: str | None = None  # of the run that has begun

    def began(self, run_id: str) -> None:
        """The run with this id begins."""
        self.run_id = run_id
        self._ping("start")

    def ended(self, exit_code: ExitCode) -> None:
        """The run is over: 0 is success, any other exit code a failure."""
        self._ping("" if exit_code == ExitCode.OK else str(int(exit_code)))

    def _ping(self, signal: str) -> None:
        if self.settings.ping_url is None:
            return
        if complaint := ping(self.settings.ping_url, signal, self.run_id, self.clock):
            logger.warning("the monitoring service (monitor.ping_url) was not told: %s", complaint)

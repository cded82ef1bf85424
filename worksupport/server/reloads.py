"""Reloads in the background: the commands' own session, each run in a thread with its own clock."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from signal import SIGTERM

from worksupport import log
from worksupport.clock import Clock
from worksupport.config.settings import Settings
from worksupport.errors import InterruptedRunError, LockedError, WorksupportError
from worksupport.harvest.harvest import harvest
from worksupport.harvest.recover import reload_if_stale
from worksupport.harvest.reload import Trigger, reload, while_waiting
from worksupport.harvest.session import session
from worksupport.store.records import Record

logger = logging.getLogger(__name__)

# How long a forced reload may wait for the run that it has asked to end, while a client waits for it.
FORCE_SECONDS = 10.0
# Beside the lock, the database may be busy for a moment.
_START_SECONDS = 20.0


class Reloads:
    """Starts background runs, and ends them when the server ends."""

    def __init__(self, settings: Settings, make_clock: Callable[[], Clock] = Clock) -> None:
        self._settings = settings
        self._make_clock = make_clock
        self._lock = threading.Lock()
        self._running: dict[threading.Thread, Clock] = {}
        self._is_stopping = False

    def recover(self) -> None:
        """Repair what an interrupted run left, and reload if the last reload is old; returns at once."""
        self._in_background("recover", self._recover)

    def start(self, triggered_by: str, *, force: bool) -> Record:
        """Start a reload and return its record as soon as that is in the database.

        Raises LockedError if another run goes on (with `force`, if it still does after 10 seconds, asked
        to end if it is a reload), DatabaseError, ConfigurationError, TimeoutError.
        """
        started: Future[Record] = Future()
        self._in_background("reload", partial(self._reload, started, triggered_by, force))
        return started.result(_START_SECONDS)

    def harvest(self, reconciled: tuple[str, ...] = ()) -> bool:
        """Run a quick harvest, and wait for its end: whether it found anything new.

        `reconciled`: the vendor's ids of issues that are said to have changed.
        """
        ended: Future[bool] = Future()
        self._in_background("harvest", partial(self._harvest, ended, reconciled))
        return ended.result()

    def stop(self, seconds: float) -> bool:
        """Ask every run to end cleanly, and wait for them; False if one has not ended in time."""
        with self._lock:
            self._is_stopping = True
            running = dict(self._running)
        for clock in running.values():
            clock.request_stop(SIGTERM)
        waiting = Clock()
        give_up_at = waiting.monotonic() + seconds
        for thread in running:
            thread.join(max(0.0, give_up_at - waiting.monotonic()))
        return not any(thread.is_alive() for thread in running)

    def _in_background(self, name: str, work: Callable[[Clock], None]) -> None:
        clock = self._make_clock()
        thread = threading.Thread(target=self._run, args=(name, work, clock), name=name, daemon=True)
        with self._lock:
            if self._is_stopping:
                clock.request_stop(SIGTERM)
            # Under the lock, so that `stop` finds no thread that has not begun.
            thread.start()
            self._running[thread] = clock

    def _run(self, name: str, work: Callable[[Clock], None], clock: Clock) -> None:
        try:
            work(clock)
        except (InterruptedRunError, LockedError) as error:
            logger.info("%s ended early: %s", name, error.message)
        except WorksupportError as error:
            logger.error("%s failed: %s", name, error.message, extra=log.fields(hint=error.hint))
        finally:
            with self._lock:
                del self._running[threading.current_thread()]

    def _harvest(self, ended: "Future[bool]", reconciled: tuple[str, ...], clock: Clock) -> None:
        has_news = False
        try:
            with session(self._settings, clock, "harvest") as begun:
                has_news = harvest(begun, is_quick=True, reconciled=reconciled).has_changes
        finally:
            ended.set_result(has_news)

    def _recover(self, clock: Clock) -> None:
        with session(self._settings, clock, "serve") as begun:
            reload_if_stale(begun)

    def _reload(self, started: "Future[Record]", triggered_by: str, force: bool, clock: Clock) -> None:
        seconds = FORCE_SECONDS if force else 0.0
        try:
            waiting = while_waiting(self._settings.database_path, force)
            with session(
                self._settings, clock, "reload", wait_seconds=seconds, while_waiting=waiting
            ) as begun:
                reload(begun, Trigger("manual", triggered_by), on_started=started.set_result)
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

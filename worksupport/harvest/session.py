"""How every run begins and ends: lock, database upgraded, earlier runs repaired, listeners told."""

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from worksupport import log
from worksupport.clock import Clock
from worksupport.config.settings import Settings
from worksupport.errors import ExitCode, LockedError, WorksupportError
from worksupport.harvest.memory import give_memory_back
from worksupport.harvest.monitor import Monitor
from worksupport.harvest.progress import LevelLog, Watcher
from worksupport.store import records
from worksupport.store.database import Store
from worksupport.store.lock import HeldLock, exclusive_lock
from worksupport.store.reference import follow_configuration

logger = logging.getLogger(__name__)


class Listener(Protocol):
    """Told when a run begins and how it ended, whichever command or server made it."""

    def began(self, run_id: str) -> None:
        """The run with this id begins."""

    def ended(self, exit_code: ExitCode) -> None:
        """The run is over, or could not begin."""


@dataclass
class Session:
    """What a run works with while it holds the lock."""

    settings: Settings
    clock: Clock
    run_id: str
    listeners: Sequence[Listener]
    is_watched: bool = False  # somebody waits at a terminal
    store: Store = field(init=False)
    lock: HeldLock = field(init=False)
    healed: list[tuple[records.Table, int]] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)
    has_begun: bool = False
    exit_code: ExitCode = ExitCode.OK  # of the run, once it has ended

    def begin(self) -> None:
        """There is a run: tell the listeners."""
        self.has_begun = True
        for listener in self.listeners:
            listener.began(self.run_id)

    def end(self, exit_code: ExitCode) -> None:
        """Tell the listeners how it ended."""
        for listener in self.listeners:
            listener.ended(exit_code)


@contextmanager
def session(
    settings: Settings,
    clock: Clock,
    command: str,
    *,
    wait_seconds: float = 0.0,
    while_waiting: Callable[[], None] = lambda: None,
    is_watched: bool = False,
) -> Iterator[Session]:
    """Hold the lock and an open store while inside; `while_waiting` is called at each vain try for the lock.
    `is_watched`: somebody waits at a terminal, where waits and retries that are for cron end early.

    Listeners hear of the run that is made inside, and of what kept one from beginning; but not of a command
    that found nothing to run, nor of one that found the lock taken: the holder's run tells for itself.

    Raises LockedError if another run holds the lock past `wait_seconds`, ConfigurationError or
    DatabaseError if the database cannot be opened.
    """
    give_memory_back()
    run_id = uuid.uuid4().hex[:12]
    log.name_run(run_id)
    _log_configuration(settings)
    begun = Session(settings, clock, run_id, [Monitor(settings, clock)], is_watched)
    try:
        with (
            exclusive_lock(
                settings.database_path,
                clock,
                command=command,
                run_id=run_id,
                wait_seconds=wait_seconds,
                while_waiting=while_waiting,
            ) as lock,
            _opened(begun, lock),
        ):
            yield begun
    except Exception as error:
        if begun.has_begun or not isinstance(error, LockedError):
            begun.end(error.exit_code if isinstance(error, WorksupportError) else ExitCode.FAILED)
        raise
    if begun.has_begun:
        begun.end(begun.exit_code)


@contextmanager
def _opened(begun: Session, lock: HeldLock) -> Iterator[None]:
    begun.lock = lock
    settings = begun.settings
    begun.store = Store(settings.database_path, begun.clock, lock.check, settings.state_rules)
    try:
        begun.healed = heal(begun.store, begun.clock)
        follow_configuration(begun.store, begun.settings, begun.clock.now_text())
        begun.watchers.append(LevelLog(begun.clock))
        yield
    finally:
        begun.store.close()


def _log_configuration(settings: Settings) -> None:
    logger.info("configuration read", extra=log.fields(path=settings.path, database=settings.database_path))
    for note in settings.notes:
        logger.info(note)


def heal(store: Store, clock: Clock) -> list[tuple[records.Table, int]]:
    """Repair what an interrupted run left; returns the records it had left 'running'."""
    healed = records.heal(store, clock.now_text())
    for table, record_id in healed:
        logger.warning("an interrupted run was repaired", extra=log.fields(table=table, id=record_id))
    return healed

"""How every run begins: lock, database upgraded, earlier runs repaired, configuration followed."""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from worksupport import log
from worksupport.clock import Clock
from worksupport.config.settings import Settings
from worksupport.harvest.progress import LevelLog, Watcher
from worksupport.lock import exclusive_lock
from worksupport.store import records
from worksupport.store.database import Store
from worksupport.store.reference import follow_configuration

logger = logging.getLogger(__name__)


@dataclass
class Work:
    """What a run works with while it holds the lock."""

    settings: Settings
    clock: Clock
    store: Store
    run_id: str
    healed: list[tuple[records.Table, int]] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)


@contextmanager
def work_on_database(
    settings: Settings,
    clock: Clock,
    command: str,
    wait_seconds: float = 0.0,
    while_waiting: Callable[[], None] = lambda: None,
) -> Iterator[Work]:
    """Hold the lock and an open store while inside; `while_waiting` is called at each vain try for the lock.

    Raises LockedError if another run holds the lock past `wait_seconds`, ConfigurationError or
    DatabaseError if the database cannot be opened.
    """
    run_id = uuid.uuid4().hex[:12]
    log.name_run(run_id)
    _tell_configuration(settings)
    path = settings.database_path
    with exclusive_lock(
        path,
        clock,
        command=command,
        run_id=run_id,
        wait_seconds=wait_seconds,
        while_waiting=while_waiting,
    ):
        store = Store(path, clock)
        try:
            healed = heal(store, clock)
            follow_configuration(store, settings, clock.now_text())
            yield Work(settings, clock, store, run_id, healed, [LevelLog(clock)])
        finally:
            store.close()


def _tell_configuration(settings: Settings) -> None:
    logger.info("configuration read", extra=log.fields(path=settings.path, database=settings.database_path))
    for note in settings.notes:
        logger.info(note)


def heal(store: Store, clock: Clock) -> list[tuple[records.Table, int]]:
    """Repair what an interrupted run left; returns the records it had left 'running'."""
    healed = records.heal(store, clock.now_text())
    for table, record_id in healed:
        logger.warning("an interrupted run was repaired", extra=log.fields(table=table, id=record_id))
    return healed

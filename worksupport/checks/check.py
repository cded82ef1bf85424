"""All checks, one after the other; where one cannot look, those that need it say so or are left out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from worksupport.checks import machine, runs
from worksupport.checks.base import Check, refused
from worksupport.checks.notices import check_notices
from worksupport.clock import Clock, utc_text
from worksupport.config.settings import Settings
from worksupport.errors import ExitCode, WorksupportError
from worksupport.model.names import SOURCES
from worksupport.queries.health import condition
from worksupport.queries.reader import answer
from worksupport.queries.remarks import longest_age
from worksupport.store.lock import is_held


@dataclass(frozen=True)
class Subject:
    """What is to be checked."""

    load: Callable[[], Settings]  # raises ConfigurationError
    config: Path | None  # None: not found
    database: Path | None  # None: nothing says where it is
    clock: Clock
    oldest: str | None = None  # UTC text; older data is too old. None: two intervals and an hour
    only: tuple[str, ...] = ()  # sources by name; none: all that are on
    offline: bool = False  # ask no service


def run_checks(subject: Subject) -> list[Check]:
    """Every check, in the order in which one would look. Raises InterruptedRunError only."""
    settings, configuration = machine.check_configuration(subject.load)
    database = settings.database_path if settings else subject.database
    checks = [configuration, machine.check_files(subject.config, database)]
    if database:
        checks += _database_checks(subject, settings, database)
    return checks if subject.offline else [*checks, *_service_checks(subject, settings)]


def _database_checks(subject: Subject, settings: Settings | None, database: Path) -> list[Check]:
    found = machine.check_database(database)
    around = [found, machine.check_disk(database), machine.check_lock(database)]
    if not found.ok:
        return around
    told = check_notices(settings, database, subject.clock.now()) if settings else []
    return [*around, machine.check_words(database), *_run_checks(subject, settings, database), *told]


def _run_checks(subject: Subject, settings: Settings | None, database: Path) -> list[Check]:
    now = subject.clock.now()
    interval = timedelta(hours=settings.interval_hours if settings else Settings.interval_hours)
    full_every = timedelta(hours=settings.full_every_hours if settings else Settings.full_every_hours)
    oldest = subject.oldest or utc_text(now - longest_age(interval))
    is_locked = is_held(database)
    try:
        found = answer(database, lambda c: condition(c, now=now, interval=interval, is_locked=is_locked))
    except WorksupportError as error:
        return [refused("runs", error)]
    return [
        runs.check_orphans(found),
        *(runs.check_age(found, name, oldest, now) for name in _sources(subject, settings)),
        runs.check_full(found, utc_text(now - longest_age(max(full_every, interval))), now),
        runs.check_newest_run(found, now),
        runs.check_left_out(found),
        runs.check_share(found),
        runs.check_reloads(found, now),
    ]


def _sources(subject: Subject, settings: Settings | None) -> list[str]:
    """The sources that are on and wanted; without a configuration that tells, both are on."""
    names = [name for name in SOURCES if settings is None or settings.source(name)]
    return [name for name in names if name in (subject.only or SOURCES)]


def _service_checks(subject: Subject, settings: Settings | None) -> list[Check]:
    from worksupport.checks import services  # only now: what speaks HTTP takes long to import

    names = _sources(subject, settings)
    if settings is None:
        detail = "not asked: the configuration cannot be used"
        fix = "correct the configuration first"
        return [Check(name, False, detail, fix, ExitCode.CONFIGURATION) for name in names]
    asked = services.ask_services(settings, names, subject.clock)
    return [*(one.check for one in asked.values()), services.check_clock(asked)]

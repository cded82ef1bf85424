"""Logging, set up once: what goes to stderr, as text for people or as JSON for machines."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from worksupport.clock import Clock
from worksupport.errors import WorksupportError
from worksupport.text import visible

# Between the standard levels: a run's one summary line, and what `--quiet` still shows.
SUMMARY = 25
NEWLY_LEFT_OUT = 35
_THRESHOLDS = {-1: NEWLY_LEFT_OUT, 0: SUMMARY, 1: logging.INFO, 2: logging.DEBUG}
_LEVELS = {
    logging.DEBUG: ("🔍", "debug"),
    logging.INFO: ("ℹ️", "info"),  # noqa: RUF001
    SUMMARY: ("✅", "summary"),
    logging.WARNING: ("⚠️", "warning"),
    NEWLY_LEFT_OUT: ("⚠️", "warning"),
    logging.ERROR: ("❌", "error"),
}
# A field whose values stand in the message already: only the JSON form has them apart.
_ONLY_JSON = "only_json"
# What would make `key=value` ambiguous.
_QUOTED = re.compile(r'[\s"=]|^$')
_package_log = logging.getLogger("worksupport")


def fields(**values: Any) -> dict[str, Any]:
    """Values for a log call's `extra`: shown as `key=value`, or as keys of the JSON object."""
    return {"fields": values}


def set_up(verbosity: int, log_format: str, clock: Clock) -> None:
    """Send this package's log to stderr, with the time where nobody is looking.

    `verbosity`: -1 errors and what is newly left out; 0 warnings and the summary; 1 info; 2 debug.
    """
    handler = logging.StreamHandler(sys.stderr)
    timed = not (sys.stderr and sys.stderr.isatty())
    handler.setFormatter(_JsonFormatter(clock) if log_format == "json" else _TextFormatter(clock, timed))
    _package_log.handlers = [handler]
    _package_log.setLevel(_THRESHOLDS[max(-1, min(verbosity, 2))])
    _package_log.propagate = False


@contextmanager
def also_to(descriptor: int, clock: Clock) -> Iterator[None]:
    """While inside, everything is also written, as text, to this open file; stderr shows what it showed.

    A disk without room for it loses lines here, no more.
    """
    before = _package_log.level
    file = open(descriptor, "w", encoding="utf-8")  # noqa: SIM115
    handler = _CourtesyHandler(file)
    handler.setFormatter(_TextFormatter(clock))
    for other in _package_log.handlers:
        other.setLevel(before)
    _package_log.addHandler(handler)
    _package_log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        _package_log.setLevel(before)
        _package_log.removeHandler(handler)
        with suppress(OSError):
            file.close()


class _CourtesyHandler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: what matters is on stderr."""


def tell_end(error: WorksupportError) -> None:
    """Log what ended the command, for readers who expect a log line: its message, hint and exit code."""
    hint = {"hint": error.hint} if error.hint else {}
    _package_log.error("%s", error.message, extra=fields(**hint, exit_code=int(error.exit_code)))


class RunIdFilter(logging.Filter):
    """Puts one run's id on every line."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with the run id unless it says that it belongs to none (None)."""
        record.run_id = getattr(record, "run_id", self.run_id)
        return True


def name_run(run_id: str) -> None:
    """Put `run_id` on every line from now on."""
    for handler in _package_log.handlers:
        handler.filters = [RunIdFilter(run_id)]


class _TextFormatter(logging.Formatter):
    def __init__(self, clock: Clock, timed: bool = True) -> None:
        super().__init__()
        self._clock = clock
        self._timed = timed

    def format(self, record: logging.LogRecord) -> str:
        emoji, _ = _LEVELS.get(record.levelno, ("❔", record.levelname))
        pairs = {name: value for name, value in _fields_of(record).items() if name != _ONLY_JSON}
        if self._timed:
            return f"{self._clock.now_text()} {emoji} {_line(record, pairs)}"
        # For people: neither times nor run ids, and the next step on a line of its own.
        pairs.pop("run", None)
        hint = pairs.pop("hint", "")
        return f"{emoji} {_line(record, pairs)}" + (f"\n  {visible(str(hint))}" if hint else "")


def _line(record: logging.LogRecord, pairs: dict[str, Any]) -> str:
    given = [f"{name}={_value(value)}" for name, value in pairs.items()]
    return visible(" ".join([record.getMessage(), *given]))


class _JsonFormatter(logging.Formatter):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        _, level = _LEVELS.get(record.levelno, ("", record.levelname.lower()))
        head = {"time": self._clock.now_text(), "level": level, "message": record.getMessage()}
        pairs = _fields_of(record)
        return json.dumps({**head, **pairs.pop(_ONLY_JSON, {}), **pairs}, default=str)


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    run_id = getattr(record, "run_id", None)
    return {**getattr(record, "fields", {}), **({"run": run_id} if run_id else {})}


def _value(value: object) -> str:
    text = visible(str(value))
    return json.dumps(text, ensure_ascii=False) if _QUOTED.search(text) else text

"""`worksupport check`: is everything fit to run."""

from collections.abc import Callable
from pathlib import Path

from worksupport.checks.base import checks_document, exit_code
from worksupport.checks.check import Subject, run_checks
from worksupport.config.locate import locate_config
from worksupport.context import Context
from worksupport.errors import ConfigurationError, ExitCode
from worksupport.model.names import checked_sources
from worksupport.model.times import moment
from worksupport.output import json_text, write
from worksupport.render import terminal
from worksupport.render.check import draw_checks, plain_checks


def check(
    context: Context, *, max_age: str | None, source: tuple[str, ...], offline: bool, as_json: bool
) -> ExitCode:
    """Run the checks and print what they found; the exit code is that of the gravest cause."""
    subject = Subject(
        lambda: context.settings,
        _found(lambda: locate_config(context.options.config, context.environment)),
        _found(lambda: context.database_path),
        context.clock,
        moment("--max-age", max_age, context.clock.now()) if max_age else None,
        checked_sources(source),
        offline,
    )
    with context.clock.stop_on_signals():
        checks = run_checks(subject)
    document, code = checks_document(checks), exit_code(checks)
    if as_json:
        write(json_text(document))
    elif terminal.is_terminal():
        draw_checks(document, code, terminal.console())
    else:
        write(plain_checks(document, code))
    return code


def _found(path: Callable[[], str | Path]) -> Path | None:
    """The path; None if there is none, which the check of the configuration tells."""
    try:
        return Path(path())
    except ConfigurationError:
        return None

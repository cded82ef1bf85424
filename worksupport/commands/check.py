"""`worksupport check`: is everything fit to run."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worksupport.commands import options
from worksupport.context import Context
from worksupport.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from worksupport.checks.survey import Subject

MaxAge = Annotated[
    str | None,
    typer.Option(metavar="AGE", help="Older data is too old: 5h, 90m, 2d; else 2 x interval + 1 h."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Ask no service.")]


def check(
    context: Context,
    max_age: MaxAge = None,
    source: options.Source = None,
    offline: Offline = False,
    as_json: options.Json = False,
) -> None:
    """Tell whether all is fit to run, and how to mend what is not.

    Looks at configuration, files, database, runs and age of the data, and asks each service a real query.
    Changes nothing and waits for no run. The exit code tells the gravest cause.

    \b
    Examples:
      worksupport check
      worksupport check --offline --max-age 5h --json
    """
    from worksupport.checks.check import checks_document, exit_code
    from worksupport.checks.survey import survey
    from worksupport.output import json_text, write
    from worksupport.render import terminal
    from worksupport.render.checks import draw_checks, plain_checks

    subject = _subject(context, max_age, options.checked_source(source), offline)
    with context.clock.stop_on_signals():
        checks = survey(subject)
    document, code = checks_document(checks), exit_code(checks)
    if as_json:
        write(json_text(document))
    elif terminal.is_terminal():
        draw_checks(document, code, terminal.console())
    else:
        write(plain_checks(document, code))
    if code != ExitCode.OK:
        raise typer.Exit(code)


def _subject(context: Context, max_age: str | None, only: str | None, offline: bool) -> "Subject":
    from worksupport.checks.survey import Subject
    from worksupport.config.locate import locate_config
    from worksupport.queries.moments import moment

    return Subject(
        lambda: context.settings,
        _found(lambda: locate_config(context.options.config, context.environment)),
        _found(lambda: context.database_path),
        context.clock,
        moment("--max-age", max_age, context.clock.now()) if max_age else None,
        only,
        offline,
    )


def _found(path: Callable[[], str | Path]) -> Path | None:
    """The path; None if there is none, which the check of the configuration tells."""
    try:
        return Path(path())
    except ConfigurationError:
        return None

"""The global options: every command takes them too, so that they may stand before or after it."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from worksupport.commands import candidates
from worksupport.context import Context, GlobalOptions
from worksupport.errors import UsageError

_PANEL = "Global options (before or after the command)"
_LOG_FORMATS = ("text", "json")


def _path_option(name: str, what: str, variable: str | None = None) -> Any:
    """Not `readable` to Typer: with a database given, reads need no configuration; what is wrong we tell."""
    return typer.Option(
        name, help=what, envvar=variable, rich_help_panel=_PANEL, metavar="PATH", readable=False
    )


Config = Annotated[Path | None, _path_option("--config", "Configuration file (WORKSUPPORT_CONFIG).")]
Database = Annotated[Path | None, _path_option("--db", "Database file (WORKSUPPORT_DB).")]
# Before the command they also come from the environment; behind it they only beat that.
ConfigOrVariable = Annotated[
    Path | None, _path_option("--config", "Configuration file.", "WORKSUPPORT_CONFIG")
]
DatabaseOrVariable = Annotated[Path | None, _path_option("--db", "Database file.", "WORKSUPPORT_DB")]
Verbose = Annotated[
    int,
    typer.Option(
        "-v",
        "--verbose",
        count=True,
        metavar="",
        rich_help_panel=_PANEL,
        help="More on stderr; -vv for all.",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only errors on stderr.", rich_help_panel=_PANEL)]
LogFormat = Annotated[
    str | None,
    typer.Option(
        "--log-format",
        help="text or json.",
        rich_help_panel=_PANEL,
        metavar="FORMAT",
        autocompletion=candidates.log_formats,
    ),
]


def _global_options(
    config: Config = None,
    db: Database = None,
    verbose: Verbose = 0,
    quiet: Quiet = False,
    log_format: LogFormat = None,
) -> dict[str, Any]:
    """The global options as the command line gave them; its signature is what each command gains."""
    return {"config": config, "db": db, "verbose": verbose, "quiet": quiet, "log_format": log_format}


_GLOBAL_PARAMETERS = inspect.signature(_global_options).parameters


def takes_global_options(command: Callable[..., None]) -> Callable[..., None]:
    """`command(context, ...)` as Typer calls it: the global options are merged into the context first."""

    @functools.wraps(command)
    def called_by_typer(typer_context: typer.Context, **values: Any) -> None:
        given = {name: values.pop(name) for name in _GLOBAL_PARAMETERS}
        context: Context = typer_context.obj
        context.options = merged(context.options, **given)
        _set_up_log(context)
        command(context, **values)

    own = list(inspect.signature(command).parameters.values())[1:]
    called_by_typer.__doc__ = help_text(command.__doc__ or "")
    first = inspect.Parameter("typer_context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    every = [first, *own, *_GLOBAL_PARAMETERS.values()]
    every = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in every]
    called_by_typer.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    called_by_typer.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
    return called_by_typer


def help_text(docstring: str) -> str:
    """A command's docstring with each paragraph on one line, for any width.

    A paragraph that begins with \\b keeps its lines: click goes by that, rich shows one more empty line.
    """
    paragraphs = inspect.cleandoc(docstring).split("\n\n")
    kept = (text if text.startswith("\b") else text.replace("\n", " ") for text in paragraphs)
    text = "\n\n".join(kept)
    return text.replace("\b\n", "") if typer.core.HAS_RICH else text


def merged(
    options: GlobalOptions,
    config: Path | None,
    db: Path | None,
    verbose: int,
    quiet: bool,
    log_format: str | None,
) -> GlobalOptions:
    """`options` with what was given beside them. Raises UsageError for an unknown log format."""
    if log_format is not None and log_format not in _LOG_FORMATS:
        raise UsageError(f"--log-format is {log_format!r}; it must be text or json")
    return replace(
        options,
        config=config or options.config,
        database=db or options.database,
        verbosity=-1 if quiet else options.verbosity + verbose,
        log_format=log_format or options.log_format,
    )


def _set_up_log(context: Context) -> None:
    from worksupport import log

    log.set_up(context.options.verbosity, context.options.log_format, context.clock)

"""The command line as Typer knows it, made from the tables of `options`; Typer's only home."""

import gc
import inspect
from collections.abc import Callable, Collection
from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from worksupport import __version__, log
from worksupport.commands.options import BY_NAME, COMMANDS, GLOBAL, GUESSES, LOG_FORMATS, Command, Option
from worksupport.context import Context, GlobalOptions
from worksupport.errors import ExitCode, UsageError, WorksupportError
from worksupport.model.filters import ME, Filters, folded
from worksupport.model.times import moment
from worksupport.output import write
from worksupport.queries.names import completions
from worksupport.queries.reader import answer, weekend
from worksupport.text import visible

# The headings of commands that answer and end.
_SHORT = ("Ask", "Review")
_COMPLETION_VARIABLE = "_WORKSUPPORT_COMPLETE"
_TYPES: dict[str, Any] = {
    "text": str,
    "refused": str,
    "time": str,
    "path": Path,
    "whole": int,
    "number": float,
    "flag": bool,
    "count": int,
}


def run(arguments: list[str], context: Context) -> int:
    """Run one command line and return its exit code. Raises WorksupportError for every fault but a bug."""
    if _COMPLETION_VARIABLE in context.environment:
        _let_typer_complete()
    app = _app(arguments)
    try:
        code = app(args=arguments, obj=context, prog_name="worksupport", standalone_mode=False)
    except typer.exceptions.TyperException as error:
        said = getattr(error, "format_message", error.__str__)()
        raise _usage_error(said, arguments) from error
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return int(code or ExitCode.OK)


def _usage_error(said: str, arguments: list[str]) -> UsageError:
    """What is wrong, and what to type in its place."""
    command = next((word for word in arguments if word in BY_NAME), "")
    message = f"{said[:1].lower()}{said[1:]}".rstrip(".")
    word = next((each for each in arguments if not each.startswith("-")), "")
    if command or f"'{word}'" not in said:
        return UsageError(
            message, f"worksupport{f' {command}' if command else ''} --help tells what there is"
        )
    near = GUESSES.get(word.casefold()) or next(iter(get_close_matches(word.casefold(), BY_NAME)), "")
    return UsageError(
        message, f"did you mean: worksupport {near}" if near else "worksupport --help lists them"
    )


def _let_typer_complete() -> None:
    """Typer knows the shells only after this, which it calls itself for the scripts that we do not use."""
    from typer.completion import get_completion_inspect_parameters

    get_completion_inspect_parameters()


def _app(arguments: list[str]) -> typer.Typer:
    """The command line with the commands that `arguments` can mean; with all where they name none.

    Having Typer look at every command's options is a fifth of the time of a read.
    """
    app = typer.Typer(
        name="worksupport",
        context_settings={"help_option_names": []},  # ours are in `commands/usage`
        add_completion=False,  # ours is `worksupport completion`
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(_before_the_command())
    named = set(arguments) & BY_NAME.keys()
    for command in COMMANDS:
        if command.name in named or not named:
            app.command(command.name)(_called_by_typer(command))
    return app


def _before_the_command() -> Callable[..., None]:
    def before_the_command(typer_context: typer.Context, version: bool, **given: Any) -> None:
        context: Context = typer_context.obj
        context.options = _merged(context.options, **given)
        if typer_context.invoked_subcommand is None:
            from worksupport.commands.start import start

            start(context)

    version = typer.Option(
        "-V", "--version", help="Print the version.", is_eager=True, callback=_print_version
    )
    own = _keyword("version", Annotated[bool, version], False)
    return _with_signature(before_the_command, [*map(_parameter, GLOBAL), own])


def _print_version(wanted: bool) -> None:
    if wanted:
        write(f"worksupport {__version__}\n")
        raise typer.Exit


def _called_by_typer(command: Command) -> Callable[..., None]:
    """A function with the command's signature: it merges the global options and calls the body."""

    def called_by_typer(typer_context: typer.Context, **values: Any) -> None:
        given = {option.name: values.pop(option.name) for option in GLOBAL}
        values |= {
            option.name: tuple(values[option.name] or ()) for option in command.options if option.is_repeated
        }
        context: Context = typer_context.obj
        context.options = _merged(context.options, **given)
        log.set_up(context.options.verbosity, context.options.log_format, context.clock)
        _refuse(command, values)
        _read_times(command, values, context)
        if command.filters:
            values["filters"] = _filters(command, values, context)
        if command.heading not in _SHORT:
            gc.enable()
        # Only now: of most command lines one body is loaded, of `--help` none.
        body = getattr(import_module(f"worksupport.commands.{command.name}"), command.name)
        code = body(context, **values)
        if code:
            raise typer.Exit(code)

    return _with_signature(called_by_typer, [*map(_parameter, command.options), *map(_parameter, GLOBAL)])


def _refuse(command: Command, values: dict[str, Any]) -> None:
    """Raises UsageError for an option that is there only to say why it is not."""
    for option in command.options:
        if option.holds == "refused" and values.pop(option.name) is not None:
            raise UsageError(option.help, "worksupport help definitions")


def _read_times(command: Command, values: dict[str, Any], context: Context) -> None:
    """Put the moments in place of the command's own times. Raises UsageError."""
    for option in command.options:
        if option.holds == "time" and values[option.name] is not None:
            values[option.name] = _moment(option.flags[-1], values[option.name], context)


def _moment(option: str, text: str, context: Context) -> str:
    def days_off() -> Collection[str]:
        return weekend(context.database_path)

    return moment(option, text, context.clock.now(), days_off)


def _filters(command: Command, values: dict[str, Any], context: Context) -> Filters:
    """The command's filters, taken out of the values. Raises UsageError."""
    given = {row.name: values.pop(row.name) for row in command.filters}
    for row in command.filters:
        if row.holds == "time":
            given[row.name] = tuple(_moment(row.option, text, context) for text in given[row.name])
        if row.holds == "days" and given[row.name]:
            given[row.name] = _moment(row.option, f"{row.days}d", context)
    if ME in given.get("assignee", ()):
        from worksupport.commands.me import who_is_me

        name = who_is_me(context)
        given["assignee"] = tuple(name if each == ME else each for each in given["assignee"])
    return Filters(**given)


def _merged(
    options: GlobalOptions,
    config: Path | None,
    db: Path | None,
    verbose: int,
    quiet: bool,
    log_format: str | None,
) -> GlobalOptions:
    """`options` with what was given beside them. Raises UsageError for an unknown log format."""
    if log_format is not None and log_format not in LOG_FORMATS:
        raise UsageError(f"--log-format is {log_format!r}; it must be {' or '.join(LOG_FORMATS)}")
    return replace(
        options,
        config=config or options.config,
        database=db or options.database,
        verbosity=-1 if quiet else options.verbosity + verbose,
        log_format=log_format or options.log_format,
    )


def _with_signature(
    function: Callable[..., None], parameters: list[inspect.Parameter]
) -> Callable[..., None]:
    """`function` with the signature that Typer reads."""
    every = [_keyword("typer_context", typer.Context), *parameters]
    function.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
    return function


def _keyword(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _parameter(option: Option) -> inspect.Parameter:
    """The row of a table as a parameter of a function that Typer calls."""
    kind = _TYPES[option.holds]
    default = Path(str(option.default)) if kind is Path and option.default else option.default
    details: dict[str, Any] = {"help": option.help}
    if option.holds == "refused":
        details["hidden"] = True
    if option.metavar or option.holds == "count":
        details["metavar"] = option.metavar
    if option.low is not None:
        details["min"] = option.low
    if option.high is not None:
        details["max"] = option.high
    if option.completes:
        details["autocompletion"] = _completer(option.completes)
    if option.flags:
        details["count"] = option.holds == "count"
        details["show_default"] = option.holds not in ("count", "flag") and default is not None
        # Not `readable` to Typer: with a database given, reads need no configuration; what is wrong we tell.
        info = typer.Option(*option.flags, **details, readable=False)
    else:
        info = typer.Argument(**details, show_default=default is not None)
    if option.is_repeated:
        kind, default = list[kind], None  # type: ignore[valid-type]
    is_optional = default is None and not option.is_required
    default = inspect.Parameter.empty if option.is_required else default
    return _keyword(option.name, Annotated[kind | None if is_optional else kind, info], default)


class _Offered(str):
    """A value that is offered whatever the case in which it was begun; Typer itself would go by that."""

    def startswith(self, begun: str | tuple[str, ...], *bounds: Any) -> bool:
        """As Typer asks."""
        return folded(self).startswith(folded(str(begun)))


def _completer(completes: str | tuple[str, ...]) -> Callable[..., list[_Offered]]:
    """What Typer calls for the values of an option: a closed list, or names of the data."""
    if isinstance(completes, tuple):
        values = [_Offered(value) for value in completes]
        return lambda: values
    kind = completes

    def complete(typer_context: typer.Context, incomplete: str) -> list[_Offered]:
        try:
            path = _context_of(typer_context).database_path
            found = answer(path, lambda connection: completions(connection, kind, incomplete))
        except WorksupportError:
            return []
        return [_Offered(value) for value in found if _is_harmless(value)]

    return complete


def _context_of(typer_context: typer.Context) -> Context:
    """The context with the options given so far, which no callback has merged: the line is not run."""
    options = GlobalOptions()
    for given in (typer_context.parent, typer_context):
        if given is not None:
            config, database = given.params.get("config"), given.params.get("db")
            options = GlobalOptions(
                Path(config) if config else options.config, Path(database) if database else options.database
            )
    return Context(options=options)


def _is_harmless(value: str) -> bool:
    """Whether a shell may show and insert it: nothing that acts on a terminal, nothing like an option."""
    return visible(value) == value and not value.startswith("-")

"""The command line as Typer knows it: global options and the list of commands."""

from importlib import import_module
from typing import Annotated

import typer

from worksupport import __version__
from worksupport.commands import global_options
from worksupport.context import Context
from worksupport.errors import ExitCode

_HELP = """Copies a team's Jira and GitHub issues into one SQLite file, and answers.

\b
Examples:
  worksupport tree --assignee "Jane Smith"
  worksupport keys --label work-support --json
"""
# By the heading in the list of commands; each is the function of that name in the module of that name.
_COMMANDS = {
    "Ask": ("tree", "keys", "history", "serve"),
    "Copy": ("harvest", "reload", "recover", "backup", "check"),
    "Begin": ("demo", "init", "completion", "help"),
}
_COMPLETION_VARIABLE = "_WORKSUPPORT_COMPLETE"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"worksupport {__version__}")
        raise typer.Exit


def _before_the_command(
    typer_context: typer.Context,
    config: global_options.ConfigOrVariable = None,
    db: global_options.DatabaseOrVariable = None,
    verbose: global_options.Verbose = 0,
    quiet: global_options.Quiet = False,
    log_format: global_options.LogFormat = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    context: Context = typer_context.obj
    context.options = global_options.merged(context.options, config, db, verbose, quiet, log_format)
    if typer_context.invoked_subcommand is None:
        from worksupport.commands.start import show_start_page

        show_start_page(context)


def _app(arguments: list[str]) -> typer.Typer:
    """The command line with the commands that `arguments` can mean; with all where they name none.

    Loading every command, and having Typer look at all its options, is a fifth of the time of a read.
    """
    app = typer.Typer(
        name="worksupport",
        help=global_options.help_text(_HELP),
        context_settings={"help_option_names": ["-h", "--help"]},
        add_completion=False,  # ours is `worksupport completion`
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True)(_before_the_command)
    every = [name for names in _COMMANDS.values() for name in names]
    named = set(arguments).intersection(every)
    wanted = named if {"-h", "--help"}.isdisjoint(arguments) else set()
    for panel, names in _COMMANDS.items():
        for name in names:
            if name in wanted or not wanted:
                command = getattr(import_module(f"worksupport.commands.{name}"), name)
                app.command(rich_help_panel=panel)(global_options.takes_global_options(command))
    return app


def run(arguments: list[str], context: Context) -> int:
    """Run one command line and return its exit code. Raises WorksupportError for every fault but a bug."""
    if _COMPLETION_VARIABLE in context.environment:
        _let_typer_complete()
    try:
        _app(arguments)(args=arguments, obj=context, prog_name="worksupport")
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return ExitCode.OK


def _let_typer_complete() -> None:
    """Typer knows the shells only after this, which it calls itself for the scripts that we do not use."""
    from typer.completion import get_completion_inspect_parameters

    get_completion_inspect_parameters()

"""What a shell may complete a value to; asked of the database read-only, and silent when there is none."""

from pathlib import Path

import typer

from worksupport.context import Context, GlobalOptions
from worksupport.errors import WorksupportError
from worksupport.source_names import SOURCES


def keys(typer_context: typer.Context, incomplete: str) -> list[str]:
    """Keys of issues."""
    return _from_database(typer_context, "key", incomplete)


def assignees(typer_context: typer.Context, incomplete: str) -> list[str]:
    """Members, and everybody to whom an issue is assigned."""
    return _from_database(typer_context, "assignee", incomplete)


def labels(typer_context: typer.Context, incomplete: str) -> list[str]:
    """Labels of issues."""
    return _from_database(typer_context, "label", incomplete)


def statuses(typer_context: typer.Context, incomplete: str) -> list[str]:
    """Statuses of issues."""
    return _from_database(typer_context, "status", incomplete)


def issue_types(typer_context: typer.Context, incomplete: str) -> list[str]:
    """The configured issue types."""
    return _from_database(typer_context, "issue_type", incomplete)


def sources() -> list[str]:
    """The services."""
    return list(SOURCES)


def log_formats() -> list[str]:
    """The forms of the log."""
    return ["text", "json"]


def run_statuses() -> list[str]:
    """How a run may stand."""
    return ["running", "completed", "failed"]


def topics() -> list[str]:
    """What `worksupport help` explains."""
    from worksupport.topics import TOPICS

    return list(TOPICS)


def shells() -> list[str]:
    """The shells for which there is a completion script."""
    return ["bash", "zsh", "fish"]


def _from_database(typer_context: typer.Context, kind: str, incomplete: str) -> list[str]:
    from worksupport.queries.candidates import candidates
    from worksupport.queries.reader import answer

    try:
        path = _context_of(typer_context).database_path
        found = answer(path, lambda connection: candidates(connection, kind, incomplete))
    except WorksupportError:
        return []
    return [value for value in found if _is_harmless(value)]


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
    return value.isprintable() and not value.startswith("-")

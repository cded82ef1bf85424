"""Options that several commands share, and what their values mean."""

from typing import Annotated

import typer

from worksupport.commands import candidates
from worksupport.context import Context
from worksupport.errors import UsageError
from worksupport.source_names import SOURCES

Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="jira|github",
        help="Only this source.",
        autocompletion=candidates.sources,
    ),
]
Assignee = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Only issues of this person.", autocompletion=candidates.assignees),
]
Label = Annotated[
    str | None,
    typer.Option(metavar="LABEL", help="Only issues with this label.", autocompletion=candidates.labels),
]
Status = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Only issues of this status.", autocompletion=candidates.statuses),
]
ChangedSince = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only issues changed since: 5h, 2d, 2026-11-01 (UTC)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Ndjson = Annotated[bool, typer.Option("--ndjson", help="Print one JSON object a line, one for each issue.")]
Wait = Annotated[
    float, typer.Option("--wait", min=0, metavar="SECONDS", help="Wait this long for another run's lock.")
]


def moment_of(changed_since: str | None, context: Context) -> str | None:
    """The moment that `--changed-since` names, as UTC text. Raises UsageError for one that there is not."""
    if changed_since is None:
        return None
    from worksupport.queries.moments import moment

    return moment("--changed-since", changed_since, context.clock.now())


def refuse_two_forms(as_json: bool, ndjson: bool) -> None:
    """Raise UsageError if both JSON forms are asked for."""
    if as_json and ndjson:
        raise UsageError("--json is one document, --ndjson a line for each issue: leave one out")


def checked_source(source: str | None) -> str | None:
    """The source in lower case. Raises UsageError for one that there is not."""
    if source is not None and source.casefold() not in SOURCES:
        raise UsageError(f"the source is {source!r}; it must be one of {', '.join(SOURCES)}")
    return source.casefold() if source else None

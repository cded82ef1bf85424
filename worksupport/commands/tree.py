"""`worksupport tree`: the hierarchy for people, and as JSON for scripts."""

from typing import TYPE_CHECKING, Annotated

import typer

from worksupport.commands import candidates, options
from worksupport.context import Context

if TYPE_CHECKING:
    from worksupport.queries.tree import TreeQuestion

Key = Annotated[
    str | None,
    typer.Argument(metavar="[KEY]", help="Only what is below this issue.", autocompletion=candidates.keys),
]
RootType = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Type of the issues at the top (default: Product Version).",
        autocompletion=candidates.issue_types,
    ),
]
MaxDepth = Annotated[int, typer.Option(metavar="1..100", help="Levels to show; 1: the top only.")]
Wide = Annotated[bool, typer.Option("--wide", help="Titles whole, also on a terminal.")]
NoPager = Annotated[bool, typer.Option("--no-pager", help="Never through a pager.")]


def tree(
    context: Context,
    key: Key = None,
    root_type: RootType = None,
    max_depth: MaxDepth = 5,
    assignee: options.Assignee = None,
    label: options.Label = None,
    status: options.Status = None,
    changed_since: options.ChangedSince = None,
    wide: Wide = False,
    no_pager: NoPager = False,
    as_json: options.Json = False,
    ndjson: options.Ndjson = False,
) -> None:
    """Show the hierarchy, and how much of each part of it is done.

    On a terminal it is cut to the width, and paged if longer than the screen; in a pipe it is plain text
    and whole. Filters keep matching issues and the path to them. `41d`: not done and not changed for so
    many days.

    \b
    Examples:
      worksupport tree --assignee "Jane Smith"
      worksupport tree --max-depth 1 --changed-since 2d
    """
    from worksupport import output
    from worksupport.queries.reader import answer
    from worksupport.queries.tree import TreeQuestion, tree_rows_text, tree_text

    since = options.moment_of(changed_since, context)
    question = TreeQuestion(key, root_type, max_depth, assignee, label, status, since)
    options.refuse_two_forms(as_json, ndjson)
    if as_json or ndjson:
        text = tree_text if as_json else tree_rows_text
        output.write(answer(context.database_path, lambda connection: text(connection, question)))
    else:
        _show(context, question, wide=wide, paged=not no_pager)


def _show(context: Context, question: "TreeQuestion", *, wide: bool, paged: bool) -> None:
    from worksupport import output
    from worksupport.commands.emptiness import explain_emptiness
    from worksupport.queries.reader import answer
    from worksupport.queries.tree import tree_document
    from worksupport.render import pager, terminal
    from worksupport.render.tree import plain_tree, terminal_tree

    document = answer(context.database_path, lambda found: tree_document(found, question))
    now = context.clock.now()
    if not document["hierarchy"]:
        explain_emptiness(context, question)
    elif not terminal.is_terminal():
        output.write(plain_tree(document, now))
    else:
        console = terminal.console()
        text = terminal_tree(document, now, console, wide=wide, is_part=question.key is not None)
        if paged:
            # Whole titles take more lines of the screen than they have line ends.
            pager.show(text, context.environment, 0 if wide else console.height)
        else:
            output.write(text)

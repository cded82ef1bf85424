"""`worksupport tree`: the hierarchy for people, and as JSON for scripts."""

from typing import TYPE_CHECKING, Annotated

import typer

from worksupport.commands import options
from worksupport.context import Context

if TYPE_CHECKING:
    from worksupport.queries.tree import TreeQuestion


def tree(
    context: Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Only what is below this issue.")] = None,
    root_type: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Type of the issues at the top (default: Product Version)."),
    ] = None,
    max_depth: Annotated[int, typer.Option(metavar="1..100", help="Levels to show; 1: the top only.")] = 5,
    assignee: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this person's issues, and the path to them.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="LABEL", help="Only issues with this label, and the path to them.")
    ] = None,
    status: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only issues of this status, and the path to them.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show Product Versions, what is below them, and how much of it is done.

    On a terminal the tree is coloured and cut to the width; in a pipe it is plain text and whole.

    \b
    worksupport tree --assignee "Anna Berg"
    worksupport tree PV-7 --max-depth 2
    """
    from worksupport import output
    from worksupport.queries.reader import answer
    from worksupport.queries.tree import TreeQuestion, tree_text

    question = TreeQuestion(key, root_type, max_depth, assignee, label, status)
    if as_json:
        output.write(answer(context.database_path, lambda connection: tree_text(connection, question)))
    else:
        _show(context, question)


def _show(context: Context, question: "TreeQuestion") -> None:
    from worksupport import output
    from worksupport.commands.emptiness import explain_emptiness
    from worksupport.queries.reader import answer
    from worksupport.queries.tree import tree_document
    from worksupport.render import terminal
    from worksupport.render.tree import draw_tree, plain_tree

    document = answer(context.database_path, lambda connection: tree_document(connection, question))
    if not document["hierarchy"]:
        explain_emptiness(context, question)
    elif terminal.is_terminal():
        draw_tree(document, context.clock.now(), terminal.console())
    else:
        output.write(plain_tree(document))

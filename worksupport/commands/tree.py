"""`worksupport tree`: the hierarchy for people, and as JSON for scripts."""

from worksupport import output
from worksupport.commands.hints import tell_reader
from worksupport.context import Context
from worksupport.errors import refuse_two_forms
from worksupport.model.filters import Filters
from worksupport.queries.reader import answer, is_empty
from worksupport.queries.tree import TreeQuestion, tree_document, tree_rows_text, tree_text
from worksupport.render import pager, terminal
from worksupport.render.tree import plain_tree, terminal_tree


def tree(
    context: Context,
    *,
    key: str | None,
    root_type: str | None,
    max_depth: int,
    filters: Filters,
    wide: bool,
    no_pager: bool,
    as_json: bool,
    ndjson: bool,
) -> None:
    """Print the hierarchy, or draw it on a terminal."""
    question = TreeQuestion(key, root_type, max_depth, filters)
    refuse_two_forms(as_json, ndjson)
    if as_json or ndjson:
        form = tree_text if as_json else tree_rows_text
        text = answer(context.database_path, lambda connection: form(connection, question))
        output.write(text)
        found_none = is_empty(text)
    else:
        found_none = not _show(context, question, wide=wide, paged=not no_pager)
    tell_reader(context, filters, root_type, is_empty=found_none)


def _show(context: Context, question: TreeQuestion, *, wide: bool, paged: bool) -> bool:
    """Print it, or draw it; False if there is nothing to show."""
    document = answer(context.database_path, lambda found: tree_document(found, question))
    now = context.clock.now()
    if not document["hierarchy"]:
        return False
    if not terminal.is_terminal():
        output.write(plain_tree(document, now))
    else:
        console = terminal.console()
        text = terminal_tree(document, now, console, wide=wide, is_part=question.key is not None)
        if paged:
            # Whole titles take more lines of the screen than they have line ends.
            pager.show(text, context.environment, 0 if wide else console.height)
        else:
            output.write(text)
    return True

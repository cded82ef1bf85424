"""`worksupport tree`: the hierarchy for people, and as JSON for scripts."""

from worksupport import output
from worksupport.commands.formats import chosen_format
from worksupport.commands.hints import key_meant, tell_reader
from worksupport.context import Context
from worksupport.errors import UsageError
from worksupport.model.filters import Filters
from worksupport.queries.as_of import at, stamped
from worksupport.queries.compare import compared_document
from worksupport.queries.reader import answer, is_empty
from worksupport.queries.remarks import staleness
from worksupport.queries.tree import TreeQuestion, drawn_document, tree_rows_text, tree_text
from worksupport.render import pager, terminal
from worksupport.render.compare import compared_text
from worksupport.render.tree import markdown_tree, plain_tree, terminal_tree


def tree(
    context: Context,
    *,
    key: str | None,
    root_type: str | None,
    max_depth: int,
    filters: Filters,
    as_of: str | None,
    compare: str | None,
    show_all: bool,
    wide: bool,
    no_pager: bool,
    format: str | None,
    as_json: bool,
    ndjson: bool,
) -> None:
    """Print the hierarchy, or draw it on a terminal."""
    form = chosen_format("tree", format, as_json, ndjson)
    question = TreeQuestion(key_meant(context, key, as_of, filters), root_type, max_depth, filters)
    if compare is not None:
        _compare(context, question, as_of, compare, form, paged=not no_pager)
        return
    if form in ("json", "ndjson"):
        make = tree_text if form == "json" else tree_rows_text
        text = answer(context.database_path, at(as_of, lambda found: make(found, question), filters))
        output.write(stamped(text, as_of) if form == "json" else text)
        found_none = is_empty(text)
    elif form == "markdown":
        document = answer(
            context.database_path, at(as_of, lambda found: drawn_document(found, question), filters)
        )
        text = markdown_tree(document, context.clock.now())
        output.write(text)
        found_none = not text
    else:
        found_none = not _show(context, question, as_of, wide=wide, folds=not show_all, paged=not no_pager)
    tell_reader(context, filters, root_type, is_empty=found_none, as_of=as_of)


def _compare(
    context: Context, question: TreeQuestion, as_of: str | None, time: str, form: str, *, paged: bool
) -> None:
    """Print what is different from another time."""
    if form not in ("", "text", "json"):
        raise UsageError(f"--compare answers as text or json, not as {form}")
    document = compared_document(context.database_path, question, as_of, time)
    document |= {"as_of": as_of} if as_of else {}
    if form == "json":
        output.write(output.json_text(document))
    elif terminal.is_terminal():
        console = terminal.console()
        text = compared_text(document, context.clock.now(), console)
        pager.show(text, context.environment, console.height if paged else 10**9)
    else:
        output.write(compared_text(document, context.clock.now(), None))
    is_same = not document["hierarchy"] and not document["outside_issues"]
    tell_reader(context, question.filters, question.root_type, is_empty=is_same, as_of=as_of)


def _show(
    context: Context, question: TreeQuestion, as_of: str | None, *, wide: bool, folds: bool, paged: bool
) -> bool:
    """Print it, or draw it; False if there is nothing to show."""
    now = context.clock.now()
    document, is_old = answer(
        context.database_path,
        at(
            as_of,
            lambda found: (drawn_document(found, question), bool(staleness(found, now))),
            question.filters,
        ),
    )
    document |= {"as_of": as_of} if as_of else {}
    if not document["nodes"]["depth"] and not document["outside"]["issue_key"]:
        return False
    if not terminal.is_terminal():
        output.write(plain_tree(document, now))
    else:
        console = terminal.console()
        text = terminal_tree(document, now, console, wide=wide, folds=folds, is_old=is_old)
        if paged:
            # Whole titles take more lines of the screen than they have line ends.
            pager.show(text, context.environment, 0 if wide else console.height)
        else:
            output.write(text)
    return True

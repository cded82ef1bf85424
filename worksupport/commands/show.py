"""`worksupport show`: one issue whole."""

import sys

from worksupport import output
from worksupport.commands.formats import chosen_format
from worksupport.context import Context
from worksupport.queries.issue import show_document
from worksupport.queries.reader import answer
from worksupport.render import issue, terminal


def show(context: Context, *, key: str, full: bool, format: str | None, as_json: bool) -> None:
    """Print the issue that `key` means."""
    form = chosen_format("show", format, as_json)
    now = context.clock.now()
    is_for_people = terminal.is_terminal(sys.stderr)
    document, found = answer(
        context.database_path,
        lambda connection: show_document(connection, key, now, is_for_people=is_for_people),
    )
    if form == "json":
        text = output.json_text(document)
    elif form == "markdown":
        text = issue.markdown_issue(document, now)
    elif terminal.is_terminal():
        text = issue.terminal_issue(document, now, terminal.console(), is_full=full)
    else:
        text = issue.plain_issue(document, now, is_full=True)
    output.write(text)
    if found.note and context.options.verbosity >= 0:
        terminal.show_hints([(found.note, "")])

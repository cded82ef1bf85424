"""`worksupport list`, and `search`, which is the same: one flat answer over both sources."""

import sqlite3
from typing import Any

from worksupport import output
from worksupport.commands.formats import chosen_format
from worksupport.commands.hints import tell_reader
from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.queries.as_of import at, stamped
from worksupport.queries.issues import ListQuestion, json_name, list_document, list_lines, list_text
from worksupport.queries.path import path_to
from worksupport.queries.reader import answer
from worksupport.queries.remarks import staleness
from worksupport.render import issues, terminal

# For more than these, to climb to the top of each would be felt.
_MOST_CLIMBED = 200


def list(
    context: Context,
    *,
    words: tuple[str, ...],
    filters: Filters,
    fields: str | None,
    sort: str | None,
    limit: int | None,
    as_of: str | None,
    format: str | None,
    as_json: bool,
    ndjson: bool,
) -> None:
    """Print the issues that pass the filters and hold the words."""
    names = tuple(json_name("--fields", name) for name in (fields or "").split(",") if name.strip())
    question = ListQuestion(words, filters, names, sort, limit)
    form = chosen_format("list", format, as_json, ndjson) or ("table" if terminal.is_terminal() else "plain")
    asked = at(as_of, lambda found: _text(found, question, form, context, as_of), filters, words)
    text, count = answer(context.database_path, asked)
    output.write(text)
    tell_reader(context, filters, None, words, is_empty=not count, as_of=as_of)


def _text(
    connection: sqlite3.Connection, question: ListQuestion, form: str, context: Context, as_of: str | None
) -> tuple[str, int]:
    if form in ("json", "ndjson"):
        text = (list_text if form == "json" else list_lines)(connection, question)
        is_found = not text.startswith('{"issues":[]') and bool(text)
        return stamped(text, as_of) if form == "json" else text, is_found
    document = {**list_document(connection, question), **({"as_of": as_of} if as_of else {})}
    found = document["issues"]
    if form == "csv":
        is_shown = terminal.is_terminal()
        return issues.csv_list(found, question.fields, is_shown=is_shown), len(found)
    if form == "markdown":
        return issues.markdown_list(found), len(found)
    if form == "plain":
        return issues.plain_list(found, question.fields), len(found)
    if not found:
        return "", 0
    tops = {issue["issue_key"]: _top(connection, issue) for issue in found[:_MOST_CLIMBED]}
    now = context.clock.now()
    is_old = bool(staleness(connection, now))
    return issues.terminal_list(document, tops, now, terminal.console(), is_old=is_old), len(found)


def _top(connection: sqlite3.Connection, issue: dict[str, Any]) -> str:
    path = path_to(connection, issue)
    return str(path[0]["summary"] or "") if path else ""

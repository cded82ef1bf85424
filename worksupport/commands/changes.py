"""`worksupport changes`: what changed since the last working day, or since a moment or a number."""

import sqlite3
from datetime import datetime
from typing import Any

from worksupport import output
from worksupport.commands.formats import chosen_format
from worksupport.commands.hints import key_meant, tell_reader
from worksupport.context import Context
from worksupport.errors import UsageError
from worksupport.model.filters import Filters
from worksupport.model.times import LAST_WORKDAY, moment, until_moment
from worksupport.queries.changes import (
    ChangesQuestion,
    changes_document,
    changes_rows,
    checked_fields,
    recorded_late,
    tops_of,
)
from worksupport.queries.reader import age, answer, weekend
from worksupport.queries.remarks import staleness
from worksupport.render import changes as rendered
from worksupport.render import terminal


def changes(
    context: Context,
    *,
    key: str | None,
    since: str | None,
    until: str | None,
    after: int | None,
    field: tuple[str, ...],
    filters: Filters,
    raw: bool,
    format: str | None,
    as_json: bool,
    ndjson: bool,
) -> None:
    """Print the net changes, or with `--raw` or `--after` the log itself."""
    form = chosen_format("changes", format, as_json, ndjson) or "text"
    question = _question(context, key, since, until, after, field, filters, raw)
    text, is_empty = answer(context.database_path, lambda found: _text(found, question, form, context))
    output.write(text)
    tell_reader(context, filters, is_empty=is_empty)


def _question(
    context: Context,
    key: str | None,
    since: str | None,
    until: str | None,
    after: int | None,
    fields: tuple[str, ...],
    filters: Filters,
    raw: bool,
) -> ChangesQuestion:
    now = context.clock.now()
    names = checked_fields("--field", fields)
    if after is not None and since is not None:
        raise UsageError("--after and --since both say where to begin: leave one out")
    begin = None
    if after is None:
        begin = moment("--since", since or LAST_WORKDAY, now, lambda: weekend(context.database_path))
    end = None if until is None else until_moment("--until", until, now)
    return ChangesQuestion(begin, end, after, key_meant(context, key), names, filters, raw)


def _text(
    connection: sqlite3.Connection, question: ChangesQuestion, form: str, context: Context
) -> tuple[str, bool]:
    now = context.clock.now()
    if form == "text" and not question.raw and question.after is None:
        rows = changes_rows(connection, question)
        return _drawn(connection, rows, question, now), not rows
    document = changes_document(connection, question)
    found = document["changes"]
    if form == "json":
        return output.json_text(document), not found
    if form == "ndjson":
        return "".join(map(output.json_text, found)), not found
    if form == "csv":
        return rendered.csv_changes(found, is_shown=terminal.is_terminal()), not found
    if form == "markdown":
        return rendered.markdown_changes(found, now), not found
    return rendered.raw_lines(found), not found


def _drawn(
    connection: sqlite3.Connection, rows: list[dict[str, Any]], question: ChangesQuestion, now: datetime
) -> str:
    late = recorded_late(connection, question.since) if question.since and not question.key else 0
    head = {"since": question.since, "fields": question.fields, **age(connection)}
    console = terminal.console() if terminal.is_terminal() else None
    is_old = bool(staleness(connection, now))
    return rendered.changes_text(rows, head, tops_of(connection, rows), now, late, console, is_old=is_old)

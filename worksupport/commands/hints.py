"""What a reader must know beside the answer, on stderr: scripts are told only what is surely wrong."""

import sqlite3
import sys

from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.model.times import local_text
from worksupport.queries.as_of import at, record_remarks
from worksupport.queries.find import find_issue
from worksupport.queries.names import Remark, too_late, unknown_words
from worksupport.queries.reader import age, answer
from worksupport.queries.remarks import remarks
from worksupport.render import terminal
from worksupport.render.words import data_age


def key_meant(
    context: Context, text: str | None, as_of: str | None = None, filters: Filters | None = None
) -> str | None:
    """The key of the issue that `text` means, None for None; how it was found is told unless quiet.

    Raises NotFoundError, and for `filters` that do not fit `as_of` UsageError.
    """
    if text is None:
        return None
    is_for_people = terminal.is_terminal(sys.stderr)
    found = answer(
        context.database_path,
        at(
            as_of,
            lambda asked: find_issue(asked, text, is_for_people=is_for_people),
            filters or Filters(),
        ),
    )
    if found.note and context.options.verbosity >= 0:
        terminal.show_hints([(found.note, "")])
    return found.key


def tell_reader(
    context: Context,
    filters: Filters,
    root_type: str | None = None,
    words: tuple[str, ...] = (),
    *,
    is_empty: bool,
    as_of: str | None = None,
) -> None:
    """Say how old the data is, if too old, what is known `as_of` then, and why an answer is empty.

    Nothing if quiet. Which moment a time means, and an honest nothing (with the age of the data), are told to
    people only.
    """
    if context.options.verbosity < 0:
        return
    now, is_watched = context.clock.now(), terminal.is_terminal(sys.stderr)

    def hints(connection: sqlite3.Connection) -> list[Remark]:
        told = remarks(connection, now, filters, root_type, is_empty=is_empty)
        told += record_remarks(connection, as_of, now) if as_of else []
        if is_empty and not told and is_watched:
            near = unknown_words(connection, words) or too_late(connection, filters, now)
            return near or [("no issue fits", data_age(age(connection), now))]
        return told

    if is_watched:
        times = (*filters.times(), *([("as of", as_of)] if as_of else []))
        terminal.show_hints((f"{word} {local_text(time, now)}", "") for word, time in times)

    terminal.show_hints(answer(context.database_path, hints))

"""`keys`, `tree --json` and `list --json` past Typer: to load that takes longer than to make an answer.

What is sure to be answered is answered here, by the tables of `commands/options.py`; the rest, help and usage
and what needs explaining, is Typer's.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from worksupport import output
from worksupport.commands.options import BY_NAME, GLOBAL, Command, Option
from worksupport.config.locate import CONFIG_VARIABLE, locate_database
from worksupport.errors import ConfigurationError, NotFoundError, UsageError
from worksupport.model.filters import ME, Filters
from worksupport.queries.keys import keys_lines, keys_plain, keys_text
from worksupport.queries.reader import answer, is_empty
from worksupport.queries.remarks import remarks

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from worksupport.clock import Clock
    from worksupport.queries.names import Remark

    # Text and remarks of an answer.
    Read = Callable[[sqlite3.Connection], tuple[str, list[Remark]]]

# All of ours that such an answer may load, beside this one's own imports only what a question needs.
MODULES = frozenset(
    f"worksupport{name}"
    for name in (
        "",
        *(".cli", ".errors", ".fast", ".output", ".text"),
        *(".commands", ".commands.options"),
        *(".config", ".config.locate"),
        *(".model", ".model.definitions", ".model.filters", ".model.issue_fields", ".model.names"),
        *(".queries", ".queries.keys", ".queries.placement", ".queries.reader", ".queries.remarks"),
        *(".queries.tree", ".queries.settled", ".queries.names", ".queries.issues"),
        *(".store", ".store.file", ".store.schema"),
        # For a time, for data that is too old, and to see whether somebody will ask why nothing was found.
        *(".clock", ".model.times", ".render", ".render.terminal"),
    )
)
_GLOBAL = tuple(option for option in GLOBAL if option.holds == "path")


def answered(arguments: list[str], environment: Mapping[str, str], clock: "Clock | None" = None) -> bool:
    """Print the answer to these arguments; False, with nothing printed, if they are for Typer.

    Raises DatabaseError if the database cannot be read, and what `output.write` raises.
    """
    name, given = _parsed(arguments)
    make = _MAKERS.get(name)
    if make is None or given is None or _is_read_once(given, environment):
        return False
    try:
        read = make(given, clock)
        if read is None:
            return False
        text, told = answer(_database(given, environment), read)
    except (ConfigurationError, NotFoundError, UsageError, ValueError):
        return False
    if is_empty(text) and _is_watched():
        return False
    output.write(text)
    if told:
        from worksupport.render.terminal import show_hints  # only now: most data is fresh

        show_hints(told)
    return True


def _parsed(arguments: list[str]) -> "tuple[str, dict[str, Any] | None]":
    """The command, and its options with their values; None if anything else stands there, or looks odd."""
    given: dict[str, Any] = {}
    words = iter(arguments)
    command: Command | None = None
    for word in words:
        if command is None and word in _MAKERS:
            command = BY_NAME[word]
        elif not _take(given, word, words, (*_GLOBAL, *(command.options if command else ()))):
            return "", None
    return (command.name, given) if command else ("", None)


def _take(given: "dict[str, Any]", word: str, words: Iterator[str], options: tuple[Option, ...]) -> bool:
    """Put what the word says into `given`; False for a word not understood.

    Of two values of an option the later one counts, but where it may be repeated both.
    """
    flag, equals, value = word.partition("=")
    for option in options:
        if word in option.flags and option.holds == "flag":
            given[option.name] = True
            return True
        if flag in option.flags and option.holds in ("text", "path", "whole"):
            value = value if equals else next(words, "")
            given[option.name] = [*given.get(option.name, ()), value] if option.is_repeated else value
            return bool(value) and not value.startswith("-")
        if not option.flags and not word.startswith("-") and (option.is_repeated or option.name not in given):
            given[option.name] = [*given.get(option.name, ()), word] if option.is_repeated else word
            return bool(word)
    return False


def _is_read_once(given: "dict[str, Any]", environment: Mapping[str, str]) -> bool:
    """A configuration from a pipe cannot be read again by Typer's way; one that is not there it tells."""
    config = given.get("config") or environment.get(CONFIG_VARIABLE)
    return bool(config and not os.path.isfile(config))


def _keys(given: "dict[str, Any]", clock: "Clock | None") -> "Read | None":
    filters = _filters("keys", given, clock)
    if (given.get("as_json") and given.get("ndjson")) or given.get("format"):
        return None
    form = keys_text if given.get("as_json") else keys_lines if given.get("ndjson") else keys_plain
    return lambda found: _with_remarks(found, form(found, filters), clock, filters)


def _tree(given: "dict[str, Any]", clock: "Clock | None") -> "Read | None":
    if not given.get("as_json") or given.get("ndjson") or given.get("format"):
        return None  # drawing needs more than an answer
    from worksupport.model.names import DEFAULT_DEPTH
    from worksupport.queries.tree import TreeQuestion, tree_text

    question = TreeQuestion(
        given.get("key"),
        given.get("root_type"),
        int(given.get("max_depth", DEFAULT_DEPTH)),
        _filters("tree", given, clock),
    )
    return lambda found: _with_remarks(
        found, tree_text(found, question), clock, question.filters, question.root_type
    )


def _list(given: "dict[str, Any]", clock: "Clock | None") -> "Read | None":
    if not given.get("as_json") or given.get("ndjson") or given.get("format"):
        return None
    from worksupport.queries.issues import ListQuestion, json_name, list_text

    names = [name for name in given.get("fields", "").split(",") if name.strip()]
    fields = tuple(json_name("--fields", name) for name in names)
    limit = int(given["limit"]) if "limit" in given else None
    if limit is not None and limit < 1:
        return None
    question = ListQuestion(
        tuple(given.get("words", ())), _filters("list", given, clock), fields, given.get("sort"), limit
    )
    return lambda found: _with_remarks(found, list_text(found, question), clock, question.filters)


_MAKERS: "dict[str, Callable[[dict[str, Any], Clock | None], Read | None]]" = {
    "keys": _keys,
    "tree": _tree,
    "list": _list,
}


def _filters(command: str, given: "dict[str, Any]", clock: "Clock | None") -> Filters:
    values = {row.name: given[row.name] for row in BY_NAME[command].filters if row.name in given}
    for row in BY_NAME[command].filters:
        if row.name in values and row.holds in ("time", "days"):
            if row.holds == "time" and _is_watched():
                raise ValueError  # which moment is meant, the other way tells
            texts = values[row.name] if row.holds == "time" else [f"{row.days}d"]
            values[row.name] = [_moment(row.option, text, clock) for text in texts]
    if ME in values.get("assignee", ()):
        raise ValueError  # who that is, the other way finds out
    return Filters(**values)


def _database(given: "dict[str, Any]", environment: Mapping[str, str]) -> str:
    return locate_database(given.get("config"), given.get("db"), environment)


def _moment(option: str, text: str, clock: "Clock | None") -> str:
    from worksupport.clock import Clock
    from worksupport.model.times import LAST_WORKDAY, moment

    if text.strip().casefold() == LAST_WORKDAY:
        raise ValueError  # the team's weekend, the other way finds out
    return moment(option, text, (clock or Clock()).now())


def _with_remarks(
    connection: sqlite3.Connection,
    text: str,
    clock: "Clock | None",
    filters: Filters,
    root_type: str | None = None,
) -> "tuple[str, list[Remark]]":
    now = clock.now() if clock else datetime.now(UTC)
    return text, remarks(connection, now, filters, root_type, is_empty=is_empty(text))


def _is_watched() -> bool:
    """Somebody will want to know why nothing was found."""
    from worksupport.render.terminal import is_terminal

    return is_terminal(sys.stderr)

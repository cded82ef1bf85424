"""One flat answer over both sources: issues that pass the filters and hold the words, sorted, as a list."""

import json
import sqlite3
from types import SimpleNamespace

from worksupport.errors import UsageError
from worksupport.model.filters import STATE, Filters, folded
from worksupport.model.issue_fields import FIELDS, JSON_ARGUMENTS, KEY_ORDER
from worksupport.output import json_ascii, json_text
from worksupport.queries.reader import age

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from typing import Any

MOST_WORDS = 50
# What people call the fields that answers have.
SHOWN_NAMES = {
    **{"key": "issue_key", "title": "summary", "type": "issue_type", "who": "assignee", "link": "url"},
    **{"changed": "updated_at", "created": "created_at", "closed": "closed_at", "due": "due_date"},
    **{"parent": "parent_key", "versions": "fix_versions"},
}
JSON_NAMES = tuple(row.json for row in FIELDS if row.json)
_IS_OVER = f"({STATE} IN ('done', 'dropped'))"
_NEWEST_FIRST = ("updated_at", "created_at", "closed_at")
_FROM = "FROM issues LEFT JOIN issue_types ON issue_types.id = issue_type_id"
# How much each counts: key, title, labels, description.
_BY_WORDS = """JOIN (
    SELECT rowid AS issue_id, bm25(issue_words, 10.0, 6.0, 3.0, 1.0) AS rank
    FROM issue_words WHERE issue_words MATCH :match
) AS words ON words.issue_id = issues.id"""
# Open before done, then the newest change first.
_LACKING = """
SELECT count(*) FROM issues LEFT JOIN issue_texts AS text ON text.issue_id = issues.id
LEFT JOIN issue_words_docsize AS indexed ON indexed.id = issues.id
WHERE indexed.id IS NULL OR (issues.issue_key, issues.summary, issues.labels)
    IS NOT (text.issue_key, text.summary, text.labels)
"""
_LEFT_OVER = "SELECT count(*) FROM issue_words_docsize WHERE id NOT IN (SELECT id FROM issues)"
_DEFAULT_ORDER = f"{_IS_OVER}, updated_at DESC, {KEY_ORDER}"
_HAS_INDEX = "SELECT 1 FROM main.sqlite_master WHERE name = 'issue_words'"  # an older file lacks it
_SUBSTRING = """(instr(casefold(issue_key), {word}) OR instr(casefold(summary), {word})
    OR instr(casefold(coalesce(labels, '')), {word}) OR EXISTS (
        SELECT 1 FROM issue_texts
        WHERE issue_texts.issue_id = issues.id AND instr(casefold(coalesce(description, '')), {word})
    ))"""


class ListQuestion(SimpleNamespace):
    """Which issues, in which order, how many, and which of their fields.

    Not a dataclass: see model/filters.py.
    """

    def __init__(
        self,
        words: tuple[str, ...] = (),
        filters: Filters | None = None,
        fields: tuple[str, ...] = (),
        sort: str | None = None,
        limit: int | None = None,
    ) -> None:
        """`sort` and `fields`: names that people see (`changed`) or JSON's (`updated_at`); no `limit`: all.

        Raises UsageError for others, and for more than 50 words.
        """
        count = sum(len(word.split()) for word in words)
        if count > MOST_WORDS:
            raise UsageError(f"{count} words are too many; give at most {MOST_WORDS}")
        self.words = words
        self.filters = filters or Filters()
        self.fields = fields
        self.sort = sort
        self.limit = limit
        for option, names in (("--fields", fields), ("--sort", (sort,) if sort else ())):
            for name in names:
                json_name(option, name)


def json_name(option: str, name: str) -> str:
    """The member's name in JSON of a field as people or JSON call it. Raises UsageError naming both."""
    wanted = SHOWN_NAMES.get(name.strip().casefold(), name.strip().casefold())
    if wanted not in JSON_NAMES:
        known = ", ".join([*SHOWN_NAMES, *JSON_NAMES])
        raise UsageError(f"{option} is {name!r}; it must be one of {known}")
    return wanted


def list_text(connection: sqlite3.Connection, question: ListQuestion) -> str:
    """`{"issues": [issue...], "total_count": how many fit, AGE}` as JSON text and a newline."""
    rows, total = _rows(connection, question)
    tail = json_text({"total_count": total, **age(connection)})[1:]
    return f'{{"issues":[{",".join(map(json_ascii, rows))}],{tail}'


def words_amiss(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many issues the index of words lacks or has otherwise, and how many it has that are gone.

    None of a file of an older worksupport, which has no such index.
    """
    if connection.execute(_HAS_INDEX).fetchone() is None:
        return 0, 0
    ((lacking,),) = connection.execute(_LACKING)
    ((left_over,),) = connection.execute(_LEFT_OVER)
    return int(lacking), int(left_over)


def list_lines(connection: sqlite3.Connection, question: ListQuestion) -> str:
    """The same issues, one JSON object a line."""
    return "".join(f"{json_ascii(row)}\n" for row in _rows(connection, question)[0])


def list_document(connection: sqlite3.Connection, question: ListQuestion) -> "dict[str, Any]":
    """The document of `list_text`, whose issues have all fields."""
    whole = ListQuestion(question.words, question.filters, (), question.sort, question.limit)
    document: dict[str, Any] = json.loads(list_text(connection, whole))
    return document


def _rows(connection: sqlite3.Connection, question: ListQuestion) -> tuple[list[str], int]:
    """The issues as JSON objects, and how many fit: by whole words, else by parts of them."""
    sought = [word for each in question.words for word in each.split()]
    conditions, parameters = question.filters.conditions()
    conditions.append("missing_since > ''" if question.filters.missing else "missing_since IS NULL")
    if not sought:
        return _found(connection, question, "", conditions, parameters, _DEFAULT_ORDER)
    has_index = connection.execute(_HAS_INDEX).fetchone() is not None
    if (expression := _expression(sought)) and has_index:
        order = f"casefold(issue_key) <> :exact, {_IS_OVER}, rank, {KEY_ORDER}"
        given = {**parameters, "match": expression, "exact": folded(" ".join(sought))}
        rows = _found(connection, question, _BY_WORDS, conditions, given, order)
        if rows[1]:
            return rows
    parts = [_SUBSTRING.format(word=f":part{number}") for number in range(len(sought))]
    given = {**parameters, **{f"part{number}": folded(word) for number, word in enumerate(sought)}}
    return _found(connection, question, "", [*conditions, *parts], given, _DEFAULT_ORDER)


def _found(
    connection: sqlite3.Connection,
    question: ListQuestion,
    join: str,
    conditions: list[str],
    parameters: dict[str, str],
    order: str,
) -> tuple[list[str], int]:
    fitting = f"SELECT id FROM issues WHERE {' AND '.join(conditions)}"
    where = f"{_FROM} {join} WHERE issues.id IN ({fitting})"
    if question.sort:
        order = _order(json_name("--sort", question.sort))
    limit = "" if question.limit is None else f"LIMIT {int(question.limit)}"
    statement = f"SELECT json_object({_arguments(question.fields)}) {where} ORDER BY {order} {limit}"
    rows = [text for (text,) in connection.execute(statement, parameters)]
    if question.limit is None:
        return rows, len(rows)
    ((total,),) = connection.execute(f"SELECT count(*) {where}", parameters)
    return rows, int(total)


def _arguments(fields: tuple[str, ...]) -> str:
    if not fields:
        return JSON_ARGUMENTS
    sql = {row.json: row.sql for row in FIELDS}
    names = dict.fromkeys(json_name("--fields", name) for name in fields)
    return ", ".join(f"'{name}', {sql[name]}" for name in names)


def _order(name: str) -> str:
    if name == "issue_key":
        return KEY_ORDER
    column = next(row.sql for row in FIELDS if row.json == name)
    direction = "DESC" if name in _NEWEST_FIRST else "COLLATE NOCASE"
    return f"{column} IS NULL, {column} {direction}, {KEY_ORDER}"


def _expression(words: list[str]) -> str:
    """An FTS5 query: every word, quoted so that none is syntax, the last also as the beginning of one."""
    begins = "*" if words[-1][-1].isalnum() or not words[-1][-1].isascii() else ""
    quoted = [_quoted(word) for word in words[:-1]] + [_quoted(words[-1], begins)]
    return " AND ".join(quoted) if all(any(map(str.isalnum, word)) for word in words) else ""


def _quoted(word: str, begins: str = "") -> str:
    """In both Unicode forms of its accents: the index has each text in the form in which it came."""
    forms = [word]
    if not word.isascii():
        from unicodedata import normalize  # only now: nearly all words are ASCII

        forms = [*dict.fromkeys(normalize(form, word) for form in ("NFC", "NFD"))]
    quoted = ['"' + form.replace('"', '""').replace("\0", " ") + f'"{begins}' for form in forms]
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"

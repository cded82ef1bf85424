"""The names in the data: what a shell completes them to, and what is near one that is not there."""

import sqlite3
from itertools import islice

from worksupport.model.filters import FILTERS, Filters, folded
from worksupport.model.issue_fields import KEY_ORDER

# What is the matter, and what to type or what was meant ("": nothing to say).
Remark = tuple[str, str]
TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from datetime import datetime

_MOST_COMPLETED = 200
_MOST_NEAR = 3
# Each costs a walk through every word of the data, and what is near it much more.
_MOST_SOUGHT, _MOST_UNKNOWN = 50, 3
_STARTS = "instr(casefold({column}), casefold(:prefix)) = 1"
_KEY_STARTS = "substr(issue_key, 1, length(:prefix)) = :prefix COLLATE NOCASE"
_VENDOR_TYPES = """SELECT DISTINCT json_extract(sent, '$.name') AS name FROM (
    SELECT DISTINCT vendor_type AS sent FROM issues WHERE vendor_type IS NOT NULL
) WHERE json_extract(sent, '$.name') IS NOT NULL"""
_COMPLETED = {
    "key": (
        f"SELECT issue_key FROM issues WHERE missing_since IS NULL AND {_KEY_STARTS} ORDER BY {KEY_ORDER}"
    ),
    "assignee": f"""SELECT name FROM (
        SELECT name FROM team_members UNION SELECT DISTINCT name FROM issue_assignees
    ) WHERE {_STARTS.format(column="name")} ORDER BY name""",
    "team": f"""SELECT DISTINCT value AS team FROM team_members, json_each(coalesce(teams, '[]'))
        WHERE {_STARTS.format(column="value")} ORDER BY value""",
    "label": f"""SELECT DISTINCT label FROM issue_labels
        WHERE {_STARTS.format(column="label")} ORDER BY label""",
    "status": f"""SELECT DISTINCT status FROM issues
        WHERE missing_since IS NULL AND {_STARTS.format(column="status")} ORDER BY status""",
    "issue_type": f"""SELECT name FROM (
        SELECT name FROM issue_types WHERE id > 0 UNION {_VENDOR_TYPES}
    ) WHERE {_STARTS.format(column="name")} ORDER BY name""",
}
# Every name that an issue could have been found by, by the kind that a filter is completed to.
_KNOWN = {
    "assignee": "SELECT name FROM issue_assignees UNION SELECT name FROM team_members",
    "label": "SELECT DISTINCT label FROM issue_labels",
    "issue_type": f"SELECT name FROM issue_types UNION {_VENDOR_TYPES}",
    "status": "SELECT DISTINCT status FROM issues WHERE status IS NOT NULL",
    "key": "SELECT issue_key FROM issues UNION SELECT parent_key FROM issues WHERE parent_key IS NOT NULL",
    "team": "SELECT DISTINCT value FROM team_members, json_each(coalesce(teams, '[]'))",
}

# The commonest words about as long as one: to compare it with every word would be felt.
_TERMS = "SELECT term FROM words WHERE abs(length(term) - :length) <= 2 ORDER BY doc DESC LIMIT 20000"


def completions(connection: sqlite3.Connection, kind: str, prefix: str) -> list[str]:
    """Up to 200 values of `kind` (key, assignee, team, label, status, issue_type) that start with `prefix`.

    In any case, as filters compare.
    """
    rows = connection.execute(f"{_COMPLETED[kind]} LIMIT {_MOST_COMPLETED}", {"prefix": prefix})
    return [value for (value,) in rows]


def unknown_names(
    connection: sqlite3.Connection, filters: Filters, root_type: str | None = None
) -> list[Remark]:
    """A remark for each filter's value that nothing in the data fits, with near names."""
    rows = {row.name: row for row in FILTERS if row.nobody}
    texts = ((rows[name], value) for name, value in filters.texts() if name in rows)
    given = [(row, value) for row, value in texts if folded(value) not in row.words]
    asked = [(row.completes, row.nobody, value) for row, value in given]
    if root_type is not None:
        asked.append(("issue_type", "is of the type", root_type))
    return [
        (f"no issue {nobody} {value!r}", _near_text(value, names))
        for kind, nobody, value in asked
        if folded(value) not in (names := _known(connection, kind))
    ]


def too_late(connection: sqlite3.Connection, filters: Filters, now: "datetime") -> list[Remark]:
    """A remark, if nothing at all has changed since the time that is asked for."""
    from worksupport.model.times import local_text  # only now: few answers are empty for that

    times = [value for name, value in filters.texts() if name == "changed_since"]
    if not times:
        return []
    ((newest,),) = connection.execute("SELECT max(updated_at) FROM issues WHERE missing_since IS NULL")
    if newest is None or newest >= min(times):
        return []
    return [("nothing has changed since then", f"the newest change was {local_text(newest, now)}")]


def unknown_words(connection: sqlite3.Connection, words: "tuple[str, ...]") -> list[Remark]:
    """A remark for each of the first words that no issue holds, not even as a part, with near ones."""
    if not connection.execute("SELECT 1 FROM main.sqlite_master WHERE name = 'issue_words'").fetchone():
        return []  # an older file has no index
    connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, issue_words, row)")
    parts = dict.fromkeys(part for word in words for part in _parts(_without_marks(word)))
    unknown = (
        part
        for part in [*parts][:_MOST_SOUGHT]
        if not connection.execute("SELECT 1 FROM words WHERE instr(term, ?)", [part]).fetchone()
    )
    return [
        (f"no issue has the word {part!r}", _near_text(part, {term: term for (term,) in near}))
        for part in islice(unknown, _MOST_UNKNOWN)
        for near in [connection.execute(_TERMS, {"length": len(part)}).fetchall()]
    ]


def _parts(word: str) -> list[str]:
    """`ABC-12` is two words to the index."""
    return "".join(letter if letter.isalnum() else " " for letter in word).split()


def _without_marks(word: str) -> str:
    """As the index has it: folded, no accents."""
    from unicodedata import combining, normalize

    return normalize("NFC", "".join(each for each in normalize("NFD", folded(word)) if not combining(each)))


def _known(connection: sqlite3.Connection, kind: str) -> dict[str, str]:
    return {folded(name): name for (name,) in connection.execute(_KNOWN[kind])}


def _near_text(value: str, names: dict[str, str]) -> str:
    """Near is what contains the value (a first name), then what is spelt like it."""
    from difflib import get_close_matches  # only now: a shell waits for its completions

    wanted = folded(value)
    containing = sorted(name for name in names if wanted and wanted in name)
    similar = get_close_matches(wanted, list(names), n=_MOST_NEAR)
    near = [names[match] for match in dict.fromkeys([*containing, *similar])][:_MOST_NEAR]
    return f"near: {', '.join(near)}" if near else ""

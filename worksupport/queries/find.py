"""Which issue is meant: a key, a former key, an address, `repo#12`, a title; for people a part of one."""

import re
import sqlite3
from typing import NamedTuple
from urllib.parse import urlsplit

from worksupport.errors import NotFoundError
from worksupport.model.filters import STATE, fold
from worksupport.queries.tree import keys_alike

_MOST_OFFERED = 10
_MOST_NEAR = 3
_LIKE_A_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-\d+(~\w+)?|\S*#\d+")
_ISSUE_PATH = re.compile(r"/([^/]+/[^/]+)/issues/(\d+)")
_BROWSE_PATH = re.compile(r"/browse/([^/]+)")
_FIRST_OPEN = f"ORDER BY {STATE} IN ('done', 'dropped'), updated_at DESC, issue_key"
_FORMER = """
SELECT issue_key FROM former_keys JOIN issues ON issues.id = issue_id
WHERE former_key = :text COLLATE NOCASE
"""
_BY_REPOSITORY = """
SELECT issue_key FROM issues WHERE source = 'github' AND issue_key LIKE '%/' || :text ESCAPE '\\'
ORDER BY issue_key
"""
_BY_TITLE = f"SELECT issue_key, summary FROM issues WHERE casefold(summary) = :folded {_FIRST_OPEN}"
_BY_PART = f"""
SELECT issue_key, summary FROM issues
WHERE missing_since IS NULL AND instr(casefold(summary), :folded) {_FIRST_OPEN}
"""
_NEAR = """
SELECT issue_key FROM issues
WHERE missing_since IS NULL AND substr(issue_key, 1, :length) = :start COLLATE NOCASE LIMIT 20000
"""


class Found(NamedTuple):
    """An issue's key, and what is to be said of how it was found ("": nothing)."""

    key: str
    note: str = ""


def find_key(connection: sqlite3.Connection, text: str) -> Found:
    """The issue whose key, former key or page's address `text` is. Raises NotFoundError with near keys."""
    wanted = _key_of_address(text) or text.strip()
    for key in keys_alike(connection, wanted):
        return Found(key)
    for (key,) in connection.execute(_FORMER, {"text": wanted}):
        return Found(key, f"{wanted} is {key} now")
    hint = "`worksupport keys` prints those there are; `worksupport list WORDS` looks for words"
    raise NotFoundError(f"there is no issue {wanted!r} here", hint, _near(connection, wanted))


def require_present(connection: sqlite3.Connection, key: str) -> None:
    """Raises NotFoundError where the issue with this exact key is missing, or is not there."""
    row = connection.execute("SELECT missing_since FROM issues WHERE issue_key = ?", [key]).fetchone()
    if row is None or row[0] is not None:
        since = f": no harvest has found it since {row[0]}" if row and row[0] else ""
        raise NotFoundError(f"issue {key!r} is missing{since}")


def find_issue(connection: sqlite3.Connection, text: str, *, is_for_people: bool) -> Found:
    """The issue that `text` means; `is_for_people`: part of a title is enough, and is told.

    Raises NotFoundError: there is none, or several are meant, of which it names up to ten.
    """
    try:
        return find_key(connection, text)
    except NotFoundError:
        if found := _otherwise(connection, text.strip(), is_for_people=is_for_people):
            return found
        raise


def _otherwise(connection: sqlite3.Connection, wanted: str, *, is_for_people: bool) -> Found | None:
    """By repository and number, or by title."""
    keys = [key for (key,) in connection.execute(_BY_REPOSITORY, {"text": _escaped(wanted)})]
    if "#" in wanted and keys:
        return Found(keys[0]) if len(keys) == 1 else _several(wanted, [(key, "") for key in keys])
    if wanted and not _LIKE_A_KEY.fullmatch(wanted):
        if found := connection.execute(_BY_TITLE, {"folded": fold(wanted)}).fetchall():
            return Found(found[0][0]) if len(found) == 1 else _several(wanted, found)
        found = connection.execute(_BY_PART, {"folded": fold(wanted)}).fetchall() if is_for_people else []
        if found:
            key, title = found[0]
            return Found(key, f"{wanted} is {key} {title}") if len(found) == 1 else _several(wanted, found)
    return None


def _several(wanted: str, found: list[tuple[str, str]]) -> Found:
    more = f"\n... and {len(found) - _MOST_OFFERED} more" if len(found) > _MOST_OFFERED else ""
    lines = "\n".join(f"{key}  {title}".rstrip() for key, title in found[:_MOST_OFFERED])
    raise NotFoundError(f"{wanted!r} can be {len(found)} issues:\n{lines}{more}", "name one of these keys")


def _key_of_address(text: str) -> str:
    """The key that a page's address names; "" for what is no address."""
    if not text.strip().casefold().startswith(("http://", "https://")):
        return ""
    try:
        path = urlsplit(text.strip()).path
    except ValueError:
        return ""
    if found := _BROWSE_PATH.search(path):
        return found[1]
    found = _ISSUE_PATH.search(path)
    return f"{found[1]}#{found[2]}" if found else ""


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _near(connection: sqlite3.Connection, wanted: str) -> tuple[str, ...]:
    """Keys of the same project or repository that are spelt like it."""
    from difflib import get_close_matches  # only now: most keys are there

    start = re.sub(r"[^-#]*$", "", wanted)
    rows = connection.execute(_NEAR, {"start": start, "length": len(start)}) if start else ()
    keys = {key.casefold(): key for (key,) in rows}
    return tuple(keys[match] for match in get_close_matches(wanted.casefold(), keys, _MOST_NEAR))

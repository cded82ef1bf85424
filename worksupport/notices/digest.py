"""What has changed since a number of the record, line by line; the services' forms of it stand beside."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from worksupport.clock import utc_text
from worksupport.model.filters import Filters
from worksupport.model.times import local_text
from worksupport.queries.changes import last_number, net_after, tops_of
from worksupport.queries.reader import age
from worksupport.render.changes import (
    Happened,
    by_top,
    from_old,
    in_words,
    not_listed,
    subject,
    title_of,
    when,
)
from worksupport.render.words import address, data_age
from worksupport.store.notices import Cursor
from worksupport.text import visible

_Shown = TypeVar("_Shown")
# Characters; no line is then longer than a section of Slack's, whatever is escaped in it.
_TITLE, _KEY, _NEWS, _FILTERS, _ADDRESS = 120, 80, 80, 200, 200


@dataclass(frozen=True)
class Line:
    """An issue and what is new of it; or, where that is nothing, the heading of what follows.

    All of it is text on one line, without control and bidi characters, but not escaped. `count`: of how many
    changes it tells.
    """

    key: str
    url: str | None
    title: str
    news: str = ""
    count: int = 0


@dataclass(frozen=True)
class Digest:
    """The net changes since a cursor (`since`, UTC text), in lines; `through` is the next cursor.

    `head` names the period, in local time, and the filters; `tail` what is not listed and the data's age.
    """

    since: str
    through: Cursor
    count: int
    head: str
    lines: tuple[Line, ...]
    tail: tuple[str, ...]


def make_digest(connection: sqlite3.Connection, begin: Cursor, filters: Filters, now: datetime) -> Digest:
    """What was recorded after `begin`; what happened before the record was kept is no news."""
    rows = net_after(connection, begin.through, begin.until, filters)
    through = Cursor(max(begin.through, last_number(connection)), utc_text(now))
    changes = "1 change" if len(rows) == 1 else f"{len(rows)} changes"
    period = f"from {local_text(begin.until, now)} to {local_text(through.until, now)}"
    only = f" ({visible(filters.words)})" if filters.words else ""
    tail = (not_listed(rows), data_age(age(connection), now))
    return Digest(
        begin.until,
        through,
        len(rows),
        f"{changes} {period}{_cut(only, _FILTERS)}",
        tuple(_lines(rows, tops_of(connection, rows), now)),
        tuple(filter(None, tail)),
    )


def fitting(
    lines: Sequence[Line], shown: Iterator[_Shown], sizes: Iterator[int], room: int
) -> tuple[list[_Shown], int]:
    """The first lines, as shown, that fit into `room`, no heading last; how many changes the others tell."""
    kept: list[_Shown] = []
    for form, size in zip(shown, sizes, strict=False):
        if size > room:
            break
        room -= size
        kept.append(form)
    while kept and len(kept) < len(lines) and not lines[len(kept) - 1].count:
        kept.pop()
    return kept, sum(line.count for line in lines[len(kept) :])


def _lines(rows: Sequence[dict[str, Any]], tops: dict[str, tuple[str, str]], now: datetime) -> Iterator[Line]:
    for key, title, happened in by_top(in_words(rows), tops):
        yield Line(_cut(visible(key), _KEY), None, _cut(visible(title), _TITLE))
        yield from (_line(each, now) for each in happened)


def _line(each: Happened, now: datetime) -> Line:
    news = _cut(from_old(each, each.word), _NEWS)
    url = address(each.change["url"]) if each.count == 1 else None
    return Line(
        _cut(subject(each), _KEY),
        url if url and len(url) <= _ADDRESS else None,
        _cut(title_of(each), _TITLE),
        f"{news}, {when(each.change, now)}",
        each.count,
    )


def _cut(text: str, most: int) -> str:
    """By characters, not by what they take on a screen: combining ones take nothing there."""
    return text if len(text) <= most else f"{text[: most - 1]}…"

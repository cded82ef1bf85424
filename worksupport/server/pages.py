"""The pages of `serve`, for those without a terminal: each asks what the command of its name asks."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from worksupport.clock import Clock
from worksupport.errors import NotFoundError, UsageError
from worksupport.model.definitions import DEFAULT_WEEKS
from worksupport.model.filters import FILTERS, Filters
from worksupport.model.times import LAST_WORKDAY, moment
from worksupport.queries.as_of import at
from worksupport.queries.branches import branches_document
from worksupport.queries.changes import (
    ChangesQuestion,
    changes_rows,
    checked_fields,
    recorded_late,
    tops_of,
)
from worksupport.queries.find import find_key
from worksupport.queries.flow import flow_document
from worksupport.queries.forecast import forecast_document
from worksupport.queries.history import HistoryQuestion, runs_document
from worksupport.queries.issue import show_document
from worksupport.queries.issues import ListQuestion, list_document
from worksupport.queries.names import completions, unknown_names, unknown_words
from worksupport.queries.pictures import pictures_document
from worksupport.queries.reader import age, weekend
from worksupport.queries.remarks import staleness
from worksupport.queries.summary import summary_document
from worksupport.queries.tree import TreeQuestion
from worksupport.render import page as drawn
from worksupport.render import pages
from worksupport.render.page import Field, Frame
from worksupport.server.cache import Answers, answer_by_content
from worksupport.server.exchange import Answer, RefusedError, Request
from worksupport.server.parameters import given_pairs, parsed
from worksupport.server.tabs import COMPLETED, LABELS, PAGES, TABS, address_of
from worksupport.server.zipped import known_tags
from worksupport.store import lock

_ROWS = 200  # of a list on one page
_RUNS = 50
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
HTML = {"Content-Type": "text/html; charset=utf-8", **_SAFE}
_FILES = {
    "/style.css": ("text/css; charset=utf-8", drawn.style),
    "/icon.svg": ("image/svg+xml", drawn.icon),
}
Given = dict[str, Any]


@dataclass(frozen=True)
class Pages:
    """The pages of one server. `origins`: the services that are configured, to which alone links lead."""

    database: Path
    answers: Answers
    clock: Clock
    origins: frozenset[str] = frozenset()

    def takes(self, request: Request) -> bool:
        """Whether this is the address of a page, or of what pages need."""
        return request.path in PAGES or request.path in _FILES

    def answer(self, request: Request) -> Answer:
        """The page. Raises what its query raises, and UsageError for parameters that it does not take."""
        if request.method != "GET":
            raise RefusedError(405, "this address takes GET, HEAD", {"Allow": "GET, HEAD"})
        known = known_tags(request)
        if request.path in _FILES:
            kind, content = _FILES[request.path]
            return answer_by_content(content(), known, {**_SAFE, "Content-Type": kind})
        page, now = PAGES[request.path], self.clock.now()
        asked = [(name, value) for name, value in given_pairs(request.query) if value.strip()]
        given = parsed(urlencode(asked), page.parameters, now, partial(weekend, self.database))
        # What it says of the present holds for a minute.
        minute = now.replace(second=0, microsecond=0)
        draw: Callable[[sqlite3.Connection, Frame, Given], str] = getattr(self, page.draw)

        def make(found: sqlite3.Connection) -> str:
            return draw(found, self._frame(found, request.path, asked, now), dict(given))

        as_of, question = given.get("as_of"), (minute, asked)
        asks = at(as_of, make, _filters(given), given.get("q", "").split()) if as_of else make
        return self.answers.answer(request.path, question, known, asks, HTML)

    def error(self, request: Request, refused: RefusedError) -> Answer:
        """A page that says what went wrong; it asks the database nothing."""
        up = "../" * (request.target.partition("?")[0].count("/") - 1)
        frame = Frame(self.clock.now(), "error", f"{refused.status}", TABS, up=up)
        body = pages.error_page(frame, refused.detail).encode()
        return Answer(refused.status, body, {**HTML, "Cache-Control": "no-store", **refused.headers})

    def _frame(
        self, connection: sqlite3.Connection, path: str, asked: list[tuple[str, str]], now: datetime
    ) -> Frame:
        page, values = PAGES[path], dict(asked)
        takes = {each.name: each for each in page.parameters if not each.is_refused}
        fields = [
            Field(
                name,
                label,
                values.get(name, ""),
                takes[name].schema.get("enum", ()),
                completions(connection, COMPLETED[name], "") if name in COMPLETED else (),
            )
            for name, label in LABELS.items()
            if name in takes and page.is_tab
        ]
        return Frame(
            now,
            path.removeprefix("/"),
            page.title,
            TABS,
            asked,
            fields,
            {name: address_of(*where, asked) for name, where in page.exports.items()},
            self.origins,
            staleness(connection, now),
        )

    def tree(self, connection: sqlite3.Connection, frame: Frame, given: Given) -> str:
        """What `worksupport tree` shows."""
        as_of, part = given.get("as_of"), given.get("page", 1)
        own = {name: given[name] for name in ("key", "root_type", "max_depth") if name in given}
        if "key" in own:
            own["key"] = find_key(connection, own["key"]).key
        question = TreeQuestion(**own, filters=_filters(given))
        document = branches_document(connection, question, part)
        _check_part(part, document["pages"])
        if not document["hierarchy"] and not document["outside_total"]:
            frame = _told(frame, unknown_names(connection, question.filters, question.root_type))
        return pages.tree_page(frame, _of(document, as_of), part, is_below_one="key" in own)

    def list(self, connection: sqlite3.Connection, frame: Frame, given: Given) -> str:
        """What `worksupport list` shows, with words."""
        words, part = tuple(given.get("q", "").split()), given.get("page", 1)
        filters = _filters(given)
        document = list_document(
            connection, ListQuestion(words, filters, (), given.get("sort"), part * _ROWS)
        )
        document["issues"] = document["issues"][(part - 1) * _ROWS :]
        if not document["total_count"]:
            told = [*unknown_names(connection, filters), *unknown_words(connection, words)]
            frame = _told(frame, told)
        tops = tops_of(connection, document["issues"])
        count = max(1, -(-document["total_count"] // _ROWS))
        _check_part(part, count)
        return pages.list_page(frame, _of(document, given.get("as_of")), tops, part, count)

    def changes(self, connection: sqlite3.Connection, frame: Frame, given: Given) -> str:
        """What `worksupport changes` shows."""
        key = _exact(connection, given)
        since = given.get("since") or moment("since", LAST_WORKDAY, frame.now, lambda: weekend(self.database))
        fields = checked_fields("field", (given["field"],) if "field" in given else ())
        filters = _filters(given)
        rows = changes_rows(
            connection, ChangesQuestion(since, given.get("until"), None, key, fields, filters)
        )
        document = {
            "changes": rows,
            "since": since,
            "fields": fields,
            "late": 0 if key else recorded_late(connection, since),
            **age(connection),
        }
        if not rows:
            frame = _told(frame, unknown_names(connection, filters))
        return pages.changes_page(frame, document, tops_of(connection, rows))

    def summary(self, connection: sqlite3.Connection, frame: Frame, given: Given) -> str:
        """What `worksupport summary` shows."""
        filters = _filters(given)
        document = summary_document(connection, _exact(connection, given), filters, frame.now)
        if not document["all"]["total"]:
            frame = _told(frame, unknown_names(connection, filters))
        return pages.summary_page(frame, document)

    def flow(self, connection: sqlite3.Connection, frame: Frame, given: Given) -> str:
        """What `worksupport flow` shows, with its pictures."""
        key, filters = _exact(connection, given), _filters(given)
        weeks = given.get("weeks", DEFAULT_WEEKS)
        document = flow_document(connection, key, weeks, filters, frame.now)
        pictures = pictures_document(connection, key, filters, frame.now, weeks)
        if not document["finished"]:
            frame = _told(frame, unknown_names(connection, filters))
        return pages.flow_page(frame, document, pictures)

    def runs(self, connection: sqlite3.Connection, frame: Frame, given: Given) -> str:
        """What `worksupport history` shows."""
        runs = runs_document(connection, HistoryQuestion(_RUNS, given.get("status"), given.get("kind")))
        return pages.runs_page(frame, runs, age(connection), is_live=lock.is_held(self.database))

    def issue(self, connection: sqlite3.Connection, frame: Frame, given: Given) -> str:
        """What `worksupport show` shows; of a parent also `forecast`, and its pictures."""
        if "key" not in given:
            raise UsageError("the address of an issue's page ends with its key, such as issue?key=ABC-12")
        document, _ = show_document(connection, given["key"], frame.now, only_key=True)
        key, everything = document["issue"]["issue_key"], Filters()
        is_there = document["total"] and not document["issue"]["missing_since"]
        forecast = forecast_document(connection, key, everything, frame.now) if is_there else None
        pictures = pictures_document(connection, key, everything, frame.now) if is_there else None
        return pages.issue_page(frame, document, forecast, pictures)


def _filters(given: Given) -> Filters:
    return Filters(**{row.name: given[row.name] for row in FILTERS if row.name in given})


def _exact(connection: sqlite3.Connection, given: Given) -> str | None:
    return find_key(connection, given["key"]).key if "key" in given else None


def _of(document: dict[str, Any], as_of: str | None) -> dict[str, Any]:
    return {**document, "as_of": as_of} if as_of else document


def _check_part(part: int, count: int) -> None:
    if part > count:
        raise NotFoundError(f"there is no part {part}; there {'is one' if count == 1 else f'are {count}'}")


def _told(frame: Frame, remarks: list[tuple[str, str]]) -> Frame:
    return replace(frame, remarks=[*frame.remarks, *remarks])

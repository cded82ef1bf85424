"""Answers that need not be made, or sent, again while the data is the same."""

import hashlib
import re
import sqlite3
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from worksupport import __version__
from worksupport.clock import Clock
from worksupport.queries.reader import answer, data_version
from worksupport.server.exchange import JSON, Answer

CACHE_BYTES = 64 * 1024 * 1024
_MOST_KEPT = 10_000
# During a run: how old an answer may be, and be where the next one is being made.
_YOUNG_SECONDS, _PATIENCE_SECONDS = 1.0, 5.0
_ETAG = re.compile(r'"[^"]*"')
# Keep a copy, but ask every time whether it still is the answer.
_ASK_AGAIN = {"Cache-Control": "private, no-cache"}

Make = Callable[[sqlite3.Connection], str]


class _Kept(NamedTuple):
    """One finished answer: of which data version, and when it was made (monotonic seconds)."""

    version: int
    etag: str
    body: bytes
    made_at: float


class Answers:
    """The finished answers of one database, by data version, tool version, route and question."""

    def __init__(
        self,
        database: Path,
        capacity: int = CACHE_BYTES,
        clock: Clock | None = None,
        is_changing: Callable[[], bool] = lambda: False,
    ) -> None:
        """`capacity`: bytes of all bodies together; a body larger than that is never kept. `is_changing`:
        whether a run is under way, whose pages change the data many times a second.
        """
        self._database = database
        self._version = _SharedVersion(database)
        self._capacity = capacity
        self._clock = clock or Clock()
        self._is_changing = is_changing
        self._size = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()  # by route and question
        self._making: set[str] = set()
        self._lock = threading.Lock()
        # One answer of a route at a time: several would share the one interpreter and multiply the memory,
        # and who waited often finds just what it wants.
        self._makers: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def size(self) -> int:
        """Bytes of all that is kept."""
        return self._size

    def answer(
        self, route: str, question: object, known: str, make: Make, content: Mapping[str, str] = JSON
    ) -> Answer:
        """200 with what `make(connection)` returns, or 304 if `known` (If-None-Match) names it.

        While a run changes the data, an answer is made again at most once a second, and who asks meanwhile
        gets the one before, for some seconds. `question` must tell all that the answer depends on beside the
        data, in its repr. Raises what the reader and `make` raise.
        """
        version = self._version.now()
        etag = _etag(version, route, question)
        if _names(known, etag):
            return unless_known(_found(b"", etag, content), known)
        place = _etag(0, route, question)  # as short as any other, however long the question is
        kept = self._find(place)
        if kept is None or (kept.version != version and not self._is_young(kept, _YOUNG_SECONDS)):
            kept = self._made_in_turn(place, route, question, make, kept)
        return unless_known(_found(kept.body, kept.etag, content), known)

    def _made_in_turn(
        self, place: str, route: str, question: object, make: Make, before: _Kept | None
    ) -> _Kept:
        if before is not None and place in self._making and self._is_young(before, _PATIENCE_SECONDS):
            return before  # somebody is making the next one
        with self._makers[route]:
            self._making.add(place)
            try:
                return answer(self._database, lambda found: self._made(found, place, route, question, make))
            finally:
                self._making.discard(place)

    def _made(
        self, connection: sqlite3.Connection, place: str, route: str, question: object, make: Make
    ) -> _Kept:
        version = data_version(connection)
        kept = self._find(place)
        if kept is None or kept.version != version:
            body = make(connection).encode()
            kept = _Kept(version, _etag(version, route, question), body, self._clock.monotonic())
            self._keep(place, kept)
        return kept

    def _is_young(self, kept: _Kept, seconds: float) -> bool:
        return self._clock.monotonic() - kept.made_at < seconds and self._is_changing()

    def _find(self, place: str) -> _Kept | None:
        with self._lock:
            if place in self._kept:
                self._kept.move_to_end(place)
            return self._kept.get(place)

    def _keep(self, place: str, kept: _Kept) -> None:
        """In place of the one before; what is of older data goes first."""
        with self._lock:
            if before := self._kept.pop(place, None):
                self._size -= len(before.body)
            if len(kept.body) > self._capacity:
                return
            if not self._is_changing():
                self._forget([each for each, other in self._kept.items() if other.version != kept.version])
            self._kept[place] = kept
            self._size += len(kept.body)
            while self._size > self._capacity or len(self._kept) > _MOST_KEPT:
                self._forget([next(iter(self._kept))])

    def _forget(self, places: list[str]) -> None:
        for place in places:
            self._size -= len(self._kept.pop(place).body)


class _SharedVersion:
    """The data version for many threads at once: who waits while another looks need not look as well."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._looks = 0
        self._version: int | None = None

    def now(self) -> int:
        """The version as of some moment after this call began. Raises what the reader raises."""
        looks_before = self._looks  # with the one that is under way, which may have seen too little
        with self._lock:
            if self._version is None or self._looks == looks_before:
                self._looks += 1
                self._version = None  # for those who wait, if this look fails
                self._version = answer(self._database, data_version)
            return self._version


def answer_by_content(text: str, known: str, content: Mapping[str, str] = JSON) -> Answer:
    """As `Answers.answer`, for a small document that changes without the data: its ETag is of its text."""
    body = text.encode("ascii")
    return unless_known(_found(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', content), known)


def unless_known(found: Answer, known: str) -> Answer:
    """304 without a body if `known` (an If-None-Match header, "" for none) names the answer's ETag."""
    if known.strip() == "*" or _names(known, found.headers["ETag"]):
        return replace(found, status=304, body=b"")
    return found


def _found(body: bytes, etag: str, content: Mapping[str, str] = JSON) -> Answer:
    return Answer(200, body, {**content, **_ASK_AGAIN, "ETag": etag})


def _names(known: str, etag: str) -> bool:
    return etag in _ETAG.findall(known)


def _etag(version: int, route: str, question: object) -> str:
    seed = f"{version} {__version__} {route} {question!r}"
    return f'"{hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'

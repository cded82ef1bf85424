"""Answers that need not be made, or sent, again while the data is the same."""

import hashlib
import re
import sqlite3
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from worksupport import __version__
from worksupport.queries.reader import answer, data_version
from worksupport.server.exchange import JSON, Answer

CACHE_BYTES = 64 * 1024 * 1024
_ETAG = re.compile(r'"[^"]*"')
# Keep a copy, but ask every time whether it still is the answer.
_ASK_AGAIN = {"Cache-Control": "private, no-cache"}

Make = Callable[[sqlite3.Connection], str]


class Answers:
    """The finished answers of one database, by data version, tool version, route and question."""

    def __init__(self, database: Path, capacity: int = CACHE_BYTES) -> None:
        """`capacity`: bytes of all bodies together; a body larger than that is never kept."""
        self._database = database
        self._version = _SharedVersion(database)
        self._capacity = capacity
        self._size = 0
        self._of_version: int | None = None  # what is kept is of this one
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
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

        `question` must tell all that the answer depends on beside the data, in its repr. Raises what the
        reader and `make` raise.
        """
        version = self._version.now()
        self._forget_others(version)
        etag = _etag(version, route, question)
        body = b"" if _names(known, etag) else self._kept(etag)
        if body is None:
            with self._makers[route]:
                etag, body = answer(self._database, lambda found: self._made(found, route, question, make))
        return unless_known(_found(body, etag, content), known)

    def _made(
        self, connection: sqlite3.Connection, route: str, question: object, make: Make
    ) -> tuple[str, bytes]:
        version = data_version(connection)
        self._forget_others(version)
        etag = _etag(version, route, question)
        body = self._kept(etag)
        if body is None:
            body = make(connection).encode()
            self._keep(etag, body)
        return etag, body

    def _forget_others(self, version: int) -> None:
        with self._lock:
            if version != self._of_version:
                self._of_version, self._size = version, 0
                self._bodies.clear()

    def _kept(self, etag: str) -> bytes | None:
        with self._lock:
            if etag in self._bodies:
                self._bodies.move_to_end(etag)
            return self._bodies.get(etag)

    def _keep(self, etag: str, body: bytes) -> None:
        if len(body) > self._capacity:
            return
        with self._lock:
            self._bodies[etag] = body
            self._size += len(body)
            while self._size > self._capacity:
                self._size -= len(self._bodies.popitem(last=False)[1])


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


def answer_by_content(text: str, known: str) -> Answer:
    """As `Answers.answer`, for a small document that changes without the data: its ETag is of its text."""
    body = text.encode("ascii")
    return unless_known(_found(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'), known)


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

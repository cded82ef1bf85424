"""Answers in gzip for who takes it: what is kept is compressed once."""

import gzip
import re
import threading
from collections import OrderedDict
from dataclasses import replace

from worksupport.server.exchange import Answer, Request

_SHORTEST = 1400  # bytes: what fits one packet gets no faster
_LEVEL = 5
_CAPACITY = 32 * 1024 * 1024
_MARK = '-gzip"'  # at the end of the ETag of what is compressed: another form, another tag
_CODING = re.compile(r"\s*([^\s;,]+)\s*(?:;\s*q\s*=\s*([0-9.]+))?\s*", re.IGNORECASE)


class Zipped:
    """Compressed bodies by their ETag; those asked for longest ago make room."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._size = 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._zipping = threading.Lock()

    def for_client(self, request: Request, answer: Answer) -> Answer:
        """The answer as this client takes it; its ETag as the client knows it."""
        etag = answer.headers.get("ETag")
        if etag is None:
            return answer
        headers = {**answer.headers, "Vary": "Accept-Encoding"}
        marked = etag[:-1] + _MARK
        if answer.status == 304:
            is_marked = marked in ", ".join(request.headers.get_all("If-None-Match", []))
            return replace(answer, headers={**headers, "ETag": marked if is_marked else etag})
        accepted = ", ".join(request.headers.get_all("Accept-Encoding", []))
        if len(answer.body) < _SHORTEST or not _takes_gzip(accepted):
            return replace(answer, headers=headers)
        body = self._body(etag, answer.body)
        return replace(answer, body=body, headers={**headers, "ETag": marked, "Content-Encoding": "gzip"})

    def _body(self, etag: str, body: bytes) -> bytes:
        with self._lock:
            if etag in self._bodies:
                self._bodies.move_to_end(etag)
                return self._bodies[etag]
        with self._zipping:  # who waited often finds just what it wants
            if found := self._bodies.get(etag):
                return found
            zipped = gzip.compress(body, _LEVEL, mtime=0)
            with self._lock:
                if len(zipped) <= self._capacity:
                    self._bodies[etag] = zipped
                    self._size += len(zipped)
                while self._size > self._capacity:
                    self._size -= len(self._bodies.popitem(last=False)[1])
            return zipped


def _takes_gzip(accepted: str) -> bool:
    """By its own name, else by that of all others; with a weight of 0 it is not taken."""
    found = (_CODING.fullmatch(each) for each in accepted.split(","))
    weights = {each[1].casefold(): each[2] or "1" for each in found if each}
    return weights.get("gzip", weights.get("*", "0")).strip("0.") != ""


def known_tags(request: Request) -> str:
    """The If-None-Match header, with the tags of what it was compressed from; "" for none."""
    return ", ".join(request.headers.get_all("If-None-Match", [])).replace(_MARK, '"')

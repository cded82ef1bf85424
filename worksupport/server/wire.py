"""Reading from and writing to a client that may be slow, endless, hostile or gone: bounds on time and bytes.

A time-out for each read would let a client that sends a byte a second stay for ever.
"""

import io
import socket
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.client import LineTooLong

from worksupport.clock import Clock
from worksupport.server.exchange import Answer

# A client must take its answer at least this fast, after a moment to begin.
_LEAST_BYTES_PER_SECOND = 64 * 1024
# Up to here, copying a body behind its head is cheaper than a second system call.
_ONE_WRITE = 256 * 1024
_LINGER_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How many clients, and how long one may take."""

    connections: int = 64
    head_seconds: float = 5.0  # for a whole head, or a whole body
    idle_seconds: float = 15.0  # between two requests
    send_seconds: float = 15.0  # for an answer, beside its size at a least speed
    crowded_seconds: float = 1.0  # where all places are taken: who is waited for longer makes room
    linger_seconds: float = 1.0


class BoundedReader(io.RawIOBase):
    """A socket's bytes, within what was last allowed."""

    def __init__(self, connection: socket.socket, clock: Clock) -> None:
        super().__init__()
        self._connection = connection
        self._clock = clock
        self._until = 0.0
        self._bytes_left = 0
        self.has_ended = False

    def allow(self, seconds: float, size: int) -> None:
        """From now on, all reads together may take this many seconds and bring this many bytes."""
        self._until = self._clock.monotonic() + seconds
        self._bytes_left = size

    def readable(self) -> bool:
        """Called by io."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Wait for some bytes; 0 at the end. Raises TimeoutError or LineTooLong when a bound is reached."""
        seconds = self._until - self._clock.monotonic()
        if seconds <= 0:
            raise TimeoutError
        if self._bytes_left <= 0:
            raise LineTooLong("head")
        self._connection.settimeout(seconds)
        count = self._connection.recv_into(buffer)
        self._bytes_left -= count
        self.has_ended = count == 0
        return count


def head_of(answer: Answer, *, closes: bool) -> bytes:
    """The status line and headers; `closes`: the connection ends behind this answer."""
    headers = {"Server": "worksupport", "Date": formatdate(usegmt=True), **answer.headers}
    if answer.status != HTTPStatus.NOT_MODIFIED:
        headers["Content-Length"] = str(len(answer.body))
    headers["Connection"] = "close" if closes else "keep-alive"
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def send(connection: socket.socket, head: bytes, body: bytes, seconds: float) -> None:
    """Write both; each part may take `seconds` and what its size needs at the least speed.

    Raises OSError other than TimeoutError if the client has gone or is too slow: half an answer is out
    then, and nothing can follow it.
    """
    try:
        for part in [head + body] if len(body) <= _ONE_WRITE else [head, body]:
            connection.settimeout(seconds + len(part) / _LEAST_BYTES_PER_SECOND)
            connection.sendall(part)
    except TimeoutError as error:
        raise ConnectionAbortedError from error


def linger(connection: socket.socket, reader: BoundedReader, seconds: float) -> None:
    """Read on for a moment: closing over unread bytes would take the answer away from the client."""
    try:
        connection.shutdown(socket.SHUT_WR)
        reader.allow(seconds, _LINGER_BYTES)
        while reader.read(io.DEFAULT_BUFFER_SIZE):
            pass
    except (OSError, LineTooLong):
        return


def turn_away(connection: socket.socket, answer: Answer) -> None:
    """Answer without waiting for anything, neither the request nor the client."""
    try:
        connection.setblocking(False)
        connection.send(head_of(answer, closes=True) + answer.body)
        connection.recv(64 * 1024)
    except OSError:
        return

"""One client's connection: requests read within bounds, each answered in one write, then the next."""

import io
import logging
import re
import socket
from contextlib import AbstractContextManager
from dataclasses import replace
from email.message import Message
from http import HTTPStatus
from http.client import LineTooLong
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from typing import Any, Protocol

from worksupport import log
from worksupport.clock import Clock
from worksupport.server.app import Application
from worksupport.server.exchange import Answer, Delivery, RefusedError, Request
from worksupport.server.webhooks import MOST_BYTES, SECONDS
from worksupport.server.wire import BoundedReader, Limits, head_of, linger, send

logger = logging.getLogger(__name__)

MAX_REQUEST_LINE = 8 * 1024
MAX_HEAD = 64 * 1024
MAX_BODY = 64 * 1024
_MAX_LOGGED_PATH = 200
_DETAILS = {
    HTTPStatus.BAD_REQUEST: "this is not an HTTP/1.1 request",
    HTTPStatus.REQUEST_URI_TOO_LONG: f"the request line is longer than {MAX_REQUEST_LINE} bytes",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "the headers are too many or too long",
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: "this server speaks HTTP/1.1",
}


class Host(Protocol):
    """What a connection asks of the server that accepted it."""

    application: Application
    clock: Clock
    limits: Limits
    is_stopping: bool

    @property
    def is_crowded(self) -> bool:
        """Whether connections should end after their answer, to make room."""

    def waiting(self, request: socket.socket) -> AbstractContextManager[None]:
        """While inside, the connection waits for its client, and may have to make room for another."""


class Connection(BaseHTTPRequestHandler):
    """What http.server calls for one connection; it parses the head, the rest is here."""

    protocol_version = "HTTP/1.1"
    headers: Message
    rfile: io.BufferedReader

    def __init__(self, host: Host, request: socket.socket, client_address: Any, server: BaseServer) -> None:
        """Read and answer everything that comes, until the connection ends."""
        self._host = host
        super().__init__(request, client_address, server)

    def setup(self) -> None:
        """Replace http.server's reading, which has no bounds, and its writing in pieces."""
        self.connection: socket.socket = self.request
        # Without this, the second part of a long answer waits 40 ms for the client's receipt of the first.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._reader = BoundedReader(self.connection, self._host.clock)
        self.rfile = io.BufferedReader(self._reader)
        self.wfile = io.BytesIO()
        self._is_first = True
        self._started = self._host.clock.monotonic()
        self._must_linger = False
        self.raw_requestline = b""

    def finish(self) -> None:
        """Let the client read a refusal before what it still sends is refused by the kernel."""
        if self._must_linger:
            linger(self.connection, self._reader, self._host.limits.linger_seconds)
        super().finish()

    def handle_one_request(self) -> None:
        """Read one request and answer it; the connection ends where that cannot be done cleanly."""
        try:
            self._read_and_answer()
        except TimeoutError:
            if self._has_begun:
                self._send_refusal(RefusedError(408, "the request took too long to arrive"))
            self.close_connection = True
        except LineTooLong:
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except RefusedError as refused:
            self._send_refusal(refused)
        except OSError:  # the client has gone away
            self.close_connection = True

    def _read_and_answer(self) -> None:
        self.close_connection = True
        with self._host.waiting(self.request):
            if not self._read_head():
                return
            self.close_connection |= wants_close(self.headers)
            method = "GET" if self.command == "HEAD" else self.command
            request = Request(method, self.path, self.request_version, self.headers, self.client_address[0])
            delivery = self._host.application.delivery(request) if method == "POST" else None
            check_head(self.request_version, self.headers, MOST_BYTES if delivery else MAX_BODY)
            self._read_body(delivery)
        self._send(self._host.application.answer(replace(request, delivery=delivery)))

    def _read_head(self) -> bool:
        """Whether a whole head has come; if not, what was wrong has been answered."""
        self.command, self.path, self.request_version = "", "", "HTTP/1.1"
        if not self._wait_for_request():
            return False
        self.raw_requestline = self.rfile.readline(MAX_REQUEST_LINE + 1)
        if len(self.raw_requestline) > MAX_REQUEST_LINE:
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            return False
        return self.parse_request() and not self._reader.has_ended

    def _wait_for_request(self) -> bool:
        """Whether a request begins within the time; from its first byte on, the head's time runs."""
        limits = self._host.limits
        self._reader.allow(limits.head_seconds if self._is_first else limits.idle_seconds, MAX_HEAD)
        self._has_begun = False
        self._has_begun = bool(self.rfile.peek(1))
        self._started = self._host.clock.monotonic()
        if not self._is_first:
            self._reader.allow(limits.head_seconds, MAX_HEAD)
        self._is_first = False
        return self._has_begun

    def _read_body(self, delivery: Delivery | None) -> None:
        """Read the body, so that the next request is found behind it: only a webhook's is looked at."""
        size = int(self.headers.get("Content-Length", "0"))
        if size and "Expect" in self.headers:
            self.close_connection = True  # the client waits for our word before it sends the body
            return
        seconds = SECONDS if delivery else self._host.limits.head_seconds
        self._reader.allow(seconds, size + io.DEFAULT_BUFFER_SIZE)
        while size:
            some = self.rfile.read(min(size, MAX_BODY))
            if not some:
                raise ConnectionAbortedError
            if delivery:
                delivery.update(some)
            size -= len(some)

    def handle_expect_100(self) -> bool:
        """Say nothing yet: no route needs the body."""
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """How http.server refuses what it cannot parse."""
        self._send_refusal(RefusedError(code, _DETAILS.get(HTTPStatus(code), HTTPStatus(code).phrase)))

    def _send_refusal(self, refused: RefusedError) -> None:
        # Where the next request would begin is not known.
        self.close_connection = self._must_linger = True
        try:
            self._send(refused.answer)
        except OSError:
            return

    def _send(self, answer: Answer) -> None:
        if self._host.is_crowded or self._host.is_stopping:
            self.close_connection = True
        body = b"" if self.command == "HEAD" else answer.body
        head = head_of(answer, closes=self.close_connection)
        with self._host.waiting(self.request):
            send(self.connection, head, body, self._host.limits.send_seconds)
        self._log(answer.status, len(body))

    def _log(self, status: int, size: int) -> None:
        """One line without the query and the headers: names and tokens are nobody's business."""
        if logger.isEnabledFor(logging.INFO):
            told = log.fields(
                address=self.client_address[0],
                method=self.command[:20],
                path=_path_of(self.path)[:_MAX_LOGGED_PATH],
                status=status,
                bytes=size,
                ms=round((self._host.clock.monotonic() - self._started) * 1000, 1),
            )
            logger.info("answered", extra={**told, "run_id": None})


def _path_of(target: str) -> str:
    """Without the query, and without the host (and the password that may stand there) of a whole URL."""
    before_query = target.partition("?")[0]
    return "/" + before_query.split("/", 3)[-1] if "://" in before_query else before_query


def check_head(version: str, headers: Message, most: int) -> None:
    """Raise RefusedError 400 where a proxy before us could take the request to end elsewhere.

    413 for a body of more than `most` bytes.
    """
    values = [value for _, value in headers.items()]
    if headers.defects or any("\n" in value or "\r" in value for value in values):
        raise RefusedError(400, "the headers are malformed")
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise RefusedError(400, "this is not an HTTP/1.1 request")
    if "Transfer-Encoding" in headers:
        raise RefusedError(400, "Transfer-Encoding is not taken here; send a Content-Length")
    lengths = headers.get_all("Content-Length", [])
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", length) for length in lengths):
        raise RefusedError(400, "Content-Length must be one whole number")
    if lengths and int(lengths[0]) > most:
        raise RefusedError(413, f"the body is longer than {most} bytes; no address here takes more")


def wants_close(headers: Message) -> bool:
    """Whether the client asks for the end of the connection after this answer."""
    return "close" in [token.strip() for token in headers.get("Connection", "").casefold().split(",")]

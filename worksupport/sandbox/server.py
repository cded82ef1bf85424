"""The sandbox on loopback: real HTTP in front of both services."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from worksupport.clock import Clock
from worksupport.errors import InterruptedRunError
from worksupport.sandbox import configuration
from worksupport.sandbox.exchange import GITHUB, GITHUB_ROOT, JIRA, Answer, Delivery, Request
from worksupport.sandbox.github import GitHub
from worksupport.sandbox.jira import Jira
from worksupport.sandbox.world import World

Fault = Callable[[Request, Answer], Answer]


class Sandbox:
    """A running sandbox; its world, latency, fault and clock may be changed while it runs."""

    def __init__(self, world: World, address: str, clock: Clock) -> None:
        self.world = world
        self.jira_url = address
        self.github_url = address + GITHUB_ROOT
        self.latency_seconds = 0.0
        self.fault: Fault | None = None
        self.requests: list[Request] = []
        self.clock = clock
        self._jira = Jira(world, clock)
        self._github = GitHub(world, clock)

    def answer(self, request: Request) -> Answer:
        """What a client gets for a request: the service's own answer, unless a fault is on."""
        self.requests.append(request)
        if self.latency_seconds:
            self.clock.sleep(self.latency_seconds)
        service = self._github if request.path.startswith(GITHUB_ROOT) else self._jira
        answer = service.answer(request)
        return self.fault(request, answer) if self.fault else answer

    def properties(self) -> str:
        """A ready configuration file (UTF-8 text)."""
        return configuration.properties(self.world, self.jira_url, self.github_url)

    def asked(self, part: str) -> list[str]:
        """What was asked for, request by request, of the paths that contain `part`."""
        return [request.text for request in self.requests if part in request.path]

    def localized(self, body: bytes) -> bytes:
        """The body with the running server's address in place of the world's stand-ins."""
        address = self.jira_url.encode()
        return body.replace(JIRA.encode(), address).replace(GITHUB.encode(), address)


@contextmanager
def running(
    world: World, *, fault: Fault | None = None, port: int = 0, clock: Clock | None = None
) -> Iterator[Sandbox]:
    """Serve `world` on 127.0.0.1 (port 0: any free one) for as long as the context lasts."""
    with _Server(("127.0.0.1", port), _Handler) as server:
        sandbox = Sandbox(world, f"http://127.0.0.1:{server.server_port}", clock or Clock())
        sandbox.fault = fault
        server.sandbox = sandbox
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield sandbox
        finally:
            server.shutdown()
            thread.join()
            if clock is None:  # ends answers that still drip
                sandbox.clock.request_stop()


def wait_for_stop(clock: Clock) -> None:
    """Return when SIGINT or SIGTERM asks for the end."""
    with clock.stop_on_signals():
        try:
            while True:
                clock.sleep(3600)
        except InterruptedRunError:
            return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Threads of clients that keep their connection open would be waited for.
    block_on_close = False
    request_queue_size = 128
    sandbox: Sandbox

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone away, or our own end, is nothing to show."""
        if not isinstance(sys.exception(), (OSError, InterruptedRunError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 18  # head and body leave in one write
    server: _Server

    def _answer(self) -> None:
        answer = self.server.sandbox.answer(self._request())
        body = self.server.sandbox.localized(answer.body())
        if answer.delivery != "none":
            self._head(answer, len(body))
            self._deliver(body, answer.delivery)
        self.close_connection = self.close_connection or answer.delivery != "whole"

    def _head(self, answer: Answer, length: int) -> None:
        self.send_response_only(answer.status)
        date = self.date_time_string(self.server.sandbox.clock.now().timestamp())
        headers = {"Date": date, "Content-Type": "application/json;charset=UTF-8", **answer.headers}
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value.replace(GITHUB, self.server.sandbox.jira_url))
        self.end_headers()

    def _deliver(self, body: bytes, delivery: Delivery) -> None:
        if delivery != "drip":
            self.wfile.write(body[: len(body) // 2] if delivery == "half" else body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            self.server.sandbox.clock.sleep(0.5)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.casefold(): value for name, value in self.headers.items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        return Request(self.command, unquote(parts.path), query, headers, body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: stderr belongs to the command."""

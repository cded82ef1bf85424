"""A service to ask, answered by `responses`, and a real server for what only shows on the wire."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import responses

from worksupport.clock import Clock
from worksupport.network.auth import bearer
from worksupport.network.service import Service

BASE = "https://jira.example.com"
Handle = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    """Every answer is made up; the address `https://jira.example.com` exists only here."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def new_service(clock: Any) -> Iterator[Callable[..., Service]]:
    """new_service(base_url=...) is a Service with a bearer token; closed at the end of the test."""
    services: list[Service] = []

    def build(
        base_url: str = BASE, *, clock: Clock = clock, timeout: float = 60, max_wait: float = 300
    ) -> Service:
        credentials = bearer("s3cret", account="the token", setting="jira.api_token", remedy="make a new one")
        service = Service(
            "Jira",
            base_url,
            credentials,
            address_form=f"the site itself, such as {BASE}",
            clock=clock,
            timeout_seconds=timeout,
            max_wait_seconds=max_wait,
        )
        services.append(service)
        return service

    yield build
    for service in services:
        service.close()


@pytest.fixture
def service(new_service: Callable[..., Service]) -> Service:
    """A Service at `https://jira.example.com`."""
    return new_service()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64  # a full queue would cost a client a second

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what these tests are about."""


@pytest.fixture
def serve() -> Iterator[Callable[[Handle], str]]:
    """serve(handle) answers each request on loopback by calling `handle`; returns the address."""
    servers: list[_Server] = []

    def start(handle: Handle) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_GET(self) -> None:
                handle(self)

            do_POST = do_GET

            def log_message(self, *_arguments: Any) -> None:
                pass

        server = _Server(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def reply() -> Callable[..., None]:
    """reply(handler, body, status, **headers) writes one whole answer."""

    def write(
        handler: BaseHTTPRequestHandler, body: bytes = b"{}", status: int = 200, **headers: str
    ) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        handler.rfile.read(length)
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return write

"""TLS with a real certificate: trusted or not, and an answer that drips behind it."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from worksupport.errors import UnreachableError

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file with a key and its self-signed certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key, signed, both = folder / "key.pem", folder / "signed.pem", folder / "both.pem"
    request = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(signed)]
    subprocess.run(["openssl", "req", *request, *named, *files], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + signed.read_bytes())
    return both


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust us hangs up."""


@pytest.fixture
def serve_tls(certificate: Path) -> Iterator[Callable[[Callable[[Any], None]], str]]:
    """serve_tls(handle) answers each GET by calling `handle`; returns the address."""
    servers: list[_Server] = []

    def start(handle: Callable[[Any], None]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                handle(self)

            def log_message(self, *_arguments: Any) -> None:
                pass

        server = _Server(("127.0.0.1", 0), Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"https://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_an_unknown_certificate_is_refused_in_words(serve_tls: Any, reply: Any, new_service: Any) -> None:
    with pytest.raises(UnreachableError, match=r"cannot trust: self.signed certificate"):
        new_service(serve_tls(lambda handler: reply(handler))).request("GET", "/x")


def test_a_certificate_of_the_environment_is_trusted(
    serve_tls: Any, reply: Any, new_service: Any, certificate: Path, monkeypatch: Any
) -> None:
    """REQUESTS_CA_BUNDLE counts, on loopback too."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert new_service(serve_tls(lambda handler: reply(handler))).request("GET", "/x").document == {}


def test_what_drips_behind_tls_is_cut(
    serve_tls: Any, reply: Any, new_service: Any, certificate: Path, monkeypatch: Any
) -> None:
    """Shutting the socket down ends the wait of a thread that reads from it through TLS."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    done = threading.Event()
    turns: list[str] = []

    def handle(handler: Any) -> None:
        turns.append(handler.path)
        if len(turns) > 1:
            reply(handler)
            return
        handler.wfile.write(HEAD)
        while not done.wait(0.05):
            handler.wfile.write(b" ")

    service = new_service(serve_tls(handle), timeout=0.2)
    assert service.request("GET", "/x").document == {}
    assert service.retries == 1
    done.set()


def test_a_server_that_speaks_no_tls_is_said_so(serve: Any, reply: Any, new_service: Any) -> None:
    address = serve(lambda handler: reply(handler)).replace("http:", "https:")
    with pytest.raises(UnreachableError, match="the TLS connection failed"):
        new_service(address).request("GET", "/x")

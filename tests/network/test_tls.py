"""TLS with a real certificate: trusted or not, and an answer that drips behind it."""

import shutil
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from worksupport.errors import ConfigurationError, UnreachableError

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
def serve_tls(certificate: Path, serve_with: Any) -> Callable[[Callable[[Any], None]], str]:
    """serve_tls(handle) answers each GET by calling `handle`; returns the address."""
    return lambda handle: serve_with(certificate, handle)


@pytest.fixture
def serve_with() -> Iterator[Callable[..., str]]:
    """serve_with(certificate, handle, set_up) as `serve_tls`, the TLS as `set_up(context)` makes it."""
    servers: list[_Server] = []

    def start(
        certificate: Path,
        handle: Callable[[Any], None],
        set_up: Callable[[ssl.SSLContext], None] = lambda context: None,
    ) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                handle(self)

            def log_message(self, *_arguments: Any) -> None:
                pass

        server = _Server(("127.0.0.1", 0), Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        set_up(context)
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


@pytest.mark.parametrize("text", ["", "hello"])
def test_a_certificate_file_without_certificates_is_named(
    text: str, serve_tls: Any, reply: Any, new_service: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text(text)
    monkeypatch.setenv("CURL_CA_BUNDLE", str(bundle))
    service = new_service(serve_tls(lambda handler: reply(handler)))
    with pytest.raises(ConfigurationError, match=r"CURL_CA_BUNDLE names .* which holds no certificates"):
        service.request("GET", "/x")
    assert service.requests == 1


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
    service = new_service(address)
    with pytest.raises(ConfigurationError, match="what answers there speaks no TLS") as caught:
        service.request("GET", "/x")
    assert "base_url" in caught.value.hint
    assert service.requests == 1


_CA = """[ca]
default_ca = made
[made]
new_certs_dir = .
database = index
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = named
[any]
commonName = supplied
[named]
subjectAltName = {name}
"""


def _certificate(folder: Path, name: str, first: str, last: str) -> Path:
    """A key and its certificate for `name`, good from `first` to `last` (YYMMDDhhmmssZ)."""
    (folder / "index").touch()
    (folder / "ca.cnf").write_text(_CA.format(name=name))
    ask = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    sign = ["ca", "-batch", "-config", "ca.cnf", "-selfsign", "-keyfile", "key", "-in", "request"]
    for command in (
        [*ask, "-keyout", "key", "-out", "request", "-subj", "/CN=test"],
        [*sign, "-out", "signed", "-startdate", first, "-enddate", last, "-notext"],
    ):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key").read_bytes() + (folder / "signed").read_bytes())
    return both


@pytest.mark.parametrize(
    ("name", "years", "said", "advice"),
    [
        ("IP:127.0.0.1", ("20", "21"), "certificate has expired", "is this machine's date right?"),
        ("IP:127.0.0.1", ("48", "49"), "not yet valid", "is this machine's date right?"),
        (
            "DNS:other.example",
            ("20", "49"),
            "not valid for '127.0.0.1'",
            "is the address configured for Jira right?",
        ),
    ],
)
def test_the_advice_fits_what_is_wrong_with_a_certificate(
    tmp_path: Path,
    serve_with: Any,
    reply: Any,
    new_service: Any,
    monkeypatch: Any,
    name: str,
    years: tuple[str, str],
    said: str,
    advice: str,
) -> None:
    certificate = _certificate(tmp_path, name, *(f"{year}0101000000Z" for year in years))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    service = new_service(serve_with(certificate, lambda handler: reply(handler)))
    with pytest.raises(UnreachableError, match=said) as caught:
        service.request("GET", "/x")
    assert advice in caught.value.hint
    assert service.requests == 1


def test_a_version_of_tls_that_is_no_longer_safe_is_said_so(
    serve_with: Any, reply: Any, new_service: Any, certificate: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    service = new_service(serve_with(certificate, lambda handler: reply(handler), _only_old_tls))
    with pytest.raises(UnreachableError, match="a version of TLS that is no longer safe"):
        service.request("GET", "/x")
    assert service.requests == 1


def _only_old_tls(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")

"""What only shows on the wire: a real server on loopback that drips, hangs, redirects and bombs."""

import base64
import gzip
import socket
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from requests import Request

from worksupport.errors import ConfigurationError, InterruptedRunError, UnreachableError, WorksupportError
from worksupport.network import transport
from worksupport.network.auth import basic, bearer
from worksupport.network.service import Service

GOOD = b'{"fine": true}'


class Turns:
    """Handles the first request one way and all others well; remembers what was asked."""

    def __init__(self, first: Callable[[Any], None], reply: Callable[..., None]) -> None:
        self.first = first
        self.reply = reply
        self.then: list[Callable[[Any], None]] = []  # how the next requests are handled
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []

    def __call__(self, handler: Any) -> None:
        self.paths.append(handler.path)
        self.headers.append(dict(handler.headers))
        if len(self.paths) == 1:
            self.first(handler)
        elif self.then:
            self.then.pop(0)(handler)
        else:
            self.reply(handler, GOOD)


def write(handler: Any, *lines: str) -> None:
    """Raw bytes on the wire, and the connection closes after this answer."""
    handler.close_connection = True
    handler.wfile.write("".join(lines).encode())
    handler.wfile.flush()


def drip(handler: Any, done: threading.Event) -> None:
    """One byte after the other, each well within the read time-out, until the client hangs up."""
    while not done.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


@pytest.fixture
def done() -> Any:
    """Set when the test is over, so that no handler drips on."""
    event = threading.Event()
    yield event
    event.set()


HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "body": HEAD + "Content-Length: 1000\r\n\r\n",
    "body without length": HEAD + "Connection: close\r\n\r\n",
    "headers": HEAD + "X-Endless: ",
}


@pytest.mark.parametrize("part", DRIPS)
def test_what_drips_for_ever_is_cut(part: str, serve: Any, reply: Any, new_service: Any, done: Any) -> None:
    """Each byte comes within the read time-out; the bound on the whole exchange ends it."""

    def handle(handler: Any) -> None:
        write(handler, DRIPS[part])
        drip(handler, done)

    service = new_service(serve(Turns(handle, reply)), timeout=0.2)
    assert service.request("GET", "/x").document == {"fine": True}
    assert service.retries == 1


def test_a_server_that_never_answers_is_left(serve: Any, reply: Any, new_service: Any, done: Any) -> None:
    turns = Turns(lambda _handler: done.wait(5), reply)
    service = new_service(serve(turns), timeout=0.2)
    assert service.request("GET", "/x").document == {"fine": True}


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "HTTP/1.1 200 OK\r\n",
        "no HTTP at all\r\n\r\n",
        HEAD + "Content-Length: 500\r\n\r\n{",
        HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        HEAD + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        HEAD + "".join(f"X-{number}: y\r\n" for number in range(300)) + "\r\n",
        HEAD + f"X-Long: {'y' * 70_000}\r\n\r\n",
    ],
    ids=[
        "nothing",
        "half a head",
        "no HTTP",
        "body cut",
        "chunk cut",
        "bad chunk",
        "300 headers",
        "long header",
    ],
)
def test_a_broken_connection_is_asked_again(wire: str, serve: Any, reply: Any, new_service: Any) -> None:
    service = new_service(serve(Turns(lambda handler: write(handler, wire), reply)))
    assert service.request("GET", "/x").document == {"fine": True}
    assert service.retries == 1


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_limit_is_kept_though_its_answer_breaks_off(
    status: str, serve: Any, reply: Any, new_service: Any, clock: Any
) -> None:
    """The headers have said it; what becomes of the body changes nothing."""
    head = f"HTTP/1.1 {status}\r\nRetry-After: 30\r\nContent-Length: 1000\r\n\r\n"
    new_service(serve(Turns(lambda handler: write(handler, head), reply))).request("GET", "/x")
    assert 30 <= clock.elapsed <= 36


def test_a_refused_connection_is_said_so(serve: Any, new_service: Any) -> None:
    """Nobody listens at the port (one that was ours a moment ago)."""
    from http.server import HTTPServer

    with HTTPServer(("127.0.0.1", 0), None) as server:  # type: ignore[arg-type]
        port = server.server_port
    with pytest.raises(UnreachableError, match="the connection was refused"):
        new_service(f"http://127.0.0.1:{port}").request("GET", "/x")


@pytest.mark.parametrize("coding", ["plain", "gzip", "redirect"])
def test_an_answer_without_end_is_not_read_to_it(
    coding: str, serve: Any, reply: Any, new_service: Any, monkeypatch: Any
) -> None:
    """16 MB is the bound (here a tenth of one), also for what a small gzip becomes."""
    monkeypatch.setattr(transport, "_LARGEST_BODY", 100_000)
    big = b" " * 1_000_000
    answers: dict[str, tuple[bytes, int, dict[str, str]]] = {
        "plain": (big, 200, {}),
        "gzip": (gzip.compress(big), 200, {"Content_Encoding": "gzip"}),
        "redirect": (big, 302, {"Location": "/y"}),
    }
    body, status, headers = answers[coding]
    service = new_service(serve(Turns(lambda handler: reply(handler, body, status, **headers), reply)))
    assert service.request("GET", "/x").document == {"fine": True}
    assert service.retries == 1


def test_ten_megabytes_are_no_trouble(serve: Any, reply: Any, new_service: Any) -> None:
    body = b'{"text": "' + b"x" * 10_000_000 + b'"}'
    service = new_service(serve(lambda handler: reply(handler, body)))
    assert len(service.request("GET", "/x").document["text"]) == 10_000_000


def test_a_gzip_cut_off_is_asked_again(serve: Any, reply: Any, new_service: Any) -> None:
    half = gzip.compress(GOOD * 1000)[:-20]
    turns = Turns(lambda handler: reply(handler, half, Content_Encoding="gzip"), reply)
    service = new_service(serve(turns))
    assert service.request("GET", "/x").document == {"fine": True}
    assert zlib.decompressobj(31).decompress(half)  # what came could be read as far as it goes


def test_a_get_follows_its_own_host_with_credentials(serve: Any, reply: Any, new_service: Any) -> None:
    turns = Turns(lambda handler: reply(handler, status=301, Location="/jira/x?page=2"), reply)
    service = new_service(serve(turns))
    assert service.request("GET", "/x", params={"a": 1}).document == {"fine": True}
    assert turns.paths == ["/x?a=1", "/jira/x?page=2"]
    assert [headers["Authorization"] for headers in turns.headers] == ["Bearer s3cret"] * 2


def test_a_post_is_not_redirected(serve: Any, reply: Any, new_service: Any) -> None:
    """It would be repeated as a GET, or its body would go somewhere else."""
    turns = Turns(reply, reply)
    service = new_service(serve(turns))
    service.request("GET", "/x")
    turns.then.append(lambda handler: reply(handler, status=307, Location="/y"))
    assert service.request("POST", "/x", json={}).document == {"fine": True}
    assert turns.paths == ["/x", "/x", "/x"]


def test_redirects_in_circles_end(serve: Any, reply: Any, new_service: Any) -> None:
    service = new_service(serve(lambda handler: reply(handler, status=302, Location=handler.path)))
    with pytest.raises(ConfigurationError, match="more than 5 redirects"):
        service.request("GET", "/x")


@pytest.mark.parametrize("path", ["/", "//127.0.0.2:9/y"])
def test_credentials_do_not_follow_elsewhere(path: str, serve: Any, reply: Any, new_service: Any) -> None:
    """Another port is another origin; the sentence names where it would have led."""
    elsewhere: list[str] = []

    def remember(handler: Any) -> None:
        elsewhere.append(handler.path)
        reply(handler)

    other = serve(remember)
    target = other + path if path == "/" else path
    service = new_service(serve(lambda handler: reply(handler, status=302, Location=target)))
    with pytest.raises(ConfigurationError, match=r"a redirect to 127\.0\.0\.\d:\d+, which we do not follow"):
        service.request("GET", "/x")
    assert elsewhere == []


def test_no_cookie_is_kept(serve: Any, reply: Any, new_service: Any) -> None:
    turns = Turns(lambda handler: reply(handler, GOOD, Set_Cookie="JSESSIONID=1; Path=/"), reply)
    service = new_service(serve(turns))
    service.request("GET", "/x")
    service.request("GET", "/x")
    assert "Cookie" not in turns.headers[1]


def test_netrc_does_not_replace_our_credentials(web: Any, service: Service, tmp_path: Path) -> None:
    """requests prefers ~/.netrc to a default Authorization header: that is why we send none."""
    netrc = tmp_path / "home" / ".netrc"
    netrc.write_text("default login netrc password netrc\n")
    netrc.chmod(0o600)
    web.get("https://jira.example.com/x", json={})
    service.request("GET", "/x")
    assert web.calls[0].request.headers["Authorization"] == "Bearer s3cret"


def test_the_environments_proxy_is_used(serve: Any, reply: Any, new_service: Any, monkeypatch: Any) -> None:
    """The proxy is asked for the whole address of a host that cannot be reached otherwise."""
    turns = Turns(lambda handler: reply(handler, GOOD), reply)
    monkeypatch.setenv("HTTP_PROXY", serve(turns))
    new_service("http://jira.example.com").request("GET", "/x")
    assert turns.paths == ["http://jira.example.com/x"]


def test_a_proxy_that_is_not_there_is_named(new_service: Any, monkeypatch: Any) -> None:
    """The connection is the proxy's, not the service's."""
    monkeypatch.setenv("https_proxy", "http://me:hunter2@127.0.0.1:9")
    with pytest.raises(
        UnreachableError, match="the proxy that https_proxy names: the connection was refused"
    ) as caught:
        new_service("https://jira.example.com").request("GET", "/x")
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    "proxy", ["socks5h://me:hunter2@127.0.0.1:1080", "socks4://127.0.0.1:1080", "ftp://127.0.0.1:9"]
)
def test_a_proxy_of_another_kind_is_named(new_service: Any, monkeypatch: Any, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(
        ConfigurationError, match="ALL_PROXY names a proxy of a kind that we cannot use"
    ) as caught:
        new_service("https://jira.example.com").request("GET", "/x")
    assert "NO_PROXY=jira.example.com" in caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "proxy",
    ["http://127.0.0.1:port", "http://", "http://..:1", f"http://{'a' * 80}:1", "proxy:port", ":8080"],
)
def test_a_proxy_without_an_address_is_named(new_service: Any, monkeypatch: Any, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY names a proxy by no address") as caught:
        new_service("https://jira.example.com").request("GET", "/x")
    assert caught.value.hint.startswith("name it as http://host:port in HTTPS_PROXY")


def test_loopback_is_asked_without_proxy(serve: Any, reply: Any, new_service: Any, monkeypatch: Any) -> None:
    """A proxy elsewhere cannot reach our own machine."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    service = new_service(serve(lambda handler: reply(handler, GOOD)))
    assert service.request("GET", "/x").document == {"fine": True}


def test_a_certificate_file_that_is_not_there_is_named(service: Service, monkeypatch: Any) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(ConfigurationError, match=r"REQUESTS_CA_BUNDLE names /nowhere/ca\.pem, which"):
        service.request("GET", "/x")


def test_interim_answers_are_passed_over(serve: Any, reply: Any, new_service: Any) -> None:
    """RFC 9110, section 15.2; http.client knows 100 alone."""

    def hinted(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 2)
        reply(handler, GOOD)

    service = new_service(serve(hinted))
    assert service.request("GET", "/x").document == {"fine": True}
    assert service.requests == 1


def test_headers_that_contradict_each_other_are_the_services_fault(
    serve: Any, reply: Any, new_service: Any
) -> None:
    def contradicting(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")

    with pytest.raises(UnreachableError, match="whose headers contradict each other"):
        new_service(serve(contradicting)).request("GET", "/x")


@pytest.mark.parametrize(
    ("status", "words", "tries"),
    [
        ("407 Proxy Authentication Required", "wants a user and a password", 1),
        ("403 Forbidden", r"does not let us through to jira\.example\.com \(403 Forbidden\)", 1),
        ("502 Bad Gateway", r"does not reach jira\.example\.com: it answered 502 Bad Gateway", 5),
    ],
)
def test_what_a_proxy_says_of_itself_is_told_apart(
    status: str, words: str, tries: int, new_service: Any, monkeypatch: Any
) -> None:
    """Its answers to CONNECT; none is the service's."""
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()

    def proxy(listening: socket.socket) -> None:
        for _ in range(tries):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=proxy, args=(listening,), daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:hunter2@127.0.0.1:{listening.getsockname()[1]}")
        service = new_service("https://jira.example.com")
        with pytest.raises(UnreachableError, match=words) as caught:
            service.request("GET", "/x")
    assert service.requests == tries
    assert "HTTPS_PROXY" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_base_address_that_is_none_is_a_configuration_error(new_service: Any) -> None:
    with pytest.raises(ConfigurationError, match="nothing can be sent to"):
        new_service("https://exa mple.com:x").request("GET", "/x")


def test_nothing_is_sent_once_the_run_is_to_stop(service: Service, clock: Any) -> None:
    clock.request_stop()
    with pytest.raises(InterruptedRunError):
        service.request("GET", "/x")
    assert service.requests == 0


def test_each_thread_has_its_own_connection_and_keeps_it(serve: Any, reply: Any, new_service: Any) -> None:
    ports: list[int] = []

    def remember(handler: Any) -> None:
        ports.append(handler.client_address[1])
        reply(handler)

    service = new_service(serve(remember))

    def ask_twice() -> None:
        service.request("GET", "/x")
        service.request("GET", "/x")

    for _ in range(2):
        thread = threading.Thread(target=ask_twice)
        thread.start()
        thread.join()
    assert ports[0] == ports[1] != ports[2] == ports[3]


def test_requests_under_way_end_when_the_run_is_to_stop(
    serve: Any, new_service: Any, clock: Any, done: Any
) -> None:
    """A run that is interrupted does not wait for a service that hangs."""
    asked = threading.Event()
    raised: list[BaseException] = []

    def hang(_handler: Any) -> None:
        asked.set()
        done.wait(10)

    service = new_service(serve(hang))

    def ask() -> None:
        try:
            service.request("GET", "/x")
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    asked.wait(5)
    clock.request_stop()
    service.cut_all()
    thread.join(5)
    assert [type(error) for error in raised] == [InterruptedRunError]


def test_a_base_address_may_have_a_path(serve: Any, reply: Any, new_service: Any) -> None:
    """A context path (https://host/jira), or the vendor's gateway."""
    turns = Turns(lambda handler: reply(handler), reply)
    new_service(serve(turns) + "/ex/jira/1/").request("GET", "/rest/api/3/myself")
    assert turns.paths == ["/ex/jira/1/rest/api/3/myself"]


@pytest.mark.parametrize("token", ["to\nken", "tøken", "a\x00b"])
def test_a_token_that_cannot_be_one_is_told_by_its_setting(token: str) -> None:
    """Its text, which the HTTP library would quote, stays secret."""
    with pytest.raises(ConfigurationError, match=r"jira\.api_token holds characters") as caught:
        bearer(token, account="the token", setting="jira.api_token", remedy="")
    assert token not in caught.value.message


def test_basic_credentials_may_be_any_text() -> None:
    credentials = basic("zoë@example.com", "tøken", remedy="")
    header = Request("GET", "https://x", auth=credentials).prepare().headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "zoë@example.com:tøken"
    assert "tøken" not in repr(credentials) + str(vars(credentials).keys())


def test_a_service_that_was_given_up_is_not_asked_again(serve: Any, reply: Any, new_service: Any) -> None:
    """A thread whose request was cut, or that waited, does not go on alone."""
    turns = Turns(reply, reply)
    service = new_service(serve(turns))
    service.request("GET", "/x")
    service.cut_all()
    with pytest.raises(WorksupportError, match="not asked any more"):
        service.request("GET", "/y")
    assert turns.paths == ["/x"]
    assert service.requests == 1

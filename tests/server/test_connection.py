"""Bytes on the wire: bounds on time and size, and never a guess where one request ends."""

import re
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server.conftest import Client, everything, served
from worksupport.server.wire import Limits

GET = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n"
LAST = GET + b"Connection: close\r\n\r\n"
POST = b"POST /api/harvest/reload HTTP/1.1\r\nHost: localhost\r\n"


def statuses(received: bytes) -> list[int]:
    """The status of each answer in what came back."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d\d\d) ", received)]


def test_many_requests_share_one_connection(client: Client) -> None:
    """Also sent all at once, before the first answer."""
    assert statuses(client.raw((GET + b"\r\n") * 20 + LAST)) == [200] * 21


def test_a_refusal_of_a_route_keeps_the_connection(client: Client) -> None:
    wrong = GET.replace(b"/openapi.json", b"/nothing") + b"\r\n"
    assert statuses(client.raw(wrong + wrong + LAST)) == [404, 404, 200]


def test_a_body_nobody_wants_is_read_past(client: Client) -> None:
    """What looks like a request inside a body is not one."""
    body = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    sent = GET + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    assert statuses(client.raw(sent + sent + LAST)) == [200, 200, 200]
    assert statuses(client.raw(POST + b"Content-Length: 2\r\n\r\n{}" + LAST)) == [503, 200]


def test_an_old_client_is_answered_and_left(client: Client) -> None:
    assert statuses(client.raw(b"GET /openapi.json HTTP/1.0\r\n\r\n")) == [200]


def test_an_old_client_can_ask_to_stay(client: Client) -> None:
    old = b"GET /openapi.json HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    received = client.raw(old + b"GET /openapi.json HTTP/1.0\r\n\r\n")
    assert statuses(received) == [200, 200]
    assert received.count(b"Connection: keep-alive") == 1


def test_a_client_that_has_said_all_gets_all_answers(client: Client) -> None:
    assert statuses(client.raw((GET + b"\r\n") * 3, half_close=True)) == [200] * 3


def test_close_among_other_words_is_understood(client: Client) -> None:
    assert statuses(client.raw(GET + b"Connection: TE, Close\r\n\r\n")) == [200]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /openapi.json\r\n\r\n", 400),
        (b"POST /openapi.json\r\n\r\n", 400),
        (b"GET / over there HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/one\r\n\r\n", 400),
        (b"GET / HTTP/0.9\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (GET + b"Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n", 400),
        (GET + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
        (GET + b"Content-Length: 2, 2\r\n\r\n{}", 400),
        (GET + b"Content-Length: -1\r\n\r\n", 400),
        (GET + b"Content-Length: +1\r\n\r\nx", 400),
        (GET + b"Content-Length: 0x1\r\n\r\nx", 400),
        (GET + b"Content-Length: \xb2\r\n\r\nx", 400),
        (GET + b"Content-Length:\r\n\r\n", 400),
        (POST + b"Content-Length: 65537\r\n\r\n" + b"x" * 65537, 413),
        (POST + b"Content-Length: 999999999999999999\r\n\r\n", 413),
        (GET + b"Content-Length : 2\r\n\r\n{}", 400),
        (GET + b"no header at all\r\n\r\n", 400),
        (GET + b"X-Folded: one\r\n two\r\n\r\n", 400),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"x" * 9000, 414),
        (GET + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (GET + b"X-Many: x\r\n" * 101 + b"\r\n", 431),
        (GET + (b"X-Much: " + b"x" * 3000 + b"\r\n") * 30 + b"\r\n", 431),
    ],
)
def test_what_is_not_clearly_one_request_ends_the_connection(
    client: Client, sent: bytes, status: int
) -> None:
    """Told why, in JSON; nothing behind it is taken for a request."""
    received = client.raw(sent + LAST)
    assert statuses(received) == [status]
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert body.startswith(b'{"detail":"')


@pytest.mark.parametrize(
    "sent", [b"", b"\r\n\r\n", POST, POST + b"\r", POST + b"Content-Length: 10\r\n\r\n{}"]
)
def test_half_a_request_is_not_answered(client: Client, sent: bytes) -> None:
    """A reload is not begun because a client died while it asked for something."""
    assert client.raw(sent, half_close=True) == b""


def test_a_client_that_waits_to_be_asked_for_its_body_is_answered(client: Client) -> None:
    sent = POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    assert statuses(client.raw(sent)) == [503]


def test_small_answers_leave_in_one_piece(client: Client) -> None:
    """In two, the second would wait for the receipt of the first, 40 ms on every answer."""
    with client.connected() as connection:
        for _ in range(20):
            connection.sendall(GET.replace(b"/openapi.json", b"/nothing") + b"\r\n")
            received = connection.recv(65536)
            head, _, body = received.partition(b"\r\n\r\n")
            assert f"Content-Length: {len(body)}".encode() in head
            assert len(body) > 20


def test_the_head_has_one_time_for_all_its_bytes(database: Path) -> None:
    """Each byte in time does not add up to for ever."""
    with served(database, limits=Limits(head_seconds=0.3, linger_seconds=0.1)) as slow:
        with slow.connected() as connection:
            received = dripped(connection, GET + b"X-Slow: " + b"x" * 1000)
        assert statuses(received) == [408]


def test_a_body_has_one_time_for_all_its_bytes(database: Path) -> None:
    with served(database, limits=Limits(head_seconds=0.3, linger_seconds=0.1)) as slow:
        with slow.connected() as connection:
            connection.sendall(POST + b"Content-Length: 1000\r\n\r\n")
            received = dripped(connection, b"x" * 1000)
        assert statuses(received) == [408]


def dripped(connection: socket.socket, sent: bytes) -> bytes:
    """Send a byte now and then until an answer comes; the whole answer."""
    connection.settimeout(0.02)
    for byte in sent:
        try:
            connection.sendall(bytes([byte]))
            first = connection.recv(65536)
        except TimeoutError:
            continue
        connection.settimeout(30)
        return first + everything(connection)
    raise AssertionError("the server took every byte")


def test_who_says_nothing_is_left_without_a_word(database: Path) -> None:
    """At the beginning, and between two requests."""
    with served(database, limits=Limits(head_seconds=0.1, idle_seconds=0.1)) as impatient:
        assert impatient.raw(b"") == b""
        assert statuses(impatient.raw(GET + b"\r\n")) == [200]


def test_who_takes_no_answer_is_left(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an answer is not followed by another status."""
    monkeypatch.setattr("worksupport.server.wire._LEAST_BYTES_PER_SECOND", 10**9)
    with served(database, limits=Limits(send_seconds=0.2)) as impatient, impatient.connected() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall((GET + b"\r\n") * 2000)
        received = bytearray()
        assert impatient.server.finish(20)
        with suppress(ConnectionResetError):
            received += everything(connection)
        assert set(statuses(bytes(received))) <= {200}


def test_beyond_the_last_place_there_is_503(database: Path) -> None:
    """And an answer again as soon as there is room."""
    with served(database, limits=Limits(connections=2)) as small:
        with small.connected() as one, small.connected() as two:
            one.sendall(GET)
            two.sendall(GET)
            refused = small.ask("/openapi.json")
            assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert small.server.finish(20)
        assert small.ask("/openapi.json").status == 200


def test_where_places_are_few_connections_end_after_their_answer(database: Path) -> None:
    with served(database, limits=Limits(connections=2)) as small, small.connected() as idle:
        idle.sendall(GET + b"\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"
        assert small.ask("/openapi.json").headers["Connection"] == "close"


def test_a_bug_is_told_without_internals(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("SELECT secret FROM /etc/passwd")

    monkeypatch.setattr("worksupport.server.routes.keys_text", broken)
    reply = client.ask("/api/issues/keys?label=never-asked-before")
    assert (reply.status, reply.document) == (500, {"detail": "internal error; the server's log has it"})

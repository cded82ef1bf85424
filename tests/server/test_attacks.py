"""Slow, garbled and countless clients: threads and memory stay bounded, and afterwards all is as before."""

import random
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import FakeClock
from tests.server.conftest import Client, everything, served
from worksupport.clock import Clock
from worksupport.server.wire import Limits

GET = b"GET /api/issues/keys HTTP/1.1\r\nHost: localhost\r\n\r\n"
PIECES = [
    *(b"GET ", b"POST ", b"/api/harvest/reload", b"/api/issues/keys?", b" HTTP/1.1", b" HTTP/1.0", b"\r\n"),
    *(
        b"\n",
        b"\r\n\r\n",
        b"Host: localhost\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: ",
        b": ",
        b"\0",
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"%",
        b"%00",
        b"\xff\xfe",
        b"http://",
        b"[",
    ),
    *(
        b"Connection: keep-alive\r\n",
        b"If-None-Match: *\r\n",
        b"Authorization: Bearer \xff\r\n",
        b" ",
        b"//",
        b";",
    ),
]


@pytest.fixture(scope="module")
def hurried(database: Path) -> Iterator[Client]:
    """A server that waits for nobody."""
    with served(database, limits=Limits(linger_seconds=0.01), rate_limit_per_minute=0) as client:
        yield client


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=30).map(b"".join))
def test_any_bytes_get_answers_or_the_end(hurried: Client, sent: bytes) -> None:
    """Never a 5xx for garbage but 505 and the 503 of a reload that cannot begin; never silence."""
    received = hurried.raw(sent, half_close=True)
    assert received == b"" or received.startswith(b"HTTP/1.1 ")
    assert b"HTTP/1.1 500" not in received
    assert hurried.ask("/api/issues/keys").status == 200


def test_slow_clients_beyond_all_places_do_not_shut_others_out(database: Path) -> None:
    """Ten places, thirty clients that say half a word: they are gone as soon as their time is up."""
    limits = Limits(connections=10, head_seconds=0.3, linger_seconds=0.05)
    with served(database, limits=limits) as client, ExitStack() as stack:
        before = threading.active_count()
        for _ in range(30):
            slow = stack.enter_context(client.connected())
            with suppress(OSError):
                slow.sendall(b"GE")
        assert threading.active_count() <= before + 10
        assert answered_again(client, within_seconds=10)


def answered_again(client: Client, within_seconds: float) -> bool:
    """Whether a usual request gets its usual answer within this time."""
    clock = Clock()
    give_up_at = clock.monotonic() + within_seconds
    while clock.monotonic() < give_up_at:
        with suppress(OSError):
            if client.ask("/api/issues/keys").status == 200:
                return True
        clock.sleep(0.02)
    return False


def peak_memory() -> int:
    """The most memory this process ever had, in KiB (on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.long
def test_five_hundred_clients_with_a_byte_a_second(database: Path) -> None:
    """With the real limits, for as long as two waves of clients take."""
    clock = Clock()
    with served(database) as client, ExitStack() as stack:
        threads, memory = threading.active_count(), peak_memory()
        clients: list[socket.socket] = []
        for second in range(10):
            if second % 6 == 0:
                clients += [stack.enter_context(client.connected()) for _ in range(500 - len(clients))]
            clients = [each for each in clients if drips(each, b"GET /health HTTP/1.1\r\n"[second])]
            assert threading.active_count() <= threads + 64
            clock.sleep(1.0)
        stack.close()
        assert answered_again(client, within_seconds=10)
    assert peak_memory() - memory < 50_000


def drips(connection: socket.socket, byte: int) -> bool:
    """Send one byte; False if the server has hung up."""
    connection.setblocking(False)
    try:
        connection.sendall(bytes([byte]))
        return connection.recv(4096) == b"never sent"
    except BlockingIOError:
        return True
    except OSError:
        return False


@pytest.mark.long
def test_pipelined_garbage_from_many_clients(database: Path) -> None:
    """Valid requests, garbage and random bytes, many at once and megabytes of them."""
    limits = Limits(linger_seconds=0.1)
    with served(database, limits=limits, rate_limit_per_minute=0) as client:
        threads, memory = threading.active_count(), peak_memory()
        attackers = [threading.Thread(target=attack, args=(client, seed)) for seed in range(40)]
        for attacker in attackers:
            attacker.start()
        assert threading.active_count() <= threads + 40 + 64
        for attacker in attackers:
            attacker.join()
        assert answered_again(client, within_seconds=10)
    assert peak_memory() - memory < 100_000


def attack(client: Client, seed: int) -> None:
    """Twenty connections, each with up to 200 kB of requests and garbage."""
    chance = random.Random(seed)
    for _ in range(20):
        parts = chance.choices([GET, *PIECES, chance.randbytes(3000)], k=chance.randrange(1, 400))
        with suppress(OSError), client.connected() as connection:
            connection.sendall(b"".join(parts))
            connection.shutdown(socket.SHUT_WR)
            everything(connection)


def test_who_keeps_us_waiting_makes_room_where_places_are_few(database: Path) -> None:
    """Eighty clients that say half a word or nothing: the next one is answered each time."""
    clock = FakeClock()
    limits = Limits(connections=8, linger_seconds=0.1)
    with served(database, clock=clock, limits=limits) as client, ExitStack() as stack:
        for number in range(80):
            slow = stack.enter_context(client.connected())
            if number % 2:
                slow.sendall(b"GE")
            clock.elapsed += 2
            assert client.ask("/api/issues/keys").status == 200

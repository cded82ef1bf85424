"""Whom the server answers, and whom it refuses before it looks at the database."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import FakeClock
from tests.server.conftest import Client, served
from worksupport.server.guard import RateLimit

KEYS = "/api/issues/keys"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1:1", "127.8.9.10", "[::1]:8000", "127.0.0.1"],
)
def test_loopback_answers_to_its_own_names(client: Client, host: str) -> None:
    assert client.ask(KEYS, Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "localhost.attacker.example",
        "127.0.0.1.nip.example",
        "10.0.0.1",
        "",
        "[::2]",
        "0.0.0.0",
    ],
)
def test_loopback_refuses_other_names(client: Client, host: str) -> None:
    """A page whose name was made to point to 127.0.0.1 can send requests, but under its own name only."""
    status, detail = client.refusal(KEYS, Host=host)
    assert (status, "the Host header names another" in detail) == (403, True)
    assert "serve.public_url" in detail


@pytest.mark.parametrize("path", [KEYS, "/", "/openapi.json"])
def test_behind_a_proxy_the_token_is_enough(path: str, database: Path, clock: FakeClock) -> None:
    """A page whose name was made to point here does not know it."""
    with served(database, clock=clock, token="t-0123456789") as client:
        right = client.ask(path, Host="work.corp.example", Authorization="Bearer t-0123456789")
        assert right.status in (200, 503)
        assert client.ask(path, Host="work.corp.example").status == 401


def test_behind_a_proxy_its_public_name_is_ours(database: Path, clock: FakeClock) -> None:
    with served(database, clock=clock, public_url="https://work.corp.example") as client:
        assert client.ask(KEYS, Host="work.corp.example").status == 200
        assert (
            client.ask(KEYS, Host="WORK.corp.example:443", Origin="https://work.corp.example:443").status
            == 200
        )
        assert client.ask(KEYS, Host="other.corp.example").status == 403
        assert client.ask(KEYS, Host="localhost").status == 200


def test_a_proxy_may_name_us_by_our_own_address(database: Path, clock: FakeClock) -> None:
    """As nginx does where nobody sets the header: the browser still says where the page is from."""
    with served(database, clock=clock, public_url="https://work.corp.example:8443") as client:
        for origin, status in (("https://Work.corp.example:8443", 200), ("https://work.corp.example", 403)):
            assert client.ask(KEYS, Host="127.0.0.1:8000", Origin=origin).status == status


def test_behind_a_proxy_each_of_the_team_has_a_rate_of_its_own(database: Path, clock: FakeClock) -> None:
    public_url = "https://work.corp.example"
    with served(database, clock=clock, public_url=public_url, rate_limit_per_minute=1) as client:
        asked = [
            client.ask(KEYS, X_Forwarded_For=each).status
            for each in ("1.1.1.1", "9.9.9.9, 2.2.2.2", "1.1.1.1")
        ]
        assert asked == [200, 200, 429]
    with served(database, clock=clock, rate_limit_per_minute=1) as client:
        assert [client.ask(KEYS, X_Forwarded_For=each).status for each in ("1.1.1.1", "2.2.2.2")] == [
            200,
            429,
        ]


@pytest.mark.parametrize("host", ["user@localhost", "localhost/", "localhost?", "a b", "localhost, evil"])
def test_a_malformed_host_is_refused(client: Client, host: str) -> None:
    assert client.refusal(KEYS, Host=host) == (400, "the Host header is malformed")


def test_a_whole_url_is_held_to_the_same_names(client: Client) -> None:
    sent = "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert client.raw(sent.format(f"http://localhost{KEYS}").encode()).startswith(b"HTTP/1.1 200")
    assert client.raw(sent.format(f"http://attacker.example{KEYS}").encode()).startswith(b"HTTP/1.1 403")
    assert client.raw(sent.format("http://[bad").encode()).startswith(b"HTTP/1.1 40")


def test_a_request_has_one_host(client: Client) -> None:
    assert client.raw(f"GET {KEYS} HTTP/1.1\r\nConnection: close\r\n\r\n".encode()).startswith(
        b"HTTP/1.1 400"
    )
    two = f"GET {KEYS} HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert client.raw(two.encode()).startswith(b"HTTP/1.1 400")
    assert client.raw(f"GET {KEYS} HTTP/1.0\r\n\r\n".encode()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_other_sites_are_refused(client: Client, site: str, method: str) -> None:
    assert client.ask("/api/harvest/reload", method, Sec_Fetch_Site=site).status == 403


@pytest.mark.parametrize(
    "origin", ["https://attacker.example", "null", "", "http://localhost:1", "http://[bad"]
)
def test_pages_of_other_origins_are_refused(client: Client, origin: str) -> None:
    assert client.ask("/api/harvest/reload", "POST", Origin=origin).status == 403


def test_the_same_origin_and_the_address_bar_pass(client: Client) -> None:
    own = f"http://127.0.0.1:{client.port}"
    assert client.ask(KEYS, Origin=own, Sec_Fetch_Site="same-origin").status == 200
    assert client.ask(KEYS, Sec_Fetch_Site="none").status == 200


def test_a_token_is_wanted_everywhere(database: Path) -> None:
    """Also before telling whether an address exists."""
    with served(database, token="s3cret-tök3n") as client:
        for target in (KEYS, "/", "/style.css", "/openapi.json", "/nothing"):
            reply = client.ask(target)
            assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
        for wrong in ("Bearer", "Bearer s3cret", "Basic s3cret-tök3n", "s3cret-tök3n", "Bearer ÿ"):
            assert client.ask(KEYS, Authorization=wrong).status == 401
        right = "Bearer s3cret-tök3n".encode().decode("latin-1")
        assert client.ask(KEYS, Authorization=right).status == 200
        assert client.ask(KEYS, Authorization=right.replace("Bearer", "bearer")).status == 200


def test_too_many_requests_are_told_when_to_come_back(database: Path) -> None:
    clock = FakeClock()
    with served(database, clock=clock, rate_limit_per_minute=3) as client:
        assert [client.ask(KEYS).status for _ in range(4)] == [200, 200, 200, 429]
        assert client.ask(KEYS).headers["Retry-After"] == "20"
        clock.elapsed += 20
        assert [client.ask(KEYS).status for _ in range(2)] == [200, 429]


def test_wrong_tokens_count_as_requests(database: Path) -> None:
    with served(database, clock=FakeClock(), rate_limit_per_minute=2, token="right") as client:
        statuses = [client.ask(KEYS, Authorization=f"Bearer {n}").status for n in range(3)]
        assert statuses == [401, 401, 429]


@given(st.integers(1, 100), st.lists(st.tuples(st.integers(0, 2), st.floats(0, 90)), max_size=60))
def test_no_address_gets_more_than_its_rate(per_minute: int, requests: list[tuple[int, float]]) -> None:
    """In any order of requests, each address alone gets at most one bucket and what flowed in since."""
    clock = FakeClock()
    limit = RateLimit(per_minute, clock)
    allowed = {address: 0 for address, _ in requests}
    for address, pause in requests:
        clock.elapsed += pause
        allowed[address] += limit.seconds_to_wait(str(address)) == 0
        assert allowed[address] <= per_minute * (1 + clock.elapsed / 60) + 1e-6


def test_the_told_wait_is_enough_and_never_in_vain() -> None:
    clock = FakeClock()
    limit = RateLimit(7, clock)
    waits = [limit.seconds_to_wait("a") for _ in range(8)]
    assert waits == [0] * 7 + [9]
    clock.elapsed += 9
    assert limit.seconds_to_wait("a") == 0


def test_zero_turns_the_limit_off() -> None:
    limit = RateLimit(0, FakeClock())
    assert {limit.seconds_to_wait("a") for _ in range(10_000)} == {0}


def test_only_so_many_addresses_are_remembered() -> None:
    limit = RateLimit(1, FakeClock())
    assert limit.seconds_to_wait("first") == 0
    assert limit.seconds_to_wait("first") > 0
    for number in range(4096):
        limit.seconds_to_wait(str(number))
    assert limit.seconds_to_wait("first") == 0

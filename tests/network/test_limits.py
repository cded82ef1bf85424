"""Being limited: how long we leave a service alone, all of us, and when we give up instead."""

import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import FakeClock
from worksupport.errors import UnreachableError
from worksupport.network.service import Service

URL = "https://jira.example.com/rest/x"
# The fake clock stands at 2026-11-22T12:00:00Z, a Sunday; its epoch second:
NOON = 1795348800


def limited_once(web: Any, service: Service, status: int = 429, **headers: str) -> None:
    """A limited answer with these headers, then a good one, both asked for."""
    web.get(
        URL,
        status=status,
        json={},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    web.get(URL, json={})
    service.request("GET", "/rest/x")
    assert (service.requests, service.retries) == (2, 1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": " 7 "}, 7),
        ({"Retry_After": "1.5"}, 1.5),
        ({"Retry_After": "Sun, 22 Nov 2026 12:00:30 GMT"}, 31),
        ({"Retry_After": "Sun, 22 Nov 2026 10:00:30 GMT", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 31),
        ({"Retry_After": "7", "X_RateLimit_Reset": str(NOON + 90)}, 7),
        ({"Beta_Retry_After": "7"}, 7),
        ({"X_RateLimit_Reset": "2026-11-22T12:00:20Z"}, 21),
        ({"X_RateLimit_Reset": "2026-11-22T13:00:20.000+0100"}, 21),
        ({"X_RateLimit_Reset": str(NOON + 20)}, 21),
        ({"X_Beta_RateLimit_Reset": "2026-11-22T12:00:20Z"}, 21),
        ({"X_RateLimit_Reset": str(NOON + 20), "Date": "Sun, 22 Nov 2026 12:00:10 GMT"}, 11),
    ],
)
def test_an_announced_wait_is_kept(
    headers: Any, seconds: float, web: Any, service: Service, clock: Any
) -> None:
    """Never shorter, little longer; dates are read by the service's own clock where it shows it."""
    limited_once(web, service, **headers)
    assert seconds <= clock.elapsed <= seconds * 1.1


@pytest.mark.parametrize(
    "nonsense",
    [
        *("soon", "", "-5", "0", "1e9", "NaN", "7.5.1", "9" * 400, "Sun, 99 Foo 2026 12:00:00 GMT"),
        *("Sun, 22 Nov 2026 09:00:00 GMT", "٣"),
    ],
)
def test_a_nonsense_announcement_counts_as_none(
    nonsense: str, web: Any, service: Service, clock: Any
) -> None:
    """Then it is Jira's advice: two seconds, doubling."""
    limited_once(web, service, Retry_After=nonsense.encode("utf-8").decode("latin-1"))
    assert 2 <= clock.elapsed <= 2.2


def test_without_announcement_waits_double_up_to_half_a_minute(
    web: Any, service: Service, clock: Any
) -> None:
    for _ in range(6):
        web.get(URL, status=429)
    web.get(URL, json={})
    service.request("GET", "/rest/x")
    assert [round(wait - 0.5) for wait in clock.waits] == pytest.approx([2, 4, 8, 16, 30, 30], abs=1)


def test_a_service_that_keeps_saying_one_second_is_asked_ever_later(
    web: Any, service: Service, clock: Any
) -> None:
    """Waits grow long, and nothing hammers on a limited service."""
    web.get(URL, status=429, headers={"Retry-After": "1"})
    with pytest.raises(UnreachableError, match="limits us for another"):
        service.request("GET", "/rest/x")
    assert service.requests < 20
    assert clock.elapsed <= 330


def test_a_5xx_with_an_announcement_is_a_limit(web: Any, service: Service, clock: Any) -> None:
    limited_once(web, service, status=503, Retry_After="40")
    assert 40 <= clock.elapsed <= 41


def test_half_an_hour_is_not_waited_for(web: Any, service: Service, clock: Any) -> None:
    """An hourly quota: stop at once, and send nothing more either."""
    web.get(URL, status=429, headers={"Retry-After": "1847"})
    for _ in range(2):
        with pytest.raises(UnreachableError, match="another 1847 s") as caught:
            service.request("GET", "/rest/x")
    assert service.requests == 1
    assert clock.waits == []
    assert "http.max_wait_seconds" in caught.value.hint


def test_the_patience_is_configured(web: Any, new_service: Callable[..., Service], clock: Any) -> None:
    service = new_service(max_wait=20)
    web.get(URL, status=429, headers={"Retry-After": "15"})
    with pytest.raises(UnreachableError):
        service.request("GET", "/rest/x")
    assert service.requests == 2
    assert clock.elapsed < 20


def test_each_request_has_its_own_patience(web: Any, service: Service, clock: Any) -> None:
    """A long run on a busy site goes on as long as it gets ahead."""
    for _ in range(4):
        web.get(URL, status=429, headers={"Retry-After": "200"})
        web.get(URL, json={})
        service.request("GET", "/rest/x")
    assert clock.elapsed > 800


def test_a_limit_does_not_use_up_the_minute_for_troubles(web: Any, service: Service, clock: Any) -> None:
    web.get(URL, status=500)
    web.get(URL, status=429, headers={"Retry-After": "100"})
    web.get(URL, status=500)
    web.get(URL, json={})
    service.request("GET", "/rest/x")
    assert service.requests == 4


def test_while_paused_nothing_is_sent(web: Any, service: Service, clock: Any) -> None:
    """A pause holds every request of the service, whoever was told to wait."""
    sent_at: list[float] = []

    def note(_request: Any) -> tuple[int, dict[str, str], str]:
        sent_at.append(clock.elapsed)
        return 200, {}, "{}"

    web.add_callback("GET", URL, note, content_type="application/json")
    service.limiter.pause(10, "the service said so")
    service.limiter.pause(3, "a shorter one does not end it")
    service.request("GET", "/rest/x")
    assert sent_at[0] >= 10


def test_a_wait_is_shown_and_logged_once_with_its_end(service: Service, clock: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "worksupport")
    for _ in range(8):
        service.limiter.announce(30, "rate limited")
    assert service.limiter.waiting == ("rate limited", 30)
    (record,) = caplog.records
    assert record.fields == {"service": "Jira", "seconds": 30, "until": "2026-11-22T12:00:30.000Z"}
    clock.sleep(30)
    assert service.limiter.waiting is None


class GatedClock(FakeClock):
    """Whoever waits, waits until the gate is opened; then the time has come."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Semaphore(0)
        self.gate = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.waiting.release()
        assert self.gate.wait(10)
        self.elapsed = 100.0


def test_one_limited_answer_stops_all_threads(
    serve: Any, reply: Any, new_service: Callable[..., Service]
) -> None:
    """Over real HTTP: after one 429 each of eight threads waits, and nothing arrives meanwhile."""
    clock = GatedClock()
    numbers = itertools.count(1)
    arrived: list[int] = []

    def handle(handler: Any) -> None:
        number = next(numbers)
        arrived.append(number)
        reply(handler, status=429 if number == 20 else 200, Retry_After="60")

    service = new_service(serve(handle), clock=clock)
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda _: service.request("GET", "/x"), range(60))
        assert all(clock.waiting.acquire(timeout=10) for _ in range(8))
        sent_before = len(arrived)
        clock.gate.set()
        assert len(list(answers)) == 60
    assert 20 <= sent_before < 60
    assert (len(arrived), service.retries) == (61, 1)

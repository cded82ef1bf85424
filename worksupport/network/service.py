"""How to ask a service: with retries, within its limits, and with every failure as a sentence.

What to ask is the business of `sources`; each hands in `inspect` for what only it can read in a response's
headers.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from worksupport.clock import Clock, utc_text
from worksupport.errors import ConfigurationError, UnreachableError
from worksupport.log import fields
from worksupport.network.addresses import is_loopback, join, shown
from worksupport.network.auth import Credentials
from worksupport.network.limits import Limiter, announced_seconds, http_date, whole_number
from worksupport.network.responses import (
    Check,
    MisdirectedError,
    OddAnswerError,
    OversizedError,
    RateLimited,
    Response,
    TooLargeError,
    TransientError,
    UnreachedError,
    checked_document,
    error_text,
    is_object,
    refusal,
)
from worksupport.network.retries import TRIES, WATCHED_TRIES, RetryBudget, retrying
from worksupport.network.transport import Call, Transport

logger = logging.getLogger(__name__)
_TRANSIENT_STATUSES = frozenset({408, 425})
# A limit that does not say for how long is at least this; how long we wait is decided when it is read.
_SHORTEST_LIMIT_SECONDS = 1.0

Inspect = Callable[[Response], None]


class Service:
    """One service as all threads of a run ask it. Close it at the end.

    `address_form`: what a right `base_url` looks like, for messages. `inspect` sees every response before
    anything else does; it may raise CredentialsError or RateLimited.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        auth: Credentials,
        *,
        address_form: str,
        clock: Clock,
        timeout_seconds: float,
        max_wait_seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.base_url = base_url
        self._address_hint = f"is {name.lower()}.base_url right? It is {address_form}"
        self.limiter = Limiter(name, clock)
        self.inspect: Inspect | None = None
        self.tries = TRIES  # of one failing request; fewer for somebody who waits at a terminal
        self.is_watched = False  # somebody waits at a terminal
        self.requests = 0
        self.retries = 0
        # By its own clock, when it answered first and last, in whole seconds.
        self.began: datetime | None = None
        self.time: datetime | None = None
        self.clock_ahead_seconds: float | None = None  # ours before its
        self.quotas: dict[str, tuple[int, int]] = {}  # by bucket: left, of how many
        self._clock = clock
        self._auth = auth
        self._has_answered = False  # with data: the address is right
        self._max_wait_seconds = max_wait_seconds
        self._transport = Transport(
            name,
            auth,
            headers=headers or {},
            clock=clock,
            timeout_seconds=timeout_seconds,
            at_head=self._hold_others,
        )
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        accept: Collection[int] = (),
        check: Check = is_object,
    ) -> Response:
        """The 200 response for `path` below `base_url`, or one with a status in `accept`.

        A 200 response has its JSON as `document`, passed by `check`.

        Raises CredentialsError (401, 403), QueryRefusedError (400 and the like), ConfigurationError (404,
        410, a log-in, a redirect elsewhere: no API there), UnreachableError when the retry budget is spent,
        TooLargeError, WorksupportError otherwise.
        """
        call = Call(method, join(self.base_url, path), params, json)
        is_impatient = self.is_watched and not self._has_answered
        unreached_tries = WATCHED_TRIES if is_impatient else TRIES
        budget = RetryBudget(self._clock, self._max_wait_seconds, self.tries, unreached_tries)
        retry = retrying(budget, self._before_wait, self._wait)
        try:
            return retry(self._try_once, call, budget, accept, check)
        except TransientError as error:
            raise self._unreachable(call, error, retry.statistics["attempt_number"]) from error
        except MisdirectedError as error:
            raise ConfigurationError(
                f"{self.name} at {shown(call.url)}: {error}", self._address_hint
            ) from error

    @property
    def seen_at(self) -> str | None:
        """When it had given its last answer, by its own clock (UTC text); its headers cut the second."""
        return utc_text(self.time + timedelta(seconds=1)) if self.time else None

    def rest(self, seconds: float, reason: str) -> None:
        """Wait before a request that is sent again for a reason of the client's own."""
        self._before_wait(TransientError(reason), seconds)
        self._wait(seconds)

    def cut_all(self) -> None:
        """End all requests under way, in their threads, and send no more: the run has given up."""
        self._transport.cut_all()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _try_once(self, call: Call, budget: RetryBudget, accept: Collection[int], check: Check) -> Response:
        self._clock.check()
        self.limiter.hold(budget)
        try:
            response = self._send(call)
            self._observe(response)
            if self.inspect:
                self.inspect(response)
            return self._settled(response, accept, check)
        except RateLimited as limit:
            self.limiter.pause(budget.limit_seconds(limit), str(limit))
            raise
        except MisdirectedError as error:
            if self._has_answered:
                raise TransientError(str(error)) from error
            raise

    def _observe(self, response: Response) -> None:
        """Note the service's clock and what is left of our quota, which it tells in headers."""
        date = http_date(response.headers.get("Date"))
        if date is not None:
            self.began, self.time = self.began or date, date
            self.clock_ahead_seconds = (self._clock.now() - date).total_seconds()
        left = whole_number(response.headers.get("X-RateLimit-Remaining"))
        limit = whole_number(response.headers.get("X-RateLimit-Limit"))
        if left is not None and limit is not None:
            self.quotas[response.headers.get("X-RateLimit-Resource", "")] = left, limit

    def _send(self, call: Call) -> Response:
        self._transport.refuse_ended()
        with self._lock:
            self.requests += 1
        began = self._clock.monotonic()
        response = self._transport.send(call)
        details = {
            "service": self.name,
            "method": call.method,
            "address": response.address,
            "status": response.status,
            "seconds": round(self._clock.monotonic() - began, 3),
            "bytes": len(response.body),
        }
        logger.debug("request", extra=fields(**details))
        return response

    def _hold_others(self, status: int, headers: Mapping[str, str]) -> None:
        """Let no thread send from the moment a limit's headers are here."""
        seconds = announced_seconds(headers, self._clock.now())
        if _is_limit(status, headers, seconds):
            self.limiter.pause(seconds or _SHORTEST_LIMIT_SECONDS, f"{self.name} answered {status}")

    def _settled(self, response: Response, accept: Collection[int], check: Check) -> Response:
        """The response if it is an answer; else raises what its status says."""
        if response.status == 200:
            document = checked_document(response, check)
            self._has_answered = True
            return replace(response, document=document)
        if response.status in accept:
            return response
        seconds = announced_seconds(response.headers, self._clock.now())
        if _is_limit(response.status, response.headers, seconds):
            raise RateLimited(f"{self.name} answered {response.status}", seconds)
        if 200 <= response.status < 300:
            raise OddAnswerError(f"it answered {self._auth.hide(error_text(response))}")
        if 300 <= response.status < 400:
            raise MisdirectedError(f"it answered {self._auth.hide(error_text(response))}")
        if response.status >= 500 or response.status in _TRANSIENT_STATUSES:
            raise TransientError(f"it answered {self._auth.hide(error_text(response))}")
        raise refusal(self.name, response, self._auth, self._address_hint)

    def _before_wait(self, error: Exception, seconds: float) -> None:
        with self._lock:
            self.retries += 1
        if not isinstance(error, RateLimited):  # the limiter has announced that one
            self.limiter.announce(seconds, str(error))

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._clock.sleep(seconds)

    def _unreachable(self, call: Call, error: TransientError, tries: int) -> UnreachableError:
        if isinstance(error, OversizedError):
            return TooLargeError(
                f"{self.name} at {shown(call.url)}: {error}, which is no real one",
                "does a proxy or another server answer in its place?",
            )
        hint = "run it again later; `worksupport check` shows whether the service answers"
        if isinstance(error, OddAnswerError) and not self._has_answered:
            hint = f"{self._address_hint}. Or run it again later"
        if isinstance(error, UnreachedError) and is_loopback(call.url):
            hint = "is this a demo's configuration? worksupport demo --keep brings its services back"
        return UnreachableError(
            f"{self.name} at {shown(call.url)}: {error}; gave up after {tries} tries", hint
        )


def _is_limit(status: int, headers: Mapping[str, str], seconds: float | None) -> bool:
    """Whether we are limited; a server that is down says so too, with how many `seconds` it will be."""
    return status == 429 or (status >= 500 and "Retry-After" in headers and bool(seconds))

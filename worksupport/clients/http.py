"""How to ask a service: patiently, within its limits, and with every failure in words.

What to ask is the business of `jira` and `github`; both hand in a `judge` for what only they can read in
an answer's headers.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from worksupport.clients.addresses import host, join, same_origin, shown
from worksupport.clients.announcements import announced_seconds
from worksupport.clients.answers import Answer, Check, checked_document, is_object, words
from worksupport.clients.auth import Credentials
from worksupport.clients.limits import Limiter
from worksupport.clients.refusals import refusal
from worksupport.clients.retries import TRIES, LimitedTrouble, PassingTrouble, Patience, retrying
from worksupport.clients.transport import Call, Transport
from worksupport.clock import Clock
from worksupport.errors import IncompleteError, UnreachableError
from worksupport.log import fields
from worksupport.text import visible

logger = logging.getLogger(__name__)
_PASSING_STATUSES = frozenset({408, 425})
# A limit that does not say for how long is at least this; how long we wait is decided when it is read.
_SHORTEST_LIMIT_SECONDS = 1.0

Judge = Callable[[Answer], None]


class Service:
    """One service as all threads of a run ask it. Close it at the end.

    `judge` sees every answer before anything else does; it may raise CredentialsError or LimitedTrouble.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        auth: Credentials,
        *,
        clock: Clock,
        timeout_seconds: float,
        max_wait_seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.base_url = base_url
        self.limiter = Limiter(name, clock)
        self.judge: Judge | None = None
        self.tries = TRIES  # of one request in trouble; fewer for somebody who waits at a terminal
        self.requests = 0
        self.retries = 0
        self._clock = clock
        self._auth = auth
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
        path_or_url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        accept: Collection[int] = (),
        check: Check = is_object,
    ) -> Answer:
        """The 200 answer, its `document` parsed and passed by `check`; or one with a status in `accept`.

        Raises CredentialsError (401, 403), QueryRefusedError (400 and the like), ConfigurationError (404,
        410: nothing there), UnreachableError when patience ends, WorksupportError for anything else.
        """
        call = Call(method, self._address(path_or_url), params, json)
        patience = Patience(self._clock, self._max_wait_seconds, self.tries)
        retry = retrying(patience, self._before_wait, self._wait)
        try:
            return retry(self._try_once, call, patience, accept, check)
        except PassingTrouble as trouble:
            raise self._unreachable(call, trouble, retry.statistics["attempt_number"]) from trouble

    def rest(self, seconds: float, reason: str) -> None:
        """Wait before a request that is sent again for a reason of the client's own."""
        self._before_wait(PassingTrouble(reason), seconds)
        self._wait(seconds)

    def cut_all(self) -> None:
        """End all requests under way, in their threads, and send no more: the run has given up."""
        self._transport.cut_all()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _address(self, path_or_url: str) -> str:
        """The whole address; one on another host, which our credentials must not reach, is refused."""
        url = join(self.base_url, path_or_url)
        if url == path_or_url and not same_origin(url, self.base_url):
            raise IncompleteError(
                f"{self.name} sends us to {visible(host(url)) or 'nowhere'} for more, where we do not go"
            )
        return url

    def _try_once(self, call: Call, patience: Patience, accept: Collection[int], check: Check) -> Answer:
        self._clock.check()
        self.limiter.hold(patience)
        try:
            answer = self._send(call)
            if self.judge:
                self.judge(answer)
            return self._settled(answer, accept, check)
        except LimitedTrouble as limit:
            self.limiter.pause(patience.limit_seconds(limit), str(limit))
            raise

    def _send(self, call: Call) -> Answer:
        self._transport.refuse_ended()
        with self._lock:
            self.requests += 1
        began = self._clock.monotonic()
        answer = self._transport.send(call)
        details = {
            "service": self.name,
            "method": call.method,
            "address": answer.address,
            "status": answer.status,
            "seconds": round(self._clock.monotonic() - began, 3),
            "bytes": len(answer.body),
        }
        logger.debug("request", extra=fields(**details))
        return answer

    def _hold_others(self, status: int, headers: Mapping[str, str]) -> None:
        """Let no thread send from the moment a limit's headers are here."""
        seconds = announced_seconds(headers, self._clock.now())
        if _is_limit(status, headers, seconds):
            self.limiter.pause(seconds or _SHORTEST_LIMIT_SECONDS, f"{self.name} answered {status}")

    def _settled(self, answer: Answer, accept: Collection[int], check: Check) -> Answer:
        """The answer if it is one; else raises what its status says."""
        if answer.status == 200:
            return replace(answer, document=checked_document(answer, check))
        if answer.status in accept:
            return answer
        seconds = announced_seconds(answer.headers, self._clock.now())
        if _is_limit(answer.status, answer.headers, seconds):
            raise LimitedTrouble(f"{self.name} answered {answer.status}", seconds)
        if answer.status >= 500 or answer.status < 400 or answer.status in _PASSING_STATUSES:
            raise PassingTrouble(f"it answered {self._auth.hide(words(answer))}")
        raise refusal(self.name, answer, self._auth)

    def _before_wait(self, trouble: Exception, seconds: float) -> None:
        with self._lock:
            self.retries += 1
        if not isinstance(trouble, LimitedTrouble):  # the limiter has announced that one
            self.limiter.announce(seconds, str(trouble))

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._clock.sleep(seconds)

    def _unreachable(self, call: Call, trouble: PassingTrouble, tries: int) -> UnreachableError:
        return UnreachableError(
            f"{self.name} at {shown(call.url)}: {trouble}; gave up after {tries} tries",
            "run it again later; `worksupport check` shows whether the service answers",
        )


def _is_limit(status: int, headers: Mapping[str, str], seconds: float | None) -> bool:
    """Whether we are limited; a server that is down says so too, with how many `seconds` it will be."""
    return status == 429 or (status >= 500 and "Retry-After" in headers and bool(seconds))

"""Requests over the wire: sessions, redirects, and bounds on the time and the size of an answer."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from worksupport import __version__
from worksupport.clock import Clock
from worksupport.errors import WorksupportError
from worksupport.network.addresses import host, is_loopback, redirected, same_origin
from worksupport.network.auth import Credentials
from worksupport.network.causes import no_response
from worksupport.network.in_flight import Exchange, InFlight, WatchedAdapter
from worksupport.network.responses import (
    MisdirectedError,
    OversizedError,
    Response,
    TransientError,
)
from worksupport.text import visible

_LONGEST_CONNECT_SECONDS = 10.0
# The read time-out counts from byte to byte; this many times it is the bound on a whole exchange.
_EXCHANGE_FACTOR = 2
# A hundred issues with long descriptions are some megabytes.
_LARGEST_BODY = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_REDIRECTS = 5
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Call:
    """One request as a client wants it: `url` is absolute; `params` and `json` as requests takes them."""

    method: str
    url: str
    params: Mapping[str, str | int] | None = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)


# Told an answer's status and headers as soon as they are here: its body can take its time, or break off.
AtHead = Callable[[int, Mapping[str, str]], None]


class _Session(requests.Session):
    def get_redirect_target(self, _response: requests.Response) -> None:
        """Redirects are ours to follow: requests would read their body, however long, to prepare the next."""


class RequestAbandonedError(WorksupportError):
    """The run has given this service up; what a thread still wanted of it no longer matters."""


class Transport:
    """Sends requests to one service, from any thread."""

    def __init__(
        self,
        service: str,
        credentials: Credentials,
        *,
        headers: Mapping[str, str],
        clock: Clock,
        timeout_seconds: float,
        at_head: AtHead,
    ) -> None:
        self._service = service
        self._credentials = credentials
        self._headers = {"Accept-Encoding": "gzip", "User-Agent": f"worksupport/{__version__}", **headers}
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._at_head = at_head
        self._in_flight = InFlight()
        self._is_ended = False
        self._own = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []

    def send(self, call: Call) -> Response:
        """The answer to one request, redirects followed where they stay with this service.

        Raises TransientError, MisdirectedError for a redirect elsewhere, UnreachableError for a certificate
        that cannot be trusted, ConfigurationError for what cannot be sent at all.
        """
        for _ in range(_REDIRECTS):
            response = self._exchange(call)
            location = response.headers.get("Location")
            if response.status not in _REDIRECT_STATUSES or location is None:
                return response
            call = _redirected_call(call, location)
        raise MisdirectedError(f"more than {_REDIRECTS} redirects")

    def cut_all(self) -> None:
        """End all requests under way, from any thread, and let no further one out."""
        self._is_ended = True
        self._in_flight.cut_all()

    def refuse_ended(self) -> None:
        """Raise RequestAbandonedError once the run has given the service up."""
        if self._is_ended:
            raise RequestAbandonedError(f"{self._service} is not asked any more")

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()
        self._own = threading.local()

    def _exchange(self, call: Call) -> Response:
        longest = _EXCHANGE_FACTOR * self._timeout_seconds
        with self._in_flight.exchange(longest) as exchange:
            try:
                response = self._receive(call)
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                self._refuse_cut(exchange, longest)
                fault = no_response(error, self._service, call.url)
                raise fault from (None if self._credentials.is_address else error)
            finally:
                if self._is_ended:  # the pools may be closed already
                    self.close()
            self._refuse_cut(exchange, longest)
        return response

    def _refuse_cut(self, exchange: Exchange, longest: float) -> None:
        """An answer that was cut off can look complete, where its end is the end of the connection."""
        self._clock.check()
        self.refuse_ended()
        if exchange.is_cut:
            raise TransientError(f"no whole answer within {longest:.0f} s")

    def _receive(self, call: Call) -> Response:
        response = self._session().request(
            call.method,
            call.url,
            params=call.params,
            json=call.json,
            timeout=(min(_LONGEST_CONNECT_SECONDS, self._timeout_seconds), self._timeout_seconds),
            proxies=_no_proxies(call.url),
            allow_redirects=False,
            stream=True,
        )
        with response:
            self._at_head(response.status_code, response.headers)
            return Response(call.method, call.url, response.status_code, response.headers, _body(response))

    def _session(self) -> requests.Session:
        """This thread's session: requests does not promise that threads can share one."""
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = self._new_session()
            with self._lock:
                self._sessions.append(session)
        return session

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.auth = self._credentials
        session.headers.update(self._headers)
        session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            session.mount(scheme, WatchedAdapter(max_retries=0))
        return session


def _no_proxies(url: str) -> dict[str, str] | None:
    """The environment's proxies cannot reach this machine's own addresses; all else it says holds there."""
    return {"no_proxy": urlsplit(url).hostname or ""} if is_loopback(url) else None


def _redirected_call(call: Call, location: str) -> Call:
    """The call that follows a redirect; credentials and bodies go nowhere else."""
    target = redirected(call.url, location)
    if call.method != "GET" or not same_origin(target, call.url):
        raise MisdirectedError(f"a redirect to {visible(host(target)) or 'nowhere'}, which we do not follow")
    return Call("GET", target)


def _body(response: requests.Response) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > _LARGEST_BODY:
            raise OversizedError(f"an answer of more than {_LARGEST_BODY // 1024 // 1024} MB")
        chunks.append(chunk)
    return b"".join(chunks)

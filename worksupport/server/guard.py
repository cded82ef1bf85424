"""Whom `serve` answers: how often one address may ask, from which pages, and with which token."""

import base64
import hmac
import math
import re
import threading
from collections import OrderedDict
from urllib.parse import SplitResult, urlsplit

from worksupport.clock import Clock
from worksupport.server.address import is_loopback
from worksupport.server.exchange import HEALTH, RefusedError, Request

_HOST = re.compile(r"[A-Za-z0-9._~%:\[\]-]*")
# More addresses than this are not remembered: those that asked longest ago start anew.
_MAX_ADDRESSES = 4096
_BASIC = 'Basic realm="worksupport", charset="UTF-8"'
_WANTED = (
    "this server wants the header Authorization: Bearer TOKEN, or from a browser any name with the token as"
    " the password"
)


class RateLimit:
    """At most `per_minute` requests from each address, all at once or spread: a bucket that fills evenly."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        """`per_minute` 0 turns it off."""
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # (requests left, at)

    def seconds_to_wait(self, address: str) -> int:
        """0, and the request counts; or the whole seconds after which there is room for one again."""
        if not self._per_minute:
            return 0
        with self._lock:
            now = self._clock.monotonic()
            left, at = self._buckets.pop(address, (float(self._per_minute), now))
            left = min(self._per_minute, left + (now - at) * self._per_minute / 60)
            allowed = left >= 1
            self._buckets[address] = (left - allowed, now)
            if len(self._buckets) > _MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) * 60 / self._per_minute))


class Guard:
    """Lets a request pass, or raises RefusedError with 400, 401, 403 or 429."""

    def __init__(
        self,
        token: str | None,
        rate_limit: RateLimit,
        own_names: frozenset[str] | None,
        public_url: str | None = None,
    ) -> None:
        """`own_names`: on loopback, the names beside loopback's own by which we may be addressed; else None.

        A page of the internet can let its own name point to 127.0.0.1 and then read what is there; it
        cannot change the Host header that tells its name, but it does not know a token either.
        `public_url`: that of the proxy in front of us, which may pass the Host header on, or its own.
        """
        self._token = token
        self._rate_limit = rate_limit
        public_name = _split(public_url or "").hostname
        self._own_names = own_names and own_names | ({public_name} if public_name else set())
        self._is_behind_proxy = public_name is not None
        self._public_origin = public_url

    def check(self, request: Request) -> bool:
        """Refuse what may not pass; the rate comes first, so that tokens cannot be tried out quickly.

        Whether all may be told: False for /health without the token, which monitors ask.
        """
        seconds = self._rate_limit.seconds_to_wait(self._asker(request))
        if seconds:
            raise RefusedError(
                429, f"too many requests; try again in {seconds} s", {"Retry-After": str(seconds)}
            )
        self._check_host(request)
        self._check_origin(request)
        # A webhook's signature is its credential.
        if request.delivery is not None or self.has_token(request):
            return True
        if request.path == HEALTH and request.method == "GET":
            return False
        raise RefusedError(401, _WANTED, {"WWW-Authenticate": _BASIC if _is_browser(request) else "Bearer"})

    def _asker(self, request: Request) -> str:
        """Whose requests are counted: behind a proxy, which speaks for a whole team, the last it names."""
        passed_on = request.headers.get_all("X-Forwarded-For", []) if self._is_behind_proxy else []
        return passed_on[-1].rpartition(",")[2].strip() if passed_on else request.address

    def _check_host(self, request: Request) -> None:
        hosts = request.headers.get_all("Host", [])
        if len(hosts) > 1 or (not hosts and request.version != "HTTP/1.0"):
            raise RefusedError(400, "a request needs one Host header")
        if not all(_HOST.fullmatch(host) for host in hosts):
            raise RefusedError(400, "the Host header is malformed")
        named = [f"//{host}" for host in hosts]
        if "://" in request.target.partition("?")[0]:
            named.append(request.target)
        if self._own_names is None or self._token is not None:
            return
        if not all(self._is_own(_split(url).hostname) for url in named):
            raise RefusedError(
                403,
                "this server answers to localhost only, and the Host header names another; behind a proxy set"
                " serve.public_url to the address that people use, or serve.token",
            )

    def _is_own(self, name: str | None) -> bool:
        assert self._own_names is not None
        plain = (name or "").rstrip(".")
        return plain == "localhost" or plain in self._own_names or is_loopback(plain)

    def _check_origin(self, request: Request) -> None:
        site = request.headers.get("Sec-Fetch-Site", "none").strip().casefold()
        if site not in ("none", "same-origin") and not _follows_a_link(request):
            raise RefusedError(403, "requests from pages of other sites are refused")
        host = request.headers.get("Host", "")
        for origin in request.headers.get_all("Origin", []):
            is_own = _split(origin).netloc.casefold() == host.casefold()
            if not is_own and origin.casefold() != self._public_origin:
                raise RefusedError(403, "requests from pages of other origins are refused")

    def has_token(self, request: Request) -> bool:
        """Whether a request has shown the token, or none is needed."""
        if self._token is None:
            return True
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        # http.server reads headers as Latin-1, whatever bytes they were.
        given = sent.strip().encode("latin-1", "replace")
        if scheme.casefold() == "basic":
            # Browsers send it along with whatever a page of another site lets them ask.
            given = _password(given) if request.method == "GET" else b""
        elif scheme.casefold() != "bearer":
            given = b""
        return hmac.compare_digest(given, self._token.encode("utf-8"))


def wants_page(request: Request) -> bool:
    """Whether who asks looks at pages: then refusals are pages, too."""
    path = request.target.partition("?")[0]
    return _is_browser(request) and not path.startswith("/api/") and path not in (HEALTH, "/openapi.json")


def _is_browser(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "").casefold()


def _follows_a_link(request: Request) -> bool:
    """A page of another site may lead to one of ours, which it cannot read or hold in a frame."""
    fetch = {name: request.headers.get(f"Sec-Fetch-{name}", "").strip() for name in ("Mode", "Dest")}
    return request.method == "GET" and fetch == {"Mode": "navigate", "Dest": "document"}


def _password(given: bytes) -> bytes:
    """That of RFC 7617; the name before it is anybody's."""
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except ValueError:
        return b""


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")

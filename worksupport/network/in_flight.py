"""Requests on their way, which can be cut off: a read time-out alone does not end an answer that drips.

Each connection tells the exchange of its thread which socket it uses; shutting that socket down ends
whatever the thread waits for.
"""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_of_thread = threading.local()


class Exchange:
    """One request and its answer."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.is_cut = False

    def cut(self) -> None:
        """End it now, from any thread: whoever waits for its bytes gets none."""
        self.is_cut = True
        if self.socket is not None:
            # The plain socket's own method: that of a TLS socket would drop its state under the reader.
            with suppress(OSError):
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def close_if_cut(self) -> None:
        """In the thread of the exchange, at its end: a connection that was cut goes back to no pool."""
        if self.is_cut and self.socket is not None:
            with suppress(OSError):
                self.socket.close()


class InFlight:
    """The exchanges of one service that are under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: set[Exchange] = set()

    @contextmanager
    def exchange(self, longest_seconds: float) -> Iterator[Exchange]:
        """While inside, this thread's request belongs to the exchange; it is cut after that many seconds."""
        exchange = _of_thread.exchange = Exchange()
        timer = threading.Timer(longest_seconds, exchange.cut)
        timer.daemon = True
        with self._lock:
            self._exchanges.add(exchange)
        timer.start()
        try:
            yield exchange
        finally:
            timer.cancel()
            with self._lock:
                self._exchanges.discard(exchange)
            exchange.close_if_cut()

    def cut_all(self) -> None:
        """End every exchange now."""
        with self._lock:
            exchanges = list(self._exchanges)
        for exchange in exchanges:
            exchange.cut()


class WatchedAdapter(HTTPAdapter):
    """A requests adapter whose connections tell the exchange of their thread about their socket."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Called by requests, for addresses reached directly."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Called by requests, for addresses behind a proxy."""
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def _tell(connection: HTTPConnection) -> None:
    exchange: Exchange | None = getattr(_of_thread, "exchange", None)
    if exchange is not None:
        exchange.socket = connection.sock


class _FinalResponse(http.client.HTTPResponse):
    """An answer behind any number of interim ones (RFC 9110, 15.2), such as 103 Early Hints."""

    def _read_status(self) -> tuple[str, int, str]:
        # http.client passes over 100 alone.
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 102 <= status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)


class _Connection(HTTPConnection):
    response_class = _FinalResponse

    def connect(self) -> None:
        super().connect()
        _tell(self)

    def request(self, *arguments: Any, **options: Any) -> None:
        _tell(self)  # a connection that is used again does not connect again
        super().request(*arguments, **options)


class _TLSConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}

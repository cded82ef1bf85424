"""The listening socket: a bounded number of connections, each in a thread; an orderly end."""

import logging
import math
import socket
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from worksupport.clock import Clock
from worksupport.config.settings import ServeSettings
from worksupport.errors import ConfigurationError
from worksupport.model.names import DEFAULT_FULL_EVERY_HOURS
from worksupport.render.page import origin
from worksupport.server.address import Address
from worksupport.server.app import Application
from worksupport.server.bell import Bell
from worksupport.server.cache import Answers
from worksupport.server.connection import Connection
from worksupport.server.exchange import RefusedError
from worksupport.server.guard import Guard, RateLimit
from worksupport.server.pages import Pages
from worksupport.server.reloads import Reloads
from worksupport.server.routes import Routes
from worksupport.server.wire import Limits, turn_away
from worksupport.store import lock

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.1  # how soon the accepting thread notices the end
_OVERLOADED = RefusedError(
    503, "too many connections; try again", {"Retry-After": "1", "Connection": "close"}
)


class Server(ThreadingMixIn, TCPServer):
    """Answers with `application` until it is stopped."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False  # `stop` waits for the threads, with an end
    request_queue_size = 512

    def __init__(
        self, address: Address, application: Application, clock: Clock, limits: Limits | None = None
    ) -> None:
        """Begin to listen; `clock` measures the clients' time. Raises ConfigurationError."""
        self.address_family = address.family
        self.application = application
        self.clock = clock
        self.limits = limits or Limits()
        self.is_stopping = False
        # Since when each waits for its client, which says nothing or takes nothing; None: it is answered.
        self._open: dict[socket.socket, float | None] = {}
        self._changed = threading.Condition()
        try:
            super().__init__((address.host, address.port), partial(Connection, self))
        except (OSError, OverflowError) as error:
            raise ConfigurationError(
                f"cannot listen on {address.url}: {getattr(error, 'strerror', None) or error}",
                "name another place with --host and --port; --port 0 takes any free port",
            ) from error

    @property
    def port(self) -> int:
        """The port listened on, also where any was asked for."""
        return int(self.socket.getsockname()[1])

    @property
    def is_crowded(self) -> bool:
        """Whether connections should end after their answer, to make room."""
        return len(self._open) > self.limits.connections // 2

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """Take connections while inside, in a thread."""
        thread = threading.Thread(
            target=self.serve_forever, args=(_POLL_SECONDS,), name="accept", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self.is_stopping = True
            self.shutdown()
            self.server_close()
            thread.join()

    def finish(self, seconds: float) -> bool:
        """After `accepting`: let the answers that are under way end; False if some have not in time."""
        with self._changed:
            for connection in self._open:
                _hear_no_more(connection)
            return self._changed.wait_for(lambda: not self._open, seconds)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread, or the answer 503 if there are too many."""
        with self._changed:
            has_room = len(self._open) < self.limits.connections or self._makes_room()
            if has_room:
                self._open[request] = self.clock.monotonic()
        if has_room:
            super().process_request(request, client_address)
        else:
            turn_away(request, _OVERLOADED.answer)
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection; only then is there room for another."""
        super().shutdown_request(request)
        with self._changed:
            self._open.pop(request, None)
            self._changed.notify_all()

    @contextmanager
    def waiting(self, request: socket.socket) -> Iterator[None]:
        """While inside, the connection waits for its client, and may have to make room for another."""
        self._note(request, self.clock.monotonic())
        try:
            yield
        finally:
            self._note(request, None)

    def _note(self, request: socket.socket, since: float | None) -> None:
        with self._changed:
            if request in self._open:
                self._open[request] = since

    def _makes_room(self) -> bool:
        """End the connection that has waited longest for its client; False if none has for long enough."""
        waiting = [(since, each) for each, since in self._open.items() if since is not None]
        since, slowest = min(waiting, key=itemgetter(0), default=(math.inf, None))
        if slowest is None or self.clock.monotonic() - since < self.limits.crowded_seconds:
            return False
        del self._open[slowest]
        _end_now(slowest)
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is nothing to tell; a bug is."""
        if not isinstance(sys.exception(), OSError):
            logger.error("internal error: %s", traceback.format_exc())


def _end_now(connection: socket.socket) -> None:
    """Its thread finds the end where it waits for bytes, or for room to send some."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _hear_no_more(connection: socket.socket) -> None:
    """A client that says nothing now is not waited for; one that is being answered is answered."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


def build_server(
    database: Path,
    settings: ServeSettings,
    address: Address,
    clock: Clock,
    *,
    reloads: Reloads | str,
    bell: Bell | None = None,
    interval: timedelta,
    full_every: timedelta = timedelta(hours=DEFAULT_FULL_EVERY_HOURS),
    limits: Limits | None = None,
    services: Sequence[str] = (),
) -> Server:
    """A server that listens on `address`, whatever `settings` has for host and port.

    `reloads`: what starts them, or the sentence that says why nothing can. `bell`: what webhooks ring.
    `services`: the addresses to which pages may link.
    `interval`: between harvests, `full_every`: between those that ask for everything.
    Raises ConfigurationError if the address cannot be used, or others can reach it and there is no token.
    """
    if not address.is_loopback and settings.token is None:
        raise ConfigurationError(
            f"serve.token must be set to listen on {address.host}, which others can reach",
            "set WORKSUPPORT_SERVE_TOKEN, or listen on 127.0.0.1",
        )
    own_names = frozenset({settings.host.casefold()}) if address.is_loopback else None
    rate_limit = RateLimit(settings.rate_limit_per_minute, clock)
    guard = Guard(settings.token, rate_limit, own_names, settings.public_url)
    answers = Answers(database, clock=clock, is_changing=partial(lock.is_held, database))
    routes = Routes(database, answers, reloads, interval, full_every, clock, bell)
    pages = Pages(database, answers, clock, frozenset(map(origin, services)))
    return Server(address, Application(guard, routes, pages, settings), clock, limits)

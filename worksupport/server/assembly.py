"""A server put together from what the configuration says."""

from datetime import timedelta
from pathlib import Path

from worksupport.clock import Clock
from worksupport.config.settings import ServeSettings
from worksupport.errors import ConfigurationError
from worksupport.server.address import Address
from worksupport.server.answers import Answers
from worksupport.server.application import Application
from worksupport.server.guard import Guard
from worksupport.server.limits import Limits
from worksupport.server.listening import Server
from worksupport.server.rate_limit import RateLimit
from worksupport.server.reloads import Reloads
from worksupport.server.routes import Routes


def build_server(
    database: Path,
    settings: ServeSettings,
    address: Address,
    clock: Clock,
    *,
    reloads: Reloads | str,
    interval: timedelta,
    limits: Limits | None = None,
) -> Server:
    """A server that listens on `address`, whatever `settings` has for host and port.

    `reloads`: what starts them, or the sentence that says why nothing can. `interval`: between harvests.
    Raises ConfigurationError if the address cannot be used, or others can reach it and there is no token.
    """
    if not address.is_loopback and settings.token is None:
        raise ConfigurationError(
            f"serve.token must be set to listen on {address.host}, which others can reach",
            "set WORKSUPPORT_SERVE_TOKEN, or listen on 127.0.0.1",
        )
    own_names = frozenset({settings.host.casefold()}) if address.is_loopback else None
    guard = Guard(settings.token, RateLimit(settings.rate_limit_per_minute, clock), own_names)
    routes = Routes(database, Answers(database), reloads, interval, clock)
    return Server(address, Application(guard, routes), clock, limits)

"""`worksupport serve`: the queries as JSON over HTTP."""

import logging
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from worksupport.context import Context
from worksupport.errors import ConfigurationError, InterruptedRunError

if TYPE_CHECKING:
    from worksupport.config.settings import ServeSettings
    from worksupport.server.listening import Address, Server
    from worksupport.server.reloads import Reloads

logger = logging.getLogger(__name__)

# Together less than the 10 seconds after which a service manager would lose its patience.
_RELOAD_SECONDS = 6.0
_ANSWERS_SECONDS = 3.0
_NO_RELOAD = "no reload can be started here: the configuration allows no run; the server's log says why"


def serve(
    context: Context,
    host: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where to listen.  [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="PORT", help="0: any free one.  [default: 8000]")
    ] = None,
) -> None:
    """Answer the questions of keys, tree and history as JSON over HTTP, until Ctrl-C or SIGTERM.

    /openapi.json describes the addresses. Anywhere but on loopback, serve.token must be set.

    \b
    worksupport serve --port 8080
    curl -s 'http://127.0.0.1:8080/api/issues/keys?assignee=Anna%20Berg'
    """
    from worksupport.server.listening import resolve

    settings, reloads = _prepared(context)
    address = resolve(settings.host if host is None else host, settings.port if port is None else port)
    server = _server(context, settings, reloads, address, own_name=host or settings.host)
    with context.clock.stop_on_signals():
        with server.accepting():
            print(f"listening on {_url(address, server.port)}", file=sys.stderr, flush=True)
            if reloads:
                reloads.recover()
            _wait_for_stop(context)
        _end(server, reloads)


def _prepared(context: Context) -> "tuple[ServeSettings, Reloads | None]":
    """The settings, and what starts reloads: None where the configuration allows none but data is there."""
    from worksupport.config.serving import load_serve_settings
    from worksupport.queries.reader import answer, data_version
    from worksupport.server.reloads import Reloads

    try:
        return context.settings.serve, Reloads(context.settings)
    except ConfigurationError as error:
        settings = load_serve_settings(context.options.config, context.environment)
        answer(context.database_path, data_version)
        logger.warning("reads only: %s", error.message)
        return settings, None


def _server(
    context: Context,
    settings: "ServeSettings",
    reloads: "Reloads | None",
    address: "Address",
    own_name: str,
) -> "Server":
    from worksupport.server.answers import Answers
    from worksupport.server.application import Application
    from worksupport.server.guard import Guard, is_loopback
    from worksupport.server.listening import Server
    from worksupport.server.rate_limit import RateLimit
    from worksupport.server.routes import Routes

    local = is_loopback(address.host)
    if not local and settings.token is None:
        raise ConfigurationError(
            f"serve.token must be set to listen on {own_name!r}, which others can reach",
            "set WORKSUPPORT_SERVE_TOKEN, or listen on 127.0.0.1",
        )
    rate_limit = RateLimit(settings.rate_limit_per_minute, context.clock)
    guard = Guard(settings.token, rate_limit, frozenset({own_name.casefold()}) if local else None)
    hours = context.settings.interval_hours if reloads else _default_interval_hours()
    database = context.database_path
    routes = Routes(database, Answers(database), reloads or _NO_RELOAD, timedelta(hours=hours), context.clock)
    return Server(address, Application(guard, routes), context.clock)


def _default_interval_hours() -> float:
    from worksupport.config.settings import Settings

    return Settings.interval_hours


def _url(address: "Address", port: int) -> str:
    from dataclasses import replace

    return replace(address, port=port).url


def _wait_for_stop(context: Context) -> None:
    try:
        while True:
            context.clock.sleep(3600)
    except InterruptedRunError:
        logger.info("asked to end: answers and a running reload are finished first")


def _end(server: "Server", reloads: "Reloads | None") -> None:
    # Answers go out meanwhile; one that waits for a reload to begin is released by the end of that.
    if reloads and not reloads.stop(_RELOAD_SECONDS):
        logger.warning("a reload did not end in time; the next run repairs what it left")
    if not server.finish(_ANSWERS_SECONDS):
        logger.warning("an answer was broken off")

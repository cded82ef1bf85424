"""`worksupport serve`: the queries as JSON over HTTP."""

import logging
import os
import sys
import threading
from dataclasses import replace
from datetime import timedelta

from worksupport.config.load import load_serve_settings
from worksupport.config.settings import ServeSettings, Settings
from worksupport.context import Context
from worksupport.errors import ConfigurationError, ExitCode, InterruptedRunError
from worksupport.queries.reader import answer, data_version
from worksupport.server.address import Address, resolve
from worksupport.server.bell import Bell
from worksupport.server.listening import Server, build_server
from worksupport.server.log_writer import unhurried_log
from worksupport.server.reloads import Reloads

logger = logging.getLogger(__name__)

# Together less than the 10 seconds after which a service manager would kill it.
_RELOAD_SECONDS = 6.0
_ANSWERS_SECONDS = 2.0
_LAST_SECONDS = 9.3
# The kernel may give a signal to any thread; Python handles it in the main one, and only when that wakes.
_LOOK_SECONDS = 0.5
_NO_RELOAD = "no reload can be started here: the configuration allows no run; the server's log says why"


def serve(context: Context, *, host: str | None, port: int | None) -> None:
    """Answer until a signal comes."""
    settings, reloads = _prepared(context)
    settings = replace(
        settings, host=settings.host if host is None else host, port=settings.port if port is None else port
    )
    address = resolve(settings.host, settings.port)
    bell = Bell(reloads.harvest, context.clock) if reloads and settings.webhook_secrets else None
    server = _server(context, settings, address, reloads, bell)
    with unhurried_log(), context.clock.stop_on_signals():
        with server.accepting():
            print(f"listening on {replace(address, port=server.port).url}", file=sys.stderr, flush=True)
            if reloads:
                reloads.recover()
            if bell:
                bell.start()
            _wait_for_stop(context)
            last = _end_at_last()
        if bell:
            bell.stop()
        _end(server, reloads)
    last.cancel()


def _prepared(context: Context) -> tuple[ServeSettings, Reloads | None]:
    """The settings, and what starts reloads: None where the configuration allows none but data is there."""
    try:
        return context.settings.serve, Reloads(context.settings)
    except ConfigurationError as error:
        settings = load_serve_settings(context.options.config, context.environment)
        answer(context.database_path, data_version)
        logger.warning("reads only: %s", error.message)
        return settings, None


def _server(
    context: Context,
    settings: ServeSettings,
    address: Address,
    reloads: Reloads | None,
    bell: Bell | None,
) -> Server:
    hours = context.settings.interval_hours if reloads else Settings.interval_hours
    return build_server(
        context.database_path,
        settings,
        address,
        context.clock,
        reloads=reloads or _NO_RELOAD,
        bell=bell,
        services=context.settings.services if reloads else (),
        interval=timedelta(hours=hours),
        full_every=timedelta(
            hours=context.settings.full_every_hours if reloads else Settings.full_every_hours
        ),
    )


def _wait_for_stop(context: Context) -> None:
    try:
        while True:
            context.clock.sleep(_LOOK_SECONDS)
    except InterruptedRunError:
        logger.info("asked to end: answers and a running reload are finished first")


def _end_at_last() -> threading.Timer:
    """The end of the process, whatever hangs then, such as a write to a disk that is gone."""
    last = threading.Timer(_LAST_SECONDS, os._exit, [ExitCode.FAILED])
    last.daemon = True
    last.start()
    return last


def _end(server: Server, reloads: Reloads | None) -> None:
    # Answers go out meanwhile; one that waits for a reload to begin is released by the end of that.
    if reloads and not reloads.stop(_RELOAD_SECONDS):
        logger.warning("a reload did not end in time; the next run repairs what it left")
    if not server.finish(_ANSWERS_SECONDS):
        logger.warning("an answer was broken off")

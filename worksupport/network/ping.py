"""One call to a monitoring service in the manner of healthchecks.io; it never stops or holds up a run."""

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests
from requests import PreparedRequest
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from worksupport import __version__
from worksupport.clock import Clock
from worksupport.errors import InterruptedRunError
from worksupport.network.causes import no_response

TIMEOUT_SECONDS = 10.0
# A run that was asked to end is to be gone within two seconds.
_TIMEOUT_WHEN_STOPPED_SECONDS = 1.0
_STEP_SECONDS = 0.1
_SERVICE, _PLACE = "the monitoring service", "monitor.ping_url"


def ping(url: str, signal: str, run_id: str | None, clock: Clock) -> str:
    """Send `signal` ("start", an exit code, "" for success); returns what went wrong, '' for nothing.

    At most ten seconds pass, one if a stop was requested. The address is a secret: it is in no answer. A run
    id of hexadecimal digits goes along as a UUID (`rid`), so that start and end are measured together.
    """
    answers: SimpleQueue[str] = SimpleQueue()
    # In a thread of its own, because nothing else bounds a name look-up or an answer that drips.
    arguments = (_address(url, signal, run_id), answers)
    threading.Thread(target=_send, args=arguments, name="ping", daemon=True).start()
    waited = 0.0
    while waited < _timeout(clock):
        with suppress(Empty):
            return answers.get(timeout=_STEP_SECONDS)
        waited += _STEP_SECONDS
    return f"no answer after {waited:.0f} s"


def _address(url: str, signal: str, run_id: str | None) -> str:
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{signal}" if signal else parts.path
    rid = urlencode({"rid": _uuid(run_id)}) if run_id else ""
    return urlunsplit(parts._replace(path=path, query="&".join(filter(None, (parts.query, rid)))))


def _uuid(run_id: str) -> str:
    """The run id as a UUID that begins with it."""
    digits = run_id.ljust(32, "0")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _timeout(clock: Clock) -> float:
    try:
        clock.check()
    except InterruptedRunError:
        return _TIMEOUT_WHEN_STOPPED_SECONDS
    return TIMEOUT_SECONDS


def _send(address: str, answers: "SimpleQueue[str]") -> None:
    try:
        with _get(address) as response:
            answers.put("" if response.status_code < 400 else f"it answered {response.status_code}")
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        answers.put(str(no_response(error, _SERVICE, _PLACE)))


def _get(address: str) -> requests.Response:
    return requests.get(
        address,
        timeout=TIMEOUT_SECONDS,
        auth=_Nobody(),
        headers={"User-Agent": f"worksupport/{__version__}"},
        stream=True,
    )


class _Nobody(AuthBase):
    """No credentials: without this requests sends those that `~/.netrc` has for the host."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Called by requests."""
        return request

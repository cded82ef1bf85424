"""What the HTTP library raises, as words: the original texts can hold a proxy's password or a whole query."""

import ssl
from collections.abc import Iterator

import requests
from urllib3 import exceptions as urllib3_errors

from worksupport.clients.retries import PassingTrouble
from worksupport.errors import ConfigurationError, UnreachableError, WorksupportError
from worksupport.text import visible

# The first that is found in the chain of causes says what happened.
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (urllib3_errors.NameResolutionError, "the host's name cannot be resolved (DNS)"),
    (requests.exceptions.ProxyError, "the proxy named by the environment cannot be reached or refuses us"),
    (ssl.SSLError, "the TLS connection failed"),
    (requests.exceptions.SSLError, "the TLS connection failed"),
    (ConnectionRefusedError, "the connection was refused"),
    (requests.exceptions.ConnectTimeout, "no connection within the time-out"),
    (requests.exceptions.ReadTimeout, "no answer within http.timeout_seconds"),
    (urllib3_errors.ReadTimeoutError, "no answer within http.timeout_seconds"),
    (requests.exceptions.ContentDecodingError, "the answer's compression is broken"),
    (requests.exceptions.ChunkedEncodingError, "the answer broke off"),
    (ConnectionError, "the connection broke off"),
    (urllib3_errors.ProtocolError, "the connection broke off"),
)
_NEVER_SENT = (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, ValueError)


def translated(error: Exception, service: str, address: str) -> PassingTrouble | WorksupportError:
    """The error to raise in place of one of requests', urllib3's or the system's."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UnreachableError(
                f"{service} at {address} has a TLS certificate that we cannot trust: {cause.verify_message}",
                "if a proxy of your company answers instead, name its certificates in REQUESTS_CA_BUNDLE",
            )
    for kind, said in _WORDS:
        if any(isinstance(cause, kind) for cause in causes):
            return PassingTrouble(said)
    if isinstance(error, _NEVER_SENT):
        return ConfigurationError(f"{service}: nothing can be sent to {address}: {type(error).__name__}")
    if not isinstance(error, requests.RequestException):
        # requests' own words about a certificate file of the environment that is not there
        return ConfigurationError(f"{service}: nothing can be sent to {address}: {visible(str(error))}")
    return PassingTrouble(f"the connection failed ({type(error).__name__})")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it; urllib3 hides causes in `reason` and in arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]

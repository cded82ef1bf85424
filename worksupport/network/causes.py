"""No answer came: what the HTTP library raised, in words, and whether asking again can help.

Its own texts are never shown, for they can hold a proxy's password or a whole query.
"""

import os
import re
import ssl
from collections.abc import Iterator
from http import HTTPStatus

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3 import exceptions as urllib3_errors

from worksupport.errors import ConfigurationError, UnreachableError, WorksupportError
from worksupport.network.addresses import host, is_loopback, shown
from worksupport.network.responses import MisdirectedError, TransientError, UnreachedError
from worksupport.text import visible

Fault = TransientError | MisdirectedError | WorksupportError
# The first that is found in the chain of causes says what happened.
_UNREACHED: tuple[tuple[type[BaseException], str], ...] = (
    (urllib3_errors.NameResolutionError, "the host's name cannot be resolved (DNS)"),
    (ConnectionRefusedError, "the connection was refused"),
    (requests.exceptions.ConnectTimeout, "no connection within the time-out"),
    (requests.exceptions.ProxyError, "the proxy refuses us or does not answer"),
)
_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLError, "the TLS connection failed"),
    (requests.exceptions.SSLError, "the TLS connection failed"),
    (requests.exceptions.ReadTimeout, "no answer within http.timeout_seconds"),
    (urllib3_errors.ReadTimeoutError, "no answer within http.timeout_seconds"),
    (requests.exceptions.ContentDecodingError, "the answer's compression is broken"),
    (requests.exceptions.ChunkedEncodingError, "the answer broke off"),
    (urllib3_errors.InvalidHeader, "an answer whose headers contradict each other"),
    (ConnectionError, "the connection broke off"),
    (urllib3_errors.ProtocolError, "the connection broke off"),
)
_NEVER_SENT = (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, ValueError)
_UNUSABLE_PROXY = (
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    urllib3_errors.LocationParseError,
)
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# OpenSSL's numbers (x509_vfy.h): not yet valid, expired; another host, another address.
_WRONG_TIME, _WRONG_NAME = {9, 10}, {62, 64}
_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
_OLD_TLS = {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"}
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")


def no_response(error: Exception, service: str, url: str) -> Fault:
    """The error to raise in place of one of requests', urllib3's or the system's, for a request to `url`."""
    causes, proxy = list(_chain(error)), proxy_variable(url)
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and (found := _tls_fault(cause, service, url, proxy)):
            return found
        if proxy and (status := _TUNNEL.search(str(cause))):
            return _refused_by_proxy(int(status[1]), service, url, proxy)
    if said := _said(causes, _UNREACHED):
        return UnreachedError(f"the proxy that {proxy} names: {said}" if proxy else said)
    if fault := _bundle_fault():
        return ConfigurationError(
            f"{service}: nothing can be sent to {shown(url)}: {fault}",
            "name a file of PEM certificates there",
        )
    if said := _said(causes, _CAUSES):
        return TransientError(said)
    if proxy and isinstance(error, _UNUSABLE_PROXY):
        return _unusable_proxy(service, url, proxy)
    if isinstance(error, _NEVER_SENT):
        return ConfigurationError(f"{service}: nothing can be sent to {shown(url)}: {type(error).__name__}")
    return TransientError(f"the connection failed ({type(error).__name__})")


def _tls_fault(error: ssl.SSLError, service: str, url: str, proxy: str) -> Fault | None:
    """What asking again does not change, and whose it is to change; None for what may pass."""
    address, reason = f"{service} at {shown(url)}", str(getattr(error, "reason", "")).upper()
    if isinstance(error, ssl.SSLCertVerificationError):
        return UnreachableError(
            f"{address} has a TLS certificate that we cannot trust: {error.verify_message}",
            _certificate_hint(getattr(error, "verify_code", 0), service),
        )
    if reason in _NO_TLS and proxy:
        return ConfigurationError(
            f"{service}: the proxy that {proxy} names speaks no TLS", f"write it with http:// in {proxy}"
        )
    if reason in _NO_TLS:
        return MisdirectedError("what answers there speaks no TLS")
    if reason in _OLD_TLS:
        return UnreachableError(
            f"{address} speaks only a version of TLS that is no longer safe, which we refuse",
            "whoever runs it must allow TLS 1.2 or newer",
        )
    return None


def _certificate_hint(verify_code: int, service: str) -> str:
    if verify_code in _WRONG_TIME:
        return "is this machine's date right? If it is, whoever runs the service must renew the certificate"
    if verify_code in _WRONG_NAME:
        return f"is the address configured for {service} right? The certificate is for another name"
    return "if a proxy of your company answers instead, name its certificates in REQUESTS_CA_BUNDLE"


def _refused_by_proxy(status: int, service: str, url: str, proxy: str) -> TransientError | UnreachableError:
    """A proxy's own answer to the request for a tunnel."""
    try:
        said = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        said = str(status)
    if status == 407:
        return UnreachableError(
            f"{service}: the proxy that {proxy} names wants a user and a password, or others ({said})",
            f"put them into {proxy}: http://user:password@host:port",
        )
    if 400 <= status < 500:
        return UnreachableError(
            f"{service}: the proxy that {proxy} names does not let us through to {host(url)} ({said})",
            f"ask whoever runs it to allow that host; set NO_PROXY={host(url)} if it can be reached directly",
        )
    return TransientError(f"the proxy that {proxy} names does not reach {host(url)}: it answered {said}")


def _unusable_proxy(service: str, url: str, proxy: str) -> ConfigurationError:
    kind, mark, _ = os.environ.get(proxy, "").strip().casefold().partition("://")
    is_http = not mark or kind in ("http", "https")
    why = "by no address" if is_http else "of a kind that we cannot use (SOCKS needs the package PySocks)"
    advice = ", or install PySocks beside us" if kind.startswith("socks") else ""
    return ConfigurationError(
        f"{service}: nothing can be sent to {shown(url)}: {proxy} names a proxy {why}",
        f"name it as http://host:port in {proxy}, or set NO_PROXY={host(url)}{advice}",
    )


def _bundle_fault() -> str:
    """What is wrong with the certificates that the environment names; "" for nothing."""
    name = next((name for name in _BUNDLE_VARIABLES if os.environ.get(name)), "")
    path = os.environ.get(name, "")
    try:
        if path and not os.path.isdir(path):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return f"{name} names {visible(path)}, which holds no certificates"
    except OSError as error:
        return f"{name} names {visible(path)}, which cannot be read: {error.strerror}"
    return ""


def proxy_variable(url: str) -> str:
    """The environment variable whose proxy requests uses for `url`; '' if it goes there directly."""
    if is_loopback(url):
        return ""
    proxy = select_proxy(url, get_environ_proxies(url))
    scheme = url.partition(":")[0]
    names = [name for base in (scheme, "all") for name in (f"{base}_proxy", f"{base}_PROXY".upper())]
    return next((name for name in names if proxy and os.environ.get(name) == proxy), "")


def _said(causes: list[BaseException], table: tuple[tuple[type[BaseException], str], ...]) -> str:
    return next((said for kind, said in table if any(isinstance(c, kind) for c in causes)), "")


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

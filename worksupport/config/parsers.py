"""Text of a configuration value to what it means; pure. Each raises ValueError saying what was expected."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_ADDRESS = "expected an https:// address with a host name"


def text(value: str) -> str:
    """The value as it is."""
    return value


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A parser of whole numbers from `low` to `high`."""

    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit() and low <= int(value[:18]) <= high):
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(value)

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser of decimal numbers from `low` to `high`."""

    def parse(value: str) -> float:
        if not (_DECIMAL.fullmatch(value) and low <= float(value) <= high):
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return float(value)

    return parse


def number_above_zero(high: float) -> Callable[[str], float]:
    """A parser of decimal numbers above 0, at most `high`."""

    def parse(value: str) -> float:
        if not (_DECIMAL.fullmatch(value) and 0 < float(value) <= high):
            raise ValueError(f"expected a number above 0, at most {high:g}")
        return float(value)

    return parse


def host(value: str) -> str:
    """A host name or address to listen on."""
    if not value or re.search(r"[\s/]", value):
        raise ValueError("expected a host name or an IP address")
    return value


def token(value: str) -> str:
    """A token as it goes into an HTTP header: no blank, no control character, ASCII only."""
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("expected a token: ASCII without blanks or line breaks (the value is not shown)")
    return value


def base_url(value: str) -> str:
    """The root of a service: https (http only to loopback), no credentials; its last slash is dropped."""
    parts = _address(value)
    if parts.query or parts.fragment:
        raise ValueError("expected an address without ? and #")
    return value.rstrip("/")


def ping_url(value: str) -> str:
    """An address to call: https (http only to loopback), no credentials."""
    _address(value)
    return value


def _address(value: str) -> SplitResult:
    # urlsplit drops line breaks and tabs without a word.
    if re.search(r"\s", value) or not value.isprintable():
        raise ValueError(f"{_ADDRESS}, without blanks")
    try:
        parts = urlsplit(value)
        host_name, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(_ADDRESS) from None
    if parts.scheme not in ("http", "https") or not host_name:
        raise ValueError(_ADDRESS)
    if "@" in parts.netloc:
        raise ValueError("expected an address without user name and password (the value is not shown)")
    if parts.scheme == "http" and not _is_loopback(host_name):
        raise ValueError("expected https: over http to another machine everybody on the way reads the token")
    return parts


def _is_loopback(host_name: str) -> bool:
    try:
        return host_name == "localhost" or ip_address(host_name).is_loopback
    except ValueError:
        return False

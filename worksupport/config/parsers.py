"""Text of a configuration value to what it means; pure. Each raises ValueError saying what was expected."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from worksupport.config.locate import has_shell_writing, is_no_file
from worksupport.model.definitions import LINT_RULES
from worksupport.model.times import WEEKDAYS
from worksupport.text import visible

_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_ADDRESS = "expected an https:// address with a host name"
_USUAL_PORTS = {"http": 80, "https": 443}
# Of any language; people and editors pair them in every way: „a“, »a«, ”a”, 「a」.
_QUOTATION_MARKS = frozenset(
    "\"'`\u00b4\uff02\uff07\u2032\u2033«»\u2039\u203a\u2018\u2019\u201a\u201b“”„‟「」『』"
)
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019](?=\w)")
# `priority #1` is a label; a comment begins with a letter or a blank.
_COMMENT = re.compile(r"\s(#(?!\d)|//)")
# They look like the one that a keyboard has; the wide one of Japanese names does not.
_INVISIBLE_BLANKS = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
_SHORTEST_TOKEN = 8
_LOGIN = re.compile(r"[\w.-]+(\[bot\])?", re.ASCII)


def query(value: str) -> str:
    """JQL, which may begin and end with a quoted name but is not quoted as a whole."""
    if _is_quoted(value):
        raise ValueError("expected no quotation marks around the value: they would become part of it")
    return value


def plain(value: str) -> str:
    """A name, label or search qualifiers: neither quoted, nor with a comment behind."""
    query(value)
    if _COMMENT.search(value):
        raise ValueError("expected no comment behind the value: it needs a line of its own")
    if visible(value) != value or any(blank in value for blank in _INVISIBLE_BLANKS):
        raise ValueError("expected no invisible characters in the value")
    return value


def word(value: str) -> str:
    """A label of Jira, an address or an account: plain, without blanks and invisible characters."""
    plain(value)
    if re.search(r"\s", value):
        raise ValueError("expected one word without blanks or invisible characters")
    if not _QUOTATION_MARKS.isdisjoint((value[:1], value[-1:])):
        raise ValueError("expected no quotation mark at either end of the value")
    return value


def login(value: str) -> str:
    """A login of GitHub's, without the @ that people write before it."""
    name = plain(value).removeprefix("@")
    if not _LOGIN.fullmatch(name):
        raise ValueError("expected a login: letters, digits and hyphens")
    return name


def path(value: str) -> str:
    """A path; a leading ~ is the home folder."""
    plain(value)
    if has_shell_writing(value):
        raise ValueError("expected a path in full: nothing here expands what a shell does")
    if is_no_file(value):
        raise ValueError("expected the path of a file")
    return value


def words(value: str) -> tuple[str, ...]:
    """Names, separated by commas; each plain."""
    return tuple(plain(word) for each in value.split(",") if (word := each.strip()))


def weekdays(value: str) -> tuple[str, ...]:
    """Days of the week, but not all of them."""
    days = tuple(day.casefold() for day in words(value))
    if not set(days) < set(WEEKDAYS):
        raise ValueError(f"expected some of {', '.join(WEEKDAYS)}")
    return days


def lint_rules(value: str) -> tuple[str, ...]:
    """Rules of `lint`, each with or without a key behind a colon."""
    given = words(value)
    for each in given:
        if each.partition(":")[0].casefold() not in LINT_RULES:
            raise ValueError(f"{each!r} is no rule; expected some of {', '.join(LINT_RULES)}")
    return given


def yes_or_no(value: str) -> bool:
    """`true` or `false`, in any case."""
    if value.casefold() not in ("true", "false"):
        raise ValueError("expected true or false")
    return value.casefold() == "true"


def _is_quoted(value: str) -> bool:
    """As a whole: `"a" OR "b"` is not, and an apostrophe inside is no mark."""
    ends, inner = {value[:1], value[-1:]}, _APOSTROPHE.sub("", value[1:-1])
    return len(value) > 1 and ends <= _QUOTATION_MARKS and ends.isdisjoint(inner)


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
    return plain(value)


def token(value: str) -> str:
    """A token as it goes into an HTTP header: no blank, no control character, ASCII only."""
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("expected a token: ASCII without blanks or line breaks (the value is not shown)")
    return query(value)


def serve_token(value: str) -> str:
    """A token that is ours to choose: not one that is soon guessed."""
    if len(token(value)) < _SHORTEST_TOKEN:
        raise ValueError(f"expected {_SHORTEST_TOKEN} characters or more (the value is not shown)")
    return value


def base_url(value: str) -> str:
    """The root of a service: https (http only to loopback), no credentials; its last slash is dropped."""
    parts = _address(value)
    if parts.query or parts.fragment:
        raise ValueError("expected an address without ? and #")
    return value.rstrip("/")


def public_url(value: str) -> str:
    """An address at which others reach us, http or https, without path; as browsers write it."""
    parts = _parts(value)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("expected an address without path")
    try:
        name = (parts.hostname or "").encode("idna").decode()
    except UnicodeError:
        raise ValueError(_ADDRESS) from None
    port = "" if parts.port in (None, _USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://[{name}]{port}" if ":" in name else f"{parts.scheme}://{name}{port}"


def secret_url(value: str) -> str:
    """An address to call, which is a secret itself: https (http only to loopback), no credentials."""
    _address(value)
    return value


def _address(value: str) -> SplitResult:
    parts = _parts(value)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("expected https: over http to another machine everybody on the way reads the token")
    return parts


def _parts(value: str) -> SplitResult:
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
    return parts


def _is_loopback(host_name: str) -> bool:
    try:
        return host_name == "localhost" or ip_address(host_name).is_loopback
    except ValueError:
        return False


# Of these an empty value means "not given".
TEXTS = (query, plain, word, login, path, token, serve_token)

"""A service's response: its JSON, what is wrong with it, and what a failed request means.

Error bodies are in the account's language (sources/jira/README.md, "Errors"), so nothing is decided by them;
they are only passed on to people.
"""

import codecs
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from worksupport.errors import (
    ConfigurationError,
    CredentialsError,
    QueryRefusedError,
    UnreachableError,
    WorksupportError,
)
from worksupport.network.addresses import shown
from worksupport.network.auth import Credentials
from worksupport.text import visible

_LONGEST_MESSAGE = 300
# As Python's objects an answer can take twenty times its length.
_LARGE_BODY = 1024 * 1024
_one_large = threading.Lock()
_MESSAGE_MEMBERS = ("errorMessages", "message", "title", "detail", "error", "error_description")
_LINK = re.compile(r"<([^>]*)>([^<]*)")
_RELATIONS = re.compile(r""";\s*rel\s*=\s*["']?([^"';,]*)""", re.IGNORECASE)
_PAGE_BEGINNINGS = (b"<!doctype", b"<html", b"<!--", b"<head", b"<meta", b"<script")
_TITLE = re.compile(rb"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)

Document = dict[str, Any]
# Says what is wrong with a response's JSON, or ''.
Check = Callable[[Any], str]


class TransientError(Exception):
    """Asking again can help; the message says what happened, without secrets."""


class UnreachedError(TransientError):
    """Nobody answered: a name that cannot be resolved, a refused connection, a proxy that is not there."""


class OddAnswerError(TransientError):
    """No answer of this service: of another one, or a broken one."""


class OversizedError(TransientError):
    """An answer larger than any real one: read no further, for it may never end, or unpack to gigabytes."""


class TooLargeError(UnreachableError):
    """What we asked for has an answer that is too large: less may be asked for."""


class MisdirectedError(Exception):
    """A page or a redirect in place of an answer: as long as none has come, the address is wrong."""


class RateLimited(TransientError):
    """The service wants to be left alone for `seconds`; None, or nothing, if it does not say how long.

    Then it is `first` seconds, doubled each time up to `longest`; the defaults are Jira's advice
    (sources/jira/README.md, "Limits").
    """

    def __init__(
        self, reason: str, seconds: float | None, *, first: float = 2.0, longest: float = 30.0
    ) -> None:
        super().__init__(reason)
        self.seconds = seconds or 0.0
        self.first = first
        self.longest = longest


@dataclass(frozen=True)
class Response:
    """One response, its body read whole; `document` is the JSON of a good one."""

    method: str
    url: str = field(repr=False)  # as it was asked for
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False, default=b"")
    document: Any = field(repr=False, default=None)

    @property
    def address(self) -> str:
        """Scheme, host and path: what may be shown."""
        return shown(self.url)

    def link_query(self, relation: str) -> str:
        """The query of the address that the Link header has for `next` or the like; "" for none.

        The rest of it does not count: a server behind a proxy names its inner host.
        """
        for address, parameters in _LINK.findall(self.headers.get("Link", "")):
            relations = _RELATIONS.search(parameters)
            if relations and relation in relations[1].casefold().split():
                return str(address.partition("#")[0].partition("?")[2].strip())
        return ""

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; '' if none was sent."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def is_object(document: Any) -> str:
    """A check of a response's JSON: '' if it is an object, else what came in its place."""
    return "" if isinstance(document, dict) else "JSON that is not an object"


def is_list(document: Any) -> str:
    """A check of a response's JSON: '' if it is an array, else what came in its place."""
    return "" if isinstance(document, list) else "JSON that is not a list"


def checked_document(response: Response, check: Check) -> Any:
    """The JSON of a good response.

    Raises OddAnswerError saying what came in its place, MisdirectedError if that is a page for people.
    """
    with _one_large if len(response.body) > _LARGE_BODY else nullcontext():
        document = _json_document(response)
        if complaint := check(document):
            raise OddAnswerError(complaint)
        return document


def _json_document(response: Response) -> Any:
    if not response.body.strip():
        raise OddAnswerError("an empty answer")
    if is_page(response):
        raise MisdirectedError(f"{_page(response)} in place of data")
    if response.content_type and "json" not in response.content_type:
        raise OddAnswerError(f"{visible(response.content_type)} in place of JSON")
    try:
        return json.loads(response.body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise OddAnswerError("text that is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise OddAnswerError("JSON that is cut off or broken") from error


def error_text(response: Response) -> str:
    """What an error response says, on one line and not too long: `404 Not Found: No such project.`"""
    said = _message(response)
    return f"{_status(response.status)}{f': {said}' if said else ''}"


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _message(response: Response) -> str:
    if is_page(response):
        return _page(response)
    try:
        texts = list(dict.fromkeys(_texts(json.loads(response.body))))
    except (ValueError, RecursionError):
        texts = response.body[:2000].decode("utf-8", "replace").split("\n", 1)[:1]
    return _shortened(" ".join(text.strip() for text in texts if text.strip()))


def _texts(document: Any) -> Iterator[str]:
    """The messages in any of the forms that services and gateways use, the general ones first."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for item in document:
            yield from _texts(item)
    elif isinstance(document, dict):
        for name in _MESSAGE_MEMBERS:
            yield from _texts(document.get(name))
        yield from _texts(_by_field(document.get("errors")))


def _by_field(errors: Any) -> Any:
    """Jira's `errors` is an object by field, GitHub's a list of objects, or a string."""
    if isinstance(errors, dict):
        return [f"{name}: {text}" for name, text in errors.items() if isinstance(text, str)]
    return errors


def is_page(response: Response) -> bool:
    """Whether it is a web page: from a log-in or a proxy, where a service has none."""
    beginning = response.body[:200].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    return "html" in response.content_type or beginning.startswith(_PAGE_BEGINNINGS)


def _page(response: Response) -> str:
    """A web page where data should be: a log-in page, a proxy's, a load balancer's."""
    title = _TITLE.search(response.body[:10_000])
    name = _shortened(title[1].decode("utf-8", "replace")) if title else ""
    return f"a web page{f' ({name})' if name else ''} from a log-in, a proxy or a load balancer"


def _shortened(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


def refusal(
    service: str, response: Response, credentials: Credentials, address_hint: str
) -> WorksupportError:
    """What to raise for a 4xx status that asking again does not change, with its likely cause."""
    said = f"{response.address} answered {credentials.hide(error_text(response))}"
    if response.status in {401, 403}:
        return refused_credentials(service, credentials, said, response.status)
    if response.status in {404, 410}:
        return ConfigurationError(f"{service}: {said}", address_hint)
    if response.status == 407:
        return UnreachableError(f"{service}: {said}", "the proxy wants credentials: see HTTPS_PROXY")
    if response.status in {400, 413, 414, 422}:
        return QueryRefusedError(f"{service} refused a query: {said}")
    return WorksupportError(f"{service}: {said}", address_hint)


def refused_credentials(
    service: str, credentials: Credentials, said: str, status: int = 401
) -> CredentialsError:
    """The error for credentials that are wrong, expired or lack a right, naming the account."""
    verb = "does not allow this to" if status == 403 else "refused"
    return CredentialsError(f"{service} {verb} {credentials.account}: {said}", credentials.remedy)

"""A service's answer: its JSON, what is wrong with it, and an error body as words.

Vendor facts: vendor-apis section 4, "Error bodies". Texts are in the account's language, so nothing is
decided by them; they are only passed on to people.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from requests.utils import parse_header_links

from worksupport.clients.addresses import shown
from worksupport.clients.retries import PassingTrouble
from worksupport.text import visible

_LONGEST_WORDS = 300
_WORDY_MEMBERS = ("errorMessages", "message", "title", "detail", "error", "error_description")
_TITLE = re.compile(rb"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)


Document = dict[str, Any]
# Says what is wrong with an answer's JSON, or ''.
Check = Callable[[Any], str]


@dataclass(frozen=True)
class Answer:
    """One answer, its body read whole; `document` is the JSON of a good one."""

    method: str
    url: str = field(repr=False)  # with its query
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False, default=b"")
    document: Any = field(repr=False, default=None)

    @property
    def address(self) -> str:
        """Scheme, host and path: what may be shown."""
        return shown(self.url)

    @property
    def links(self) -> dict[str, str]:
        """The addresses of the Link header by their relation, such as `next`."""
        links = parse_header_links(self.headers.get("Link", ""))
        return {link["rel"]: link["url"] for link in links if "rel" in link}

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; '' if none was sent."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def is_object(document: Any) -> str:
    """A check of an answer's JSON: '' if it is an object, else what came in its place."""
    return "" if isinstance(document, dict) else "JSON that is not an object"


def is_list(document: Any) -> str:
    """A check of an answer's JSON: '' if it is an array, else what came in its place."""
    return "" if isinstance(document, list) else "JSON that is not a list"


def checked_document(answer: Answer, check: Check) -> Any:
    """The JSON of a good answer. Raises PassingTrouble saying what came in its place."""
    document = _json_document(answer)
    if complaint := check(document):
        raise PassingTrouble(complaint)
    return document


def words(answer: Answer) -> str:
    """What an error answer says, on one line and not too long: `404 Not Found: No such project.`"""
    return f"{_status(answer.status)}{f': {said}' if (said := _said(answer)) else ''}"


def _json_document(answer: Answer) -> Any:
    if not answer.body.strip():
        raise PassingTrouble("an empty answer")
    if _is_page(answer):
        raise PassingTrouble(f"{_page(answer)} in place of data")
    if answer.content_type and "json" not in answer.content_type:
        raise PassingTrouble(f"{visible(answer.content_type)} in place of JSON")
    try:
        return json.loads(answer.body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PassingTrouble("text that is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise PassingTrouble("JSON that is cut off or broken") from error


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _said(answer: Answer) -> str:
    if _is_page(answer):
        return _page(answer)
    try:
        texts = list(dict.fromkeys(_texts(json.loads(answer.body))))
    except (ValueError, RecursionError):
        texts = answer.body[:2000].decode("utf-8", "replace").split("\n", 1)[:1]
    return _shortened(" ".join(text.strip() for text in texts if text.strip()))


def _texts(document: Any) -> Iterator[str]:
    """The words in any of the forms that services and gateways use, the general ones first."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for item in document:
            yield from _texts(item)
    elif isinstance(document, dict):
        for name in _WORDY_MEMBERS:
            yield from _texts(document.get(name))
        yield from _texts(_by_field(document.get("errors")))


def _by_field(errors: Any) -> Any:
    """Jira's `errors` is an object by field, GitHub's a list of objects, or a string."""
    if isinstance(errors, dict):
        return [f"{name}: {text}" for name, text in errors.items() if isinstance(text, str)]
    return errors


def _is_page(answer: Answer) -> bool:
    beginning = answer.body[:200].lstrip().lower()
    return "html" in answer.content_type or beginning.startswith((b"<!doctype", b"<html"))


def _page(answer: Answer) -> str:
    """A web page where data should be: a log-in page, a proxy's, a load balancer's."""
    title = _TITLE.search(answer.body[:10_000])
    name = _shortened(title[1].decode("utf-8", "replace")) if title else ""
    return f"a web page{f' ({name})' if name else ''} from a log-in, a proxy or a load balancer"


def _shortened(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= _LONGEST_WORDS else line[: _LONGEST_WORDS - 1] + "…"

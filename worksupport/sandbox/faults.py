"""What can go wrong on the way: a table of faults, each one line, usable by name."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from worksupport.sandbox.changes import (
    Change,
    anonymous,
    cut,
    delivered,
    same_token,
    says,
    with_body,
    with_headers,
    with_members,
)
from worksupport.sandbox.exchange import GITHUB_ROOT, Answer, Request

Turns = Callable[[int], bool]
Applies = Callable[[Request, Answer], bool]

_LOGIN_PAGE = b"<!DOCTYPE html><html><title>Log in to continue</title><form action='/login'></form></html>"
_SSO = {"X-GitHub-SSO": "partial-results; organizations=21955855"}
_LIMITED = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def _every(nth: int) -> Turns:
    return lambda turn: turn % nth == 0


def _from(first: int) -> Turns:
    return lambda turn: turn >= first


_second = _every(2)


def _only(one: int) -> Turns:
    return lambda turn: turn == one


def _one_in_ten(turn: int) -> bool:
    return random.Random(turn * 101).random() < 0.1


def _any_search(request: Request, _answer: Answer) -> bool:
    return "/search/" in request.path and "user/search" not in request.path


def _anything(_request: Request, _answer: Answer) -> bool:
    return True


def _jira(request: Request, answer: Answer) -> bool:
    return _any_search(request, answer) and not request.path.startswith(GITHUB_ROOT)


def _github(request: Request, answer: Answer) -> bool:
    return _any_search(request, answer) and request.path.startswith(GITHUB_ROOT)


def _later_page(request: Request, answer: Answer) -> bool:
    return _jira(request, answer) and b"nextPageToken" in request.body


def _with_more(request: Request, answer: Answer) -> bool:
    return _jira(request, answer) and "nextPageToken" in (answer.document or {})


@dataclass(frozen=True)
class Fault:
    """Which answers are changed, and how; turns count from 1 the requests that the fault applies to."""

    meaning: str
    change: Change
    turns: Turns = _second
    applies: Applies = _any_search


FAULTS = {
    "429": Fault("every third search: 429, Retry-After 1 s", says(429, Retry_After="1"), _every(3)),
    "429-nonsense": Fault("Retry-After is no number", says(429, Retry_After="soon"), _every(3)),
    "429-quota": Fault("429 with half an hour to wait", says(429, Retry_After="1847"), _from(3)),
    "secondary": Fault("GitHub: 403 secondary limit", says(403, _LIMITED, Retry_After="1"), applies=_github),
    "primary": Fault("GitHub: 403, bucket empty", says(403, X_RateLimit_Remaining="0"), _only(2), _github),
    "forbidden": Fault("GitHub: 403, right missing", says(403, "Resource not accessible"), applies=_github),
    "500": Fault("every second search: 500", says(500, "Internal server error")),
    "503": Fault("every second search: 503", says(503, "Service unavailable")),
    "down": Fault("every request: 503", says(503, "Service unavailable"), _from(1), _anything),
    "flaky": Fault("one request in ten: 503", says(503, "Service unavailable"), _one_in_ten, _anything),
    "410": Fault(
        "Jira: the search is gone", says(410, "The requested API has been removed"), _from(1), _jira
    ),
    "401": Fault("from the third search: 401", says(401, "Bad credentials"), _from(3)),
    "expired": Fault("Jira, from the third search: nobody's, 200, empty", anonymous, _from(3), _jira),
    "sso": Fault("GitHub: rows of an organisation are missing", with_headers(**_SSO), _from(1), _github),
    "redirect": Fault("302 to another host", says(302, Location="http://127.0.0.2:9/login"), _from(1)),
    "login-page": Fault("every second search: a log-in page, 200", with_body(_LOGIN_PAGE, "text/html")),
    "content-type": Fault("JSON called text/html", with_headers(Content_Type="text/html"), _from(1)),
    "cut": Fault("every second search: half the JSON", cut),
    "empty": Fault("every second search: an empty body", with_body(b"")),
    "list": Fault("every second search: the JSON root is a list", with_body(b"[]")),
    "not-utf8": Fault("every second search: invalid UTF-8", with_body(b'{"issues":["\xff\xfe"]}')),
    "bad-gzip": Fault("called gzip, is not", with_headers(Content_Encoding="gzip")),
    "huge": Fault("10 MB more", with_members(lambda document: {"warnings": ["x" * 10_000_000]})),
    "reset": Fault("every second search: the connection closes", delivered("none")),
    "half": Fault("every second search: the connection breaks half-way", delivered("half")),
    "drip": Fault("from the second search: a byte every half second", delivered("drip"), _from(2)),
    "token-repeated": Fault("Jira: page two leads to page two", same_token, _from(1), _later_page),
    "token-missing": Fault(
        "Jira: isLast false, no token", with_members(lambda page: {"nextPageToken": None}), applies=_with_more
    ),
    "token-refused": Fault("Jira: one token is refused", says(400, "Invalid token"), _only(2), _later_page),
    "no-is-last": Fault(
        "Jira: isLast is never sent", with_members(lambda page: {"isLast": None}), _from(1), _jira
    ),
    "null-issue": Fault(
        "Jira: an issue is null",
        with_members(lambda page: {"issues": [None, *page["issues"]]}),
        _only(2),
        _jira,
    ),
    "incomplete": Fault(
        "GitHub: incomplete_results",
        with_members(lambda page: {"incomplete_results": True, "items": page["items"][1:]}),
        applies=_github,
    ),
    "short": Fault(
        "GitHub: total_count is one too high",
        with_members(lambda page: {"total_count": page["total_count"] + 1}),
        _from(1),
        _github,
    ),
}


class Faults:
    """The named faults, each counting its own turns; called with every request and its good answer."""

    def __init__(self, *kinds: str) -> None:
        self._faults = [(kind, FAULTS[kind]) for kind in kinds]
        self._turns = dict.fromkeys(kinds, 0)
        self._lock = threading.Lock()

    def __call__(self, request: Request, answer: Answer) -> Answer:
        """The answer as the client gets it."""
        for kind, fault in self._faults:
            if not fault.applies(request, answer):
                continue
            with self._lock:
                self._turns[kind] += 1
                turn = self._turns[kind]
            if fault.turns(turn):
                answer = fault.change(request, answer)
        return answer

"""What can go wrong on the way: a table of faults, each one line, usable by name."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from worksupport.sandbox.exchange import GITHUB_ROOT, Answer, Delivery, Raw, Request

Change = Callable[[Request, Answer], Answer]
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


def _says(status: int, message: str = "", **headers: str) -> Change:
    """Another status with an error body and headers (underscores for hyphens)."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, answer: replace(
        answer, status=status, document={"message": message}, headers={**answer.headers, **sent}
    )


def _body(body: bytes, content_type: str = "application/json") -> Change:
    headers = {"Content-Type": content_type}
    return lambda request, answer: replace(answer, raw_body=body, headers={**answer.headers, **headers})


def _headers(**headers: str) -> Change:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, answer: replace(answer, headers={**answer.headers, **sent})


def _document(change: Callable[[Raw], Raw]) -> Change:
    """Other members in the document; None takes one away."""

    def changed(_request: Request, answer: Answer) -> Answer:
        if answer.status != 200:  # another fault was first
            return answer
        members = {**answer.document, **change(answer.document)}
        kept = {name: value for name, value in members.items() if value is not None}
        return replace(answer, document=kept)

    return changed


def _delivered(delivery: Delivery) -> Change:
    return lambda request, answer: replace(answer, delivery=delivery)


def _cut(request: Request, answer: Answer) -> Answer:
    body = answer.body()
    return replace(answer, raw_body=body[: len(body) // 2])


def _same_token(request: Request, answer: Answer) -> Answer:
    token = request.document["nextPageToken"]
    return replace(answer, document={**answer.document, "nextPageToken": token, "isLast": False})


def _anonymous(request: Request, answer: Answer) -> Answer:
    kept = {name: value for name, value in answer.headers.items() if name != "X-AAccountId"}
    headers = {**kept, "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    return replace(answer, document={"issues": [], "isLast": True}, headers=headers)


@dataclass(frozen=True)
class Fault:
    """Which answers are changed, and how; turns count from 1 the requests that the fault applies to."""

    meaning: str
    change: Change
    turns: Turns = _second
    applies: Applies = _any_search


FAULTS = {
    "429": Fault("every third search: 429, Retry-After 1 s", _says(429, Retry_After="1"), _every(3)),
    "429-nonsense": Fault("Retry-After is no number", _says(429, Retry_After="soon"), _every(3)),
    "429-quota": Fault("429 with half an hour to wait", _says(429, Retry_After="1847"), _from(3)),
    "secondary": Fault("GitHub: 403 secondary limit", _says(403, _LIMITED, Retry_After="1"), applies=_github),
    "primary": Fault("GitHub: 403, bucket empty", _says(403, X_RateLimit_Remaining="0"), _only(2), _github),
    "forbidden": Fault("GitHub: 403, right missing", _says(403, "Resource not accessible"), applies=_github),
    "500": Fault("every second search: 500", _says(500, "Internal server error")),
    "503": Fault("every second search: 503", _says(503, "Service unavailable")),
    "down": Fault("every request: 503", _says(503, "Service unavailable"), _from(1), _anything),
    "flaky": Fault("one request in ten: 503", _says(503, "Service unavailable"), _one_in_ten, _anything),
    "410": Fault(
        "Jira: the search is gone", _says(410, "The requested API has been removed"), _from(1), _jira
    ),
    "401": Fault("from the third search: 401", _says(401, "Bad credentials"), _from(3)),
    "expired": Fault("Jira, from the third search: nobody's, 200, empty", _anonymous, _from(3), _jira),
    "sso": Fault("GitHub: rows of an organisation are missing", _headers(**_SSO), _from(1), _github),
    "redirect": Fault("302 to another host", _says(302, Location="http://127.0.0.2:9/login"), _from(1)),
    "login-page": Fault("every second search: a log-in page, 200", _body(_LOGIN_PAGE, "text/html")),
    "content-type": Fault("JSON called text/html", _headers(Content_Type="text/html"), _from(1)),
    "cut": Fault("every second search: half the JSON", _cut),
    "empty": Fault("every second search: an empty body", _body(b"")),
    "list": Fault("every second search: the JSON root is a list", _body(b"[]")),
    "not-utf8": Fault("every second search: invalid UTF-8", _body(b'{"issues":["\xff\xfe"]}')),
    "bad-gzip": Fault("called gzip, is not", _headers(Content_Encoding="gzip")),
    "huge": Fault("10 MB more", _document(lambda document: {"warnings": ["x" * 10_000_000]})),
    "reset": Fault("every second search: the connection closes", _delivered("none")),
    "half": Fault("every second search: the connection breaks half-way", _delivered("half")),
    "drip": Fault("from the second search: a byte every half second", _delivered("drip"), _from(2)),
    "token-repeated": Fault("Jira: page two leads to page two", _same_token, _from(1), _later_page),
    "token-missing": Fault(
        "Jira: isLast false, no token", _document(lambda page: {"nextPageToken": None}), applies=_with_more
    ),
    "token-refused": Fault("Jira: one token is refused", _says(400, "Invalid token"), _only(2), _later_page),
    "no-is-last": Fault(
        "Jira: isLast is never sent", _document(lambda page: {"isLast": None}), _from(1), _jira
    ),
    "null-issue": Fault(
        "Jira: an issue is null", _document(lambda page: {"issues": [None, *page["issues"]]}), _only(2), _jira
    ),
    "incomplete": Fault(
        "GitHub: incomplete_results",
        _document(lambda page: {"incomplete_results": True, "items": page["items"][1:]}),
        applies=_github,
    ),
    "short": Fault(
        "GitHub: total_count is one too high",
        _document(lambda page: {"total_count": page["total_count"] + 1}),
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

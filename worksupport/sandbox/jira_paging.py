"""Pages of a Jira search: what a request asks for, page tokens, and the fields of each issue.

What Jira refuses: sources/jira/README.md, "Search".
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from worksupport.sandbox.exchange import Answer, Raw, Request

# What SearchAndReconcileRequestBean declares; anything else is refused.
_PROPERTIES = {
    "expand",
    "fields",
    "fieldsByKeys",
    "jql",
    "maxResults",
    "nextPageToken",
    "properties",
    "reconcileIssues",
}
_MOST_IDS = 5000


class RefusedError(Exception):
    """A request that Jira answers with an error; carries that answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Search:
    """One page asked for."""

    jql: str
    fields: tuple[str, ...]
    max_results: int
    token: str
    reconciled: frozenset[str] = frozenset()  # ids about which the index is not believed

    def page_size(self, most: int) -> int:
        """How many issues a page holds: only bare ids and keys come in thousands."""
        return min(self.max_results, _MOST_IDS if set(self.fields) <= {"id", "key"} else most)


def read_search(request: Request) -> Search:
    """What a GET or POST asks for: POST reads only the body, GET only the query string.

    Raises RefusedError for what Jira refuses (415, 400, 500 for a null `reconcileIssues`).
    """
    given = _from_body(request) if request.method == "POST" else _from_query(request)
    size = given.get("maxResults", 50)
    if not isinstance(size, int) or not 1 <= size <= _MOST_IDS:
        raise refused(f"The maxResults parameter must be between 1 and {_MOST_IDS}.")
    names = given.get("fields", [])
    if not isinstance(names, list):
        raise refused("Invalid request payload. Refer to the REST API documentation and try again.")
    fields = tuple(name for part in names for name in part.split(",") if name)
    reconciled = frozenset(map(str, given.get("reconcileIssues", ())))
    return Search(
        given.get("jql") or "", fields or ("id",), size, given.get("nextPageToken") or "", reconciled
    )


def refused(*messages: str, status: int = 400) -> RefusedError:
    """The usual error body."""
    return RefusedError(Answer({"errorMessages": list(messages), "errors": {}}, status))


def problem(status: int, title: str, request: Request) -> Answer:
    """An error in the form of RFC 7807."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": title,
        "instance": request.path,
    }
    return Answer(body, status, {"Content-Type": "application/problem+json"})


def _from_body(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise RefusedError(problem(415, "Unsupported Media Type", request))
    body = request.document
    if not isinstance(body, dict) or not body.keys() <= _PROPERTIES:
        message = "Invalid request payload. Refer to the REST API documentation and try again."
        raise RefusedError(Answer({"errorMessages": [message]}, 400))
    if "reconcileIssues" in body and body["reconcileIssues"] is None:
        raise RefusedError(Answer({"message": "Internal server error", "status-code": 500}, 500))
    return body


def _from_query(request: Request) -> dict[str, Any]:
    size = request.first("maxResults", "50")
    if not size.isdigit():
        raise RefusedError(problem(400, "Bad Request", request))
    return {
        "jql": request.first("jql"),
        "fields": request.query.get("fields", []),
        "maxResults": int(size),
        "nextPageToken": request.first("nextPageToken"),
    }


class Pages:
    """The open searches: a token belongs to its own query and shows the result as it was on page one."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, list[Raw], int]] = {}

    def start(self, search: Search, found: list[Raw], size: int) -> Raw:
        """The first page of a search."""
        return self._page(search, found, 0, size)

    def go_on(self, search: Search, size: int) -> Raw:
        """A later page. Raises RefusedError for a token that is unknown or another query's."""
        jql, found, offset = self._open.get(search.token, ("", [], 0))
        if jql != search.jql:
            raise refused("The provided next page token is invalid or expired.")
        return self._page(search, found, offset, size)

    def _page(self, search: Search, found: list[Raw], offset: int, size: int) -> Raw:
        end = offset + size
        page: Raw = {"issues": [shown(issue, search.fields) for issue in found[offset:end]]}
        if end < len(found):
            digest = hashlib.sha256(f"{search.jql}\0{end}".encode("utf-8", "surrogatepass")).digest()
            page["nextPageToken"] = token = urlsafe_b64encode(digest[:18]).decode()
            self._open[token] = (search.jql, found, end)
        page["isLast"] = end >= len(found)
        return page


def shown(issue: Raw, fields: tuple[str, ...]) -> Raw:
    """An issue with the fields asked for: by default only its id."""
    if fields == ("id",):
        return {"id": issue["id"]}
    hidden = {name[1:] for name in fields if name.startswith("-")}
    everything = not fields or bool({"*all", "*navigable"} & set(fields))
    kept = {
        name: value
        for name, value in issue["fields"].items()
        if (everything or name in fields) and name not in hidden
    }
    return {**issue, "fields": kept}

"""A fast stand-in for Jira Cloud and GitHub's search, in a process of its own, with a latency per request.

`python -m tests.benchmarks.services ISSUES [SHAPE]` prints its port and serves until stdin is closed. It
answers only what a harvester asks, from indexes: the harvester has to be the slow part. `/_latency?ms=50`
sets the latency, `/_counts` answers the requests since the last time it was asked, `/_change?issues=10` has
so many issues change.
"""

import asyncio
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.benchmarks import render
from tests.benchmarks.site import (
    LABEL,
    PAGE,
    ROOT_LABEL,
    SHAPES,
    TYPE_IDS,
    Issue,
    Site,
    account_id,
    login,
    make_site,
)

_QUOTED = re.compile(r'"([^"]*)"')
_PARENTS = re.compile(r"parent (?:IN|in|=) (\([^)]*\)|\S+)")
_TYPES = re.compile(r"(?:issue)?type (?:IN|in|=) (\([^)]*\)|\"[^\"]*\"|\S+)", re.IGNORECASE)
_ASSIGNEES = re.compile(r"assignee (?:IN|in) \(([^)]*)\)")
_LOGINS = re.compile(r"assignee:([\w-]+)")
_CREATED = re.compile(r"created:(\S{19})Z\.\.(\S{19})Z")
_MOST_RESULTS = 1_000
_MOST_IDS = 5_000
JSON = "application/json;charset=UTF-8"


class Services:
    """Both services over one site: `answer` takes method, target and body."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._members = {account_id(n): n for n in range(len(site.github) + 60)}
        self._logins = {login(n): n for n in range(len(site.github) + 60)}
        self._types = {name_or_id: name for name, id_ in TYPE_IDS.items() for name_or_id in (name, id_)}
        self._found: dict[str, list[Issue]] = {}
        self._changed: list[Issue] = []
        jira = (site.roots, *site.children.values(), *site.labelled.values())
        self._by_id = {str(issue.number): issue for issues in jira for issue in issues}
        self.counts = {"jira": 0, "github": 0, "other": 0}
        self.latency = 0.0

    def answer(self, target: str, body: bytes) -> tuple[bytes, str]:
        """The body of the answer and further header lines."""
        parts = urlsplit(target)
        path, query = parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}
        if path.endswith("/search/jql"):
            self.counts["jira"] += 1
            return self._jql(json.loads(body) if body else query), ""
        if path.endswith("/issue/bulkfetch"):
            self.counts["jira"] += 1
            found = (self._by_id[each] for each in json.loads(body)["issueIdsOrKeys"])
            return b'{"issues":[%b],"issueErrors":[]}' % b",".join(map(render.jira_issue, found)), ""
        if path.endswith("/search/issues"):
            self.counts["github"] += 1
            return self._github(path, query)
        if path == "/_latency":
            self.latency = float(query["ms"]) / 1000
            return b"{}", ""
        if path == "/_change":
            # Times are written in the zone +01:00.
            now = datetime.now(UTC) + timedelta(hours=1)
            self._changed = self._site.change(int(query["issues"]), f"{now:%Y-%m-%dT%H:%M:%S}")
            return b"{}", ""
        if path == "/_counts":
            counts, self.counts = self.counts, dict.fromkeys(self.counts, 0)
            return json.dumps(counts).encode(), ""
        self.counts["other"] += 1
        return json.dumps(render.fixed_answer(path)).encode(), ""

    def _jql(self, asked: dict[str, Any]) -> bytes:
        token = asked.get("nextPageToken")
        name, start = _opened(token) if token else (asked["jql"], 0)
        if name not in self._found:
            self._found[name] = sorted(self._search(name), key=lambda issue: issue.number)
        found = self._found[name]
        only_ids = asked.get("fields") == ["id"]
        end = start + min(int(asked.get("maxResults", 50)), _MOST_IDS if only_ids else PAGE)
        page = b",".join(map(_bare_id if only_ids else render.jira_issue, found[start:end]))
        if end >= len(found):
            self._found.pop(name)
            return b'{"issues":[%b],"isLast":true}' % page
        return b'{"issues":[%b],"nextPageToken":"%b","isLast":false}' % (page, _sealed(name, end))

    def _search(self, jql: str) -> list[Issue]:
        if "updated >=" in jql:
            return self._changed if jql.startswith("project IN") else []
        if match := _PARENTS.search(jql):
            types = self._type_names(jql)
            return [issue for key in _names(match[1]) for issue in self._site.below(key, types)]
        if match := _ASSIGNEES.search(jql):
            members = [self._members[name] for name in _names(match[1]) if name in self._members]
            return [issue for member in members for issue in self._site.labelled[member]]
        return list(self._site.roots) if ROOT_LABEL in jql else []

    @lru_cache(maxsize=10_000)  # noqa: B019 -- there is only one, for the life of the process
    def _type_names(self, jql: str) -> frozenset[str]:
        match = _TYPES.search(jql)
        return frozenset(self._types[name] for name in _names(match[1])) if match else frozenset(TYPE_IDS)

    def _github(self, path: str, query: dict[str, str]) -> tuple[bytes, str]:
        members = [self._logins[name] for name in _LOGINS.findall(query["q"]) if name in self._logins]
        found = (
            [issue for member in members for issue in self._site.github[member]]
            if LABEL in query["q"] and "updated:" not in query["q"]
            else []
        )
        if span := _CREATED.search(query["q"]):
            found = [issue for issue in found if span[1] <= issue.created <= span[2]]
        found.sort(key=lambda issue: issue.created)
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        items = b",".join(map(render.github_issue, found[(page - 1) * size : page * size]))
        body = b'{"total_count":%d,"incomplete_results":false,"items":[%b]}' % (len(found), items)
        is_last = page * size >= min(len(found), _MOST_RESULTS)
        return body, "" if is_last else _next_link(path, query, page + 1)


def _bare_id(issue: Issue) -> bytes:
    return b'{"id":"%d"}' % issue.number


def _names(operand: str) -> list[str]:
    return _QUOTED.findall(operand) or [name.strip() for name in operand.strip("()").split(",")]


def _sealed(name: str, start: int) -> bytes:
    return quote(f"{start}:{name}", safe="").encode()


def _opened(token: str) -> tuple[str, int]:
    start, _, name = parse_qs(f"t={token}")["t"][0].partition(":")
    return name, int(start)


def _next_link(path: str, query: dict[str, str], page: int) -> str:
    rest = "&".join(f"{name}={quote(value)}" for name, value in query.items() if name != "page")
    return f'Link: <http://HOST{path}?{rest}&page={page}>; rel="next"\r\n'


class _Connection(asyncio.Protocol):
    def __init__(self, services: Services) -> None:
        self._services = services
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if not blank or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        target = head.split(b" ", 2)[1].decode()
        delay = 0.0 if target.startswith("/_") else self._services.latency
        asyncio.get_running_loop().call_later(delay, self._answer, target, head, body)

    def _answer(self, target: str, head: bytes, body: bytes) -> None:
        host = re.search(rb"(?i)\r\nhost: *(\S+)", head)
        answer, headers = self._services.answer(target, body)
        headers = headers.replace("HOST", host[1].decode() if host else "127.0.0.1")
        headers += f"Date: {formatdate(usegmt=True)}\r\n"
        lines = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(answer)}\r\n{headers}\r\n"
        self._transport.write(lines.encode() + answer)


async def _serve(issues: int, shape: str = "usual") -> None:
    services = Services(make_site(issues, SHAPES[shape]))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(services), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), *sys.argv[2:]))

"""The endpoints of GitHub that a harvester uses.

With the traps of sources/github/README.md, "Search", "Who we are" and "Limits".
"""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from worksupport.clock import Clock
from worksupport.sandbox.exchange import GITHUB, GITHUB_ROOT, Answer, Raw, Request
from worksupport.sandbox.github_search import QueryError, search
from worksupport.sandbox.past import timeline
from worksupport.sandbox.team import SERVICE_ACCOUNT, github_user
from worksupport.sandbox.world import World

_DOCS = "https://docs.github.com/rest"
_ISSUE = re.compile(r"/repos/([^/]+/[^/]+)/issues/(\d+)")
_MOST_RESULTS = 1000
_VERSIONS = ("", "2022-11-28", "2026-03-10")


def refused(status: int, message: str, error: str = "") -> Answer:
    """An error body; `error` is the text of its one entry in `errors`."""
    body: Raw = {"message": message, "documentation_url": _DOCS, "status": str(status)}
    if error:
        body["errors"] = [{"message": error, "resource": "Search", "field": "q", "code": "invalid"}]
    return Answer(body, status)


class GitHub:
    """One GitHub: `answer` takes the requests below `GITHUB_ROOT`."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._used = {"core": 0, "search": 0}
        self._minute = ""

    def answer(self, request: Request) -> Answer:
        """The answer with the headers of the bucket it was counted against."""
        path = request.path.removeprefix(GITHUB_ROOT)
        if (denied := self._denied(request)) is not None:
            return denied
        bucket = "search" if path.startswith("/search") else "core"
        limits = self._limits(bucket, spent=0 if path == "/rate_limit" else 1)
        headers = {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in limits.items()}
        headers |= {"X-RateLimit-Resource": bucket, "X-GitHub-Media-Type": "github.v3; format=json"}
        if limits["used"] > limits["limit"]:
            answer = refused(403, "API rate limit exceeded for user ID 1.")
        else:
            answer = self._routed(request, path)
        return replace(answer, headers={**headers, **answer.headers})

    def _denied(self, request: Request) -> Answer | None:
        if "user-agent" not in request.headers:
            return refused(403, "Request forbidden by administrative rules. No User-Agent header.")
        if request.headers.get("x-github-api-version", "") not in _VERSIONS:
            return Answer({"message": "Bad Request", "errors": "Unsupported API version"}, 400)
        if request.headers.get("authorization") is None:
            return refused(401, "Requires authentication")
        if request.bearer() != self._world.github_token:
            return refused(401, "Bad credentials")
        return None

    def _limits(self, bucket: str, spent: int) -> dict[str, int]:
        """The state of a bucket after this request; the sandbox refills both at each full minute."""
        now = self._clock.now()
        if (minute := f"{now:%H:%M}") != self._minute:
            self._minute, self._used = minute, dict.fromkeys(self._used, 0)
        self._used[bucket] += spent
        limit = self._world.searches_per_minute if bucket == "search" else 5000
        reset = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        used = self._used[bucket]
        return {
            "limit": limit,
            "remaining": max(0, limit - used),
            "used": used,
            "reset": int(reset.timestamp()),
        }

    def _routed(self, request: Request, path: str) -> Answer:
        if request.method != "GET":
            return refused(404, "Not Found")
        if path == "/search/issues":
            return self._search(request)
        if path == "/user":
            return Answer(self._user())
        if path == "/rate_limit":
            resources = {name: self._limits(name, spent=0) for name in self._used}
            return Answer({"resources": resources, "rate": resources["core"]})
        if path == "/meta":
            version = self._world.github_version
            return Answer({**({"installed_version": version} if version else {}), "hooks": []})
        if path.endswith("/timeline"):
            return self._timeline(request, path.removesuffix("/timeline"))
        return self._issue(path)

    def _user(self) -> Raw:
        nothing = dict.fromkeys(("bio", "company", "email", "hireable", "location"))
        counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
        times = {"created_at": "2024-01-08T09:00:00Z", "updated_at": "2026-11-02T09:00:00Z"}
        name = {"name": SERVICE_ACCOUNT.name, "blog": "", "user_view_type": "public"}
        return {**github_user(str(SERVICE_ACCOUNT.login)), **nothing, **counts, **times, **name}

    def _issue(self, path: str) -> Answer:
        match = _ISSUE.fullmatch(path)
        ending = f"/repos/{match.group(1)}/issues/{match.group(2)}".casefold() if match else "no issue"
        issues = self._world.github_issues
        if found := next((issue for issue in issues if issue["url"].casefold().endswith(ending)), None):
            return Answer(found)
        if any(url.casefold().endswith(ending) for url in self._world.deleted):
            return refused(410, "This issue was deleted")
        for former, url in self._world.transferred.items():
            if former.casefold().endswith(ending):
                return Answer({"message": "Moved Permanently", "url": url}, 301, headers={"Location": url})
        return refused(404, "Not Found")

    def _timeline(self, request: Request, path: str) -> Answer:
        answer = self._issue(path)
        if answer.status != 200:
            return answer
        size, page = min(int(request.first("per_page", "30")), 100), int(request.first("page", "1"))
        events = timeline(self._world, answer.document)
        last = max(1, -(-len(events) // size))
        return Answer(events[(page - 1) * size : page * size], headers=_links(request, page, last))

    def _search(self, request: Request) -> Answer:
        advanced = not self._world.wants_advanced_search or request.first("advanced_search") == "true"
        try:
            size = min(int(request.first("per_page", "30")), 100)
            page = int(request.first("page", "1"))
            found = search(request.first("q"), self._world, advanced)
        except (QueryError, ValueError) as error:
            return refused(422, "Validation Failed", str(error))
        if (page - 1) * size >= _MOST_RESULTS:
            return refused(422, "Only the first 1000 search results are available")
        if (field := request.first("sort")) in ("created", "updated"):
            found.sort(key=lambda issue: str(issue[f"{field}_at"]), reverse=request.first("order") != "asc")
        items = [{**issue, "score": 1.0} for issue in found[(page - 1) * size : page * size]]
        body = {
            "total_count": len(found),
            "incomplete_results": False,
            "search_type": "lexical",
            "items": items,
        }
        last = -(-min(len(found), _MOST_RESULTS) // size)
        return Answer(body, headers=_links(request, page, last))


def _links(request: Request, page: int, last: int) -> dict[str, str]:
    """The Link header; none for a single page."""
    pages = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    left_out = {"prev", "first"} if page <= 1 else set()
    left_out |= {"next", "last"} if page >= last else set()
    query = {name: values[0] for name, values in request.query.items()}
    links = [
        f'<{GITHUB}{request.path}?{urlencode({**query, "page": number})}>; rel="{name}"'
        for name, number in pages.items()
        if name not in left_out
    ]
    return {"Link": ", ".join(links)} if links else {}

"""The endpoints of Jira Cloud that a harvester uses.

With the traps of sources/jira/README.md, "Search", "Who we are" and "People".
"""

import re
from collections.abc import Callable
from dataclasses import replace

from worksupport.clock import Clock
from worksupport.sandbox.exchange import JIRA, Answer, Request
from worksupport.sandbox.jira_paging import Pages, RefusedError, problem, read_search, refused, shown
from worksupport.sandbox.jql import search
from worksupport.sandbox.jql_words import JqlError
from worksupport.sandbox.past import bulk_changelogs, live_on
from worksupport.sandbox.team import Person
from worksupport.sandbox.vocabulary import FLAG_FIELD
from worksupport.sandbox.world import World

_PATH = re.compile(r"/rest/api/(?:2|3|latest)/(.+)")
_FIELDS = ("summary", "status", "issuetype", "assignee", "labels", "parent", "project", "created", "updated")
# What flags an issue, under another name in the account's language.
_FLAG = {
    "id": FLAG_FIELD,
    "key": FLAG_FIELD,
    "name": "Markiert",
    "untranslatedName": "Flagged",
    "custom": True,
    "schema": {
        "type": "array",
        "items": "option",
        "custom": "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes",
        "customId": 10021,
    },
}
_REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_MISSING = "Issue does not exist or you do not have permission to see it."


class Jira:
    """One Jira Cloud site: `answer` takes any request outside GitHub's part of the sandbox."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._pages = Pages()
        self._routes: dict[str, Callable[[Request], Answer]] = {
            "serverInfo": self._server_info,
            "myself": self._myself,
            "issuetype": self._issue_types,
            "field": self._fields,
            "status": self._statuses,
            "project/search": self._projects,
            "changelog/bulkfetch": self._changelogs,
            "user": self._user,
            "user/bulk": self._users,
            "user/search": self._user_search,
            "search": self._removed,
            "search/jql": self._search,
        }

    def answer(self, request: Request) -> Answer:
        """The answer with the headers that tell whose request it was taken for."""
        if request.bearer() is not None:
            return Answer({"error": "Failed to parse Connect Session Auth Token"}, 403)
        try:
            answer = self._routed(request)
        except RefusedError as error:
            answer = error.answer
        return replace(answer, headers={**self._headers(request), **answer.headers})

    def _routed(self, request: Request) -> Answer:
        match = _PATH.fullmatch(request.path)
        name = match.group(1) if match else ""
        takes_post = "search" in name or "bulkfetch" in name
        if request.method not in ("GET", "POST") or (request.method == "POST" and not takes_post):
            return problem(405, "Method Not Allowed", request)
        if name == "issue/bulkfetch":
            return self._by_id(request)
        if name.startswith("issue/"):
            return self._issue(request, name.removeprefix("issue/"))
        if name not in self._routes:
            return problem(404, "Not Found", request)
        return self._routes[name](request)

    def _known(self, request: Request) -> bool:
        return request.basic() == (self._world.jira_email, self._world.jira_token)

    def _headers(self, request: Request) -> dict[str, str]:
        """Bad credentials give no 401 on a search: only a header tells that it ran as nobody's."""
        limits = {"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "349"}
        policy = {
            "RateLimit-Policy": '"jira-burst-based";q=100;w=1',
            "RateLimit": '"jira-burst-based";r=99;t=1',
        }
        if self._known(request):
            account = self._world.account_id_of(self._world.jira_email)
            return {**limits, **policy, "X-AAccountId": account}
        failed = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"} if request.basic() else {}
        return {**limits, **policy, **failed}

    def _server_info(self, _request: Request) -> Answer:
        return Answer(
            {
                "baseUrl": JIRA,
                "displayUrl": JIRA,
                "version": "1001.0.0-SNAPSHOT",
                "versionNumbers": [1001, 0, 0],
                "deploymentType": "Cloud",
                "buildNumber": 100290,
                "buildDate": "2026-11-18T09:14:02.000-0500",
                "serverTime": f"{self._clock.now():%Y-%m-%dT%H:%M:%S}.000+0000",
                "scmInfo": "0d5c2f8e",
                "serverTitle": "Jira",
            }
        )

    def _myself(self, request: Request) -> Answer:
        if not self._known(request):
            text = b"Client must be authenticated to access this resource."
            return Answer(status=401, raw_body=text, headers={"Content-Type": "text/plain;charset=UTF-8"})
        account = self._world.account_id_of(self._world.jira_email)
        person = next(person for person in self._world.people if person.account_id == account)
        if self._world.lives_on:
            live_on(self._world, len(self._world.histories), self._clock.now())
        shown_to_itself = {"emailAddress": self._world.jira_email, "locale": "en_US"}
        return Answer({**person.jira_user(), **shown_to_itself})

    def _issue_types(self, request: Request) -> Answer:
        return Answer(self._world.types if self._known(request) else [])

    def _statuses(self, request: Request) -> Answer:
        return Answer(list(self._world.statuses.values()) if self._known(request) else [])

    def _changelogs(self, request: Request) -> Answer:
        if self._world.refuses_past:
            return problem(403, "Forbidden", request)
        return (
            bulk_changelogs(self._world, request) if self._known(request) else Answer({"issueChangeLogs": []})
        )

    def _projects(self, request: Request) -> Answer:
        listed = list(self._world.projects.values()) if self._known(request) else []
        start, size = int(request.first("startAt") or 0), int(request.first("maxResults") or 50)
        values = listed[start : start + size]
        return Answer({"values": values, "startAt": start, "isLast": start + size >= len(listed)})

    def _fields(self, _request: Request) -> Answer:
        return Answer(
            [
                {
                    "id": name,
                    "key": name,
                    "name": name.capitalize(),
                    "custom": False,
                    "orderable": True,
                    "navigable": True,
                    "searchable": True,
                    "clauseNames": [name],
                }
                for name in _FIELDS
            ]
            + [_FLAG]
        )

    def _user_search(self, request: Request) -> Answer:
        """Names match in part; an e-mail only as a whole, then also a hidden one."""
        wanted = request.first("query").casefold()
        if not (self._known(request) and self._world.users_browsable and wanted):
            return Answer([])
        people = self._world.people
        found = [p for p in people if p.has_jira and (wanted == p.email or wanted in p.name.casefold())]
        return Answer([person.jira_user() for person in found])

    def _user(self, request: Request) -> Answer:
        """One account by its id."""
        for person in self._people(request):
            if person.account_id == request.first("accountId"):
                return Answer(person.jira_user())
        raise refused("Specified user does not exist or you do not have required permissions", status=404)

    def _users(self, request: Request) -> Answer:
        """Accounts by their ids, up to `maxResults`; a stranger's is passed over without a word."""
        wanted = request.query.get("accountId", [])
        found = [p.jira_user() for p in self._people(request) if p.account_id in wanted]
        size = int(request.first("maxResults") or 10)
        page = {"maxResults": size, "startAt": 0, "total": len(found), "isLast": len(found) <= size}
        return Answer({**page, "values": found[:size]})

    def _people(self, request: Request) -> list[Person]:
        return [person for person in self._world.people if person.has_jira and self._known(request)]

    def _by_id(self, request: Request) -> Answer:
        """Those that are there; what is gone or hidden is just not among them."""
        wanted, fields = request.document["issueIdsOrKeys"], tuple(request.document.get("fields", ["*all"]))
        there = (
            {issue["id"]: issue for issue in self._world.jira_issues.values()} if self._known(request) else {}
        )
        found = (there[each] for each in wanted if each in there and each not in self._world.hidden_ids)
        return Answer({"issues": [shown(issue, fields) for issue in found], "issueErrors": []})

    def _issue(self, request: Request, name: str) -> Answer:
        issue = self._world.find(name) if self._known(request) else None
        if issue is None:
            raise refused(_MISSING, status=404)
        fields = tuple(part for text in request.query.get("fields", ["*all"]) for part in text.split(","))
        return Answer(shown(issue, fields))

    def _removed(self, _request: Request) -> Answer:
        raise refused(_REMOVED, status=410)

    def _search(self, request: Request) -> Answer:
        asked = read_search(request)
        size = asked.page_size(self._world.page_size)
        if not self._known(request):
            return Answer({"issues": [], "isLast": True})
        if asked.token:
            return Answer(self._pages.go_on(asked, size))
        try:
            hidden = self._world.hidden_ids | self._world.archived_ids
            hidden |= self._world.unindexed_ids - asked.reconciled
            found = [
                issue
                for issue in search(asked.jql, self._world, self._clock.now())
                if issue["id"] not in hidden
            ]
            return Answer(self._pages.start(asked, found, size))
        except JqlError as error:
            raise refused(*error.messages) from error

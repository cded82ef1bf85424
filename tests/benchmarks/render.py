"""Issues as the services send them: only the fields a harvester asks Jira for, everything from GitHub."""

import json
from functools import cache
from typing import Any

from tests.benchmarks.site import STATUSES, TYPE_IDS, Issue, account_id, login

_SITE = "https://acme.atlassian.net"
_API = "https://api.acme.example/repos"


@cache
def _status(number: int) -> bytes:
    name, category = STATUSES[number]
    return _json(
        {
            "self": f"{_SITE}/rest/api/3/status/{number}",
            "description": "",
            "iconUrl": f"{_SITE}/images/icons/statuses/generic.png",
            "name": name,
            "id": str(number),
            "statusCategory": {
                "self": f"{_SITE}/rest/api/3/statuscategory/{number}",
                "id": number,
                "key": category,
                "colorName": "blue-gray",
                "name": name,
            },
        }
    )


@cache
def _type(name: str) -> bytes:
    id_ = TYPE_IDS[name]
    return _json(
        {
            "self": f"{_SITE}/rest/api/3/issuetype/{id_}",
            "id": id_,
            "description": f"A {name}, as the project's own description says.",
            "iconUrl": f"{_SITE}/rest/api/2/universal_avatar/view/type/issuetype/avatar/10315?size=medium",
            "name": name,
            "subtask": False,
            "avatarId": 10315,
            "hierarchyLevel": 0,
        }
    )


@cache
def _person(number: int) -> bytes:
    return _json(
        {
            "self": f"{_SITE}/rest/api/3/user?accountId={account_id(number)}",
            "accountId": account_id(number),
            "avatarUrls": {size: f"{_SITE}/avatar/{number}?size={size}" for size in ("48x48", "24x24")},
            "displayName": f"Member Ünal {number}",
            "active": True,
            "timeZone": "Europe/Oslo",
            "accountType": "atlassian",
        }
    )


@cache
def _user(number: int) -> bytes:
    urls = ("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events")
    return _json(
        {
            "login": login(number),
            "id": 4_000_000 + number,
            "node_id": f"U_{number}",
            "avatar_url": f"https://avatars.acme.example/u/{number}?v=4",
            **{f"{name}_url": f"https://api.acme.example/users/{login(number)}/{name}" for name in urls},
            "type": "User",
            "site_admin": False,
        }
    )


@cache
def _labels(labels: tuple[str, ...]) -> bytes:
    return _json(labels)


@cache
def _github_labels(labels: tuple[str, ...]) -> bytes:
    url = f"{_API}/acme/app/labels"
    return _json(
        [{"id": 1, "url": f"{url}/{n}", "name": n, "color": "d73a4a", "default": False} for n in labels]
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


_PRIORITY = _json(
    {
        "self": f"{_SITE}/rest/api/3/priority/3",
        "iconUrl": f"{_SITE}/images/icons/priorities/medium.svg",
        "name": "Medium",
        "id": "3",
    }
)
_DOCUMENT = (
    b'{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"%b"}]}]}'
)


def _parent(parent: Issue | None) -> bytes:
    if parent is None:
        return b""
    return (
        b'"parent":{"id":"%d","key":"%b","self":"https://acme.atlassian.net/rest/api/3/issue/%d","fields":'
        b'{"summary":"%b","status":%b,"issuetype":%b}},'
    ) % (
        parent.number,
        parent.key.encode(),
        parent.number,
        parent.summary.encode(),
        _status(parent.status),
        _type(parent.type_name),
    )


def jira_issue(issue: Issue) -> bytes:
    """One item of a search answer, as heavy as those of real sites are: about 2.7 kB."""
    created = issue.created.encode()
    resolved = b'"%b.125+0100"' % created if STATUSES[issue.status][1] == "done" else b"null"
    return (
        b'{"expand":"","id":"%d","self":"https://acme.atlassian.net/rest/api/3/issue/%d","key":"%b","fields":{'
        b'"summary":"%b","issuetype":%b,%b"created":"%b.125+0100","updated":"%b.875+0100","resolutiondate":%b,'
        b'"labels":%b,"assignee":%b,"status":%b,"priority":%b,"resolution":null,"duedate":null,"fixVersions":[],'
        b'"reporter":%b,"description":%b}}'
    ) % (
        issue.number,
        issue.number,
        issue.key.encode(),
        issue.summary.encode(),
        _type(issue.type_name),
        _parent(issue.parent),
        created,
        (issue.updated or issue.created).encode(),
        resolved,
        _labels(issue.labels),
        _person(issue.assignee),
        _status(issue.status),
        _PRIORITY,
        _person(0),
        _description(issue.summary),
    )


def _description(summary: str) -> bytes:
    """A document as Jira has it, of a few sentences."""
    said = f"{summary}. As agreed, so that nobody has to ask twice; see the notes of the last meeting."
    return _DOCUMENT % said.encode()


def github_issue(issue: Issue) -> bytes:
    """One item of a search answer."""
    repository, _, number = issue.key.partition("#")
    user = _user(issue.assignee)
    return (
        b'{"url":"%b/issues/%b","repository_url":"%b","html_url":"https://github.acme.example/%b/issues/%b",'
        b'"id":%d,"node_id":"I_%d","number":%b,"title":"%b","user":%b,"labels":%b,"state":"%b","locked":false,'
        b'"assignee":%b,"assignees":[%b],"milestone":null,"comments":0,"created_at":"%bZ","updated_at":"%bZ",'
        b'"closed_at":null,"author_association":"MEMBER","body":"%b","score":1.0}'
    ) % (
        f"{_API}/{repository}".encode(),
        number.encode(),
        f"{_API}/{repository}".encode(),
        repository.encode(),
        number.encode(),
        issue.number,
        issue.number,
        number.encode(),
        issue.summary.encode(),
        user,
        _github_labels(issue.labels),
        b"closed" if issue.status == 3 else b"open",
        user,
        user,
        issue.created.encode(),
        issue.created.encode(),
        b"What happened, and what should have happened. " * 10,
    )


def fixed_answer(path: str) -> Any:
    """What does not depend on the data: who we are, which site this is, its issue types and fields."""
    if path.endswith("/serverInfo"):
        return {
            "baseUrl": _SITE,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100290,
        }
    if path.endswith("/myself"):
        return json.loads(_person(0))
    if path.endswith("/issuetype"):
        return [json.loads(_type(name)) for name in TYPE_IDS]
    if path.endswith("/user"):
        return json.loads(_user(0))
    if path.endswith("/field"):  # the package `jira` asks again before every query for as long as it is empty
        return [{"id": "summary", "name": "Summary", "clauseNames": ["summary"]}]
    if path.endswith(("/status", "/timeline")):
        return []
    return {"issueChangeLogs": []}

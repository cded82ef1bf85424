"""The sandbox's Jira over real HTTP: what it answers to whom."""

from typing import Any

import pytest
import requests

from worksupport.sandbox import server
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox


def post(session: requests.Session, sandbox: Sandbox, **body: Any) -> requests.Response:
    """One page of a search."""
    return session.post(f"{sandbox.jira_url}/rest/api/3/search/jql", json=body, timeout=5)


def test_pages_chain_by_token(jira_session: requests.Session, sandbox: Sandbox) -> None:
    """Hundreds per page with real fields, no total, no token on the last page, nothing twice."""
    keys: list[str] = []
    body: dict[str, Any] = {"jql": "project = AIPRDV ORDER BY key", "fields": ["summary"], "maxResults": 30}
    while True:
        page = post(jira_session, sandbox, **body).json()
        assert page.keys() <= {"issues", "isLast", "nextPageToken"}
        keys += [issue["key"] for issue in page["issues"]]
        if page["isLast"]:
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert "nextPageToken" not in page
    assert len(keys) == len(set(keys)) == sum(key.startswith("AIPRDV-") for key in sandbox.world.jira_issues)


def test_bare_ids_by_default_and_then_thousands_a_page(
    jira_session: requests.Session, sandbox: Sandbox
) -> None:
    page = post(jira_session, sandbox, jql='project != "WEB"', maxResults=5000).json()
    assert page["isLast"]
    assert len(page["issues"]) > 300
    assert {tuple(issue) for issue in page["issues"]} == {("id",)}
    page = post(jira_session, sandbox, jql='project != "WEB"', maxResults=5000, fields=["labels"]).json()
    assert len(page["issues"]) == 100
    assert set(page["issues"][0]["fields"]) == {"labels"}


def test_get_is_the_same_search(jira_session: requests.Session, sandbox: Sandbox) -> None:
    params = {"jql": "project = IACU", "fields": "key,summary", "maxResults": "7"}
    got = jira_session.get(f"{sandbox.jira_url}/rest/api/2/search/jql", params=params, timeout=5).json()
    posted = post(jira_session, sandbox, jql="project = IACU", fields=["key", "summary"], maxResults=7).json()
    assert got == posted


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"jql": "project = NOPE"}, 400),
        ({"jql": None}, 400),
        ({"jql": "project = IACU", "startAt": 0}, 400),
        ({"jql": "project = IACU", "maxResults": None}, 400),
        ({"jql": "project = IACU", "maxResults": 5001}, 400),
        ({"jql": "project = IACU", "nextPageToken": "never-given"}, 400),
        ({"jql": "project = IACU", "reconcileIssues": None}, 500),
        ({"jql": "project = IACU", "fields": "summary"}, 400),
    ],
)
def test_refused_bodies(
    jira_session: requests.Session, sandbox: Sandbox, body: dict[str, Any], status: int
) -> None:
    answer = post(jira_session, sandbox, **body)
    assert answer.status_code == status


def test_a_token_belongs_to_its_query(jira_session: requests.Session, sandbox: Sandbox) -> None:
    token = post(jira_session, sandbox, jql="project = IACU", maxResults=1).json()["nextPageToken"]
    assert post(jira_session, sandbox, jql="project = AIMP", nextPageToken=token).status_code == 400
    assert post(jira_session, sandbox, jql="project = IACU", nextPageToken=token).status_code == 200


def test_wrong_content_type_and_wrong_paths(jira_session: requests.Session, sandbox: Sandbox) -> None:
    answer = jira_session.post(f"{sandbox.jira_url}/rest/api/3/search/jql", data="{}", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (415, "application/problem+json")
    removed = jira_session.get(f"{sandbox.jira_url}/rest/api/2/search?jql=project=IACU", timeout=5)
    assert removed.status_code == 410
    assert "CHANGE-2046" in removed.json()["errorMessages"][0]
    assert jira_session.get(f"{sandbox.jira_url}/rest/api/3/nonsense", timeout=5).status_code == 404
    assert jira_session.delete(f"{sandbox.jira_url}/rest/api/3/issue/IACU-1", timeout=5).status_code == 405


def test_bad_credentials_look_like_no_issues(jira_session: requests.Session, sandbox: Sandbox) -> None:
    """As on Cloud: only /myself says 401; a search is 200 without issues and a header."""
    jira_session.auth = (sandbox.world.jira_email, "expired")
    answer = post(jira_session, sandbox, jql="project = IACU")
    assert (answer.status_code, answer.json()) == (200, {"issues": [], "isLast": True})
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert "X-AAccountId" not in answer.headers
    assert jira_session.get(f"{sandbox.jira_url}/rest/api/3/myself", timeout=5).status_code == 401
    assert jira_session.get(f"{sandbox.jira_url}/rest/api/3/issue/IACU-1", timeout=5).status_code == 404
    assert jira_session.get(f"{sandbox.jira_url}/rest/api/2/serverInfo", timeout=5).status_code == 200
    jira_session.auth = None
    jira_session.headers["Authorization"] = "Bearer token"
    assert jira_session.get(f"{sandbox.jira_url}/rest/api/2/serverInfo", timeout=5).status_code == 403


def test_people_are_found_by_a_whole_hidden_email(jira_session: requests.Session, sandbox: Sandbox) -> None:
    def names(query: str) -> list[str]:
        url = f"{sandbox.jira_url}/rest/api/3/user/search"
        return [
            user["displayName"] for user in jira_session.get(url, params={"query": query}, timeout=5).json()
        ]

    hidden = sandbox.world.team[3]
    assert names(hidden.email) == [hidden.name]
    assert names(hidden.email[:-3]) == []
    assert names("wiśniew") == [hidden.name]
    sandbox.world.users_browsable = False
    assert names(hidden.email) == []


def test_a_moved_issue_keeps_its_id_and_its_old_key_finds_it(jira_session: requests.Session) -> None:
    world = made_up_world()
    feature = world.find("AIPRDV-2")
    assert feature is not None
    moved = world.move_jira_issue("AIPRDV-2", "AIMP")
    moved = world.move_jira_issue(moved["key"], "IAIPORT")
    with server.running(world) as sandbox:
        url = f"{sandbox.jira_url}/rest/api/3/issue/AIPRDV-2"
        assert jira_session.get(url, timeout=5).json()["key"] == moved["key"] == feature["key"]
        found = post(jira_session, sandbox, jql="parent = AIPRDV-2", fields=["parent"]).json()["issues"]
    assert found
    assert {issue["fields"]["parent"]["key"] for issue in found} == {moved["key"]}


def test_addresses_are_the_running_servers(jira_session: requests.Session, sandbox: Sandbox) -> None:
    page = post(jira_session, sandbox, jql="project = IACU", fields=["*all"])
    assert page.json()["issues"][0]["self"].startswith(sandbox.jira_url)
    assert ".invalid" not in page.text

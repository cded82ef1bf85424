"""The sandbox's Jira over real HTTP: what it answers to whom."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from worksupport.sandbox import server
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One running sandbox with the whole made-up world."""
    with server.running(made_up_world()) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def session(sandbox: Sandbox) -> Iterator[requests.Session]:
    """A session with the right credentials."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (sandbox.world.jira_email, sandbox.world.jira_token)
        yield session


def post(session: requests.Session, sandbox: Sandbox, **body: Any) -> requests.Response:
    """One page of a search."""
    return session.post(f"{sandbox.jira_url}/rest/api/3/search/jql", json=body, timeout=5)


def test_pages_chain_by_token(session: requests.Session, sandbox: Sandbox) -> None:
    """Hundreds per page with real fields, no total, no token on the last page, nothing twice."""
    keys: list[str] = []
    body: dict[str, Any] = {"jql": "project = AIPRDV ORDER BY key", "fields": ["summary"], "maxResults": 30}
    while True:
        page = post(session, sandbox, **body).json()
        assert page.keys() <= {"issues", "isLast", "nextPageToken"}
        keys += [issue["key"] for issue in page["issues"]]
        if page["isLast"]:
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert "nextPageToken" not in page
    assert len(keys) == len(set(keys)) == sum(key.startswith("AIPRDV-") for key in sandbox.world.jira_issues)


def test_bare_ids_by_default_and_then_thousands_a_page(session: requests.Session, sandbox: Sandbox) -> None:
    page = post(session, sandbox, jql='project != "WEB"', maxResults=5000).json()
    assert page["isLast"]
    assert len(page["issues"]) > 300
    assert {tuple(issue) for issue in page["issues"]} == {("id",)}
    page = post(session, sandbox, jql='project != "WEB"', maxResults=5000, fields=["labels"]).json()
    assert len(page["issues"]) == 100
    assert set(page["issues"][0]["fields"]) == {"labels"}


def test_get_is_the_same_search(session: requests.Session, sandbox: Sandbox) -> None:
    params = {"jql": "project = IACU", "fields": "key,summary", "maxResults": "7"}
    got = session.get(f"{sandbox.jira_url}/rest/api/2/search/jql", params=params, timeout=5).json()
    posted = post(session, sandbox, jql="project = IACU", fields=["key", "summary"], maxResults=7).json()
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
    session: requests.Session, sandbox: Sandbox, body: dict[str, Any], status: int
) -> None:
    answer = post(session, sandbox, **body)
    assert answer.status_code == status


def test_a_token_belongs_to_its_query(session: requests.Session, sandbox: Sandbox) -> None:
    token = post(session, sandbox, jql="project = IACU", maxResults=1).json()["nextPageToken"]
    assert post(session, sandbox, jql="project = AIMP", nextPageToken=token).status_code == 400
    assert post(session, sandbox, jql="project = IACU", nextPageToken=token).status_code == 200


def test_wrong_content_type_and_wrong_paths(session: requests.Session, sandbox: Sandbox) -> None:
    answer = session.post(f"{sandbox.jira_url}/rest/api/3/search/jql", data="{}", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (415, "application/problem+json")
    removed = session.get(f"{sandbox.jira_url}/rest/api/2/search?jql=project=IACU", timeout=5)
    assert removed.status_code == 410
    assert "CHANGE-2046" in removed.json()["errorMessages"][0]
    assert session.get(f"{sandbox.jira_url}/rest/api/3/nonsense", timeout=5).status_code == 404
    assert session.delete(f"{sandbox.jira_url}/rest/api/3/issue/IACU-1", timeout=5).status_code == 405


def test_bad_credentials_look_like_no_issues(sandbox: Sandbox) -> None:
    """As on Cloud: only /myself says 401; a search is 200 without issues and a header."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (sandbox.world.jira_email, "expired")
        answer = post(session, sandbox, jql="project = IACU")
        assert (answer.status_code, answer.json()) == (200, {"issues": [], "isLast": True})
        assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
        assert "X-AAccountId" not in answer.headers
        assert session.get(f"{sandbox.jira_url}/rest/api/3/myself", timeout=5).status_code == 401
        assert session.get(f"{sandbox.jira_url}/rest/api/3/issue/IACU-1", timeout=5).status_code == 404
        assert session.get(f"{sandbox.jira_url}/rest/api/2/serverInfo", timeout=5).status_code == 200


def test_people_are_found_by_a_whole_hidden_email(session: requests.Session, sandbox: Sandbox) -> None:
    def names(query: str) -> list[str]:
        url = f"{sandbox.jira_url}/rest/api/3/user/search"
        return [user["displayName"] for user in session.get(url, params={"query": query}, timeout=5).json()]

    hidden = sandbox.world.team[3]
    assert names(hidden.email) == [hidden.name]
    assert names(hidden.email[:-3]) == []
    assert names("wiśniew") == [hidden.name]


def test_a_moved_issue_keeps_its_id_and_its_old_key_finds_it(session: requests.Session) -> None:
    world = made_up_world()
    feature = world.find("AIPRDV-2")
    assert feature is not None
    moved = world.move_jira_issue("AIPRDV-2", "AIMP")
    moved = world.move_jira_issue(moved["key"], "IAIPORT")
    with server.running(world) as sandbox:
        url = f"{sandbox.jira_url}/rest/api/3/issue/AIPRDV-2"
        assert session.get(url, timeout=5).json()["key"] == moved["key"] == feature["key"]
        found = post(session, sandbox, jql="parent = AIPRDV-2", fields=["parent"]).json()["issues"]
    assert found
    assert {issue["fields"]["parent"]["key"] for issue in found} == {moved["key"]}


def test_addresses_are_the_running_servers(session: requests.Session, sandbox: Sandbox) -> None:
    page = post(session, sandbox, jql="project = IACU", fields=["*all"])
    assert page.json()["issues"][0]["self"].startswith(sandbox.jira_url)
    assert ".invalid" not in page.text

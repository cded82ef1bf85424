"""The sandbox's GitHub over real HTTP: its search grammar, limits and credentials."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from urllib3.util import SKIP_HEADER

from tests.conftest import FakeClock
from worksupport.sandbox import server
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.server import Sandbox
from worksupport.sandbox.world import World


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A few issues that differ in what a search looks at."""
    world = World()
    labelled = {"labels": ["In Progress: now", 'say "hi"']}
    add_github_issue(world, "acme/portal", "First", assignees=["yuki-t"], **labelled)
    add_github_issue(world, "ACME/portal", "Second", assignees=["tdvorak", "Grace-M"], state="closed")
    add_github_issue(world, "zeta/portal", "Third", assignees=["hermit"], updated_at="2026-11-03T00:00:00Z")
    add_github_issue(world, "zeta/portal", "Fourth", assignees=["yuki-t"], pull_request={})
    world.hidden_logins.add("Hermit")
    with server.running(world) as sandbox:
        yield sandbox


def search(session: requests.Session, sandbox: Sandbox, q: str, **parameters: Any) -> requests.Response:
    """One page of an advanced search."""
    parameters = {"q": q, "advanced_search": "true", **parameters}
    return session.get(f"{sandbox.github_url}/search/issues", params=parameters, timeout=5)


@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("is:issue", "Third Second First"),
        ("is:pr", "Fourth"),
        ("is:pull-request assignee:YUKI-T", "Fourth"),
        ('is:issue label:"in progress: NOW"', "First"),
        (r'is:issue label:"say \"hi\""', "First"),
        ('is:issue label:"no such",say,"in progress: now"', "First"),
        ("is:issue (assignee:yuki-t OR assignee:grace-m)", "Second First"),
        ("is:issue (assignee:yuki-t OR assignee:nobody OR assignee:hermit)", "First"),
        ("is:issue (repo:acme/portal OR repo:zeta/portal) state:open", "Third First"),
        ("is:issue org:acme is:closed", "Second"),
        ("is:issue -assignee:yuki-t NOT user:zeta", "Second"),
        ("is:issue AND author:pholm AND thi", "Third"),
        ("is:issue updated:>=2026-11-03", "Third"),
        ("is:issue updated:<=2026-11-02", "Second First"),
        ("is:issue updated:2026-11-02", "Second First"),
        ("is:issue updated:2026-11-02T16:05:09Z..2026-11-02T23:59:59+00:00", "Second First"),
        ("is:issue updated:*..2026-11-02T16:05:08Z", ""),
        ("is:issue created:>2026-03-02T09:30:00Z", ""),
        ("is:issue created:<2026-03-03T00:00:00Z closed:*..*", ""),
    ],
)
def test_finds(github_session: requests.Session, sandbox: Sandbox, q: str, titles: str) -> None:
    answer = search(github_session, sandbox, q)
    assert " ".join(item["title"] for item in answer.json()["items"]) == titles
    assert answer.json()["total_count"] == len(titles.split())


@pytest.mark.parametrize(
    ("q", "parameters", "complaint"),
    [
        ("assignee:yuki-t", {}, "is:issue"),
        ("is:issue assignee:nobody", {}, "listed users cannot be searched"),
        ("is:issue (assignee:hermit OR assignee:nobody)", {}, "listed users cannot be searched"),
        ("is:issue repo:acme/secret", {}, "listed users and repositories cannot be searched"),
        ("is:issue (assignee:yuki-t OR assignee:tdvorak)", {"advanced_search": ""}, "listed users"),
        ("is:issue a OR b OR c OR d OR e OR f OR g", {}, "More than five"),
        ("is:issue " + "x" * 257, {}, "longer than 256"),
        ("is:issue (assignee:yuki-t", {}, "parenthesis"),
        ("is:issue updated:yesterday", {}, "date"),
        ("is:issue", {"page": "11", "per_page": "100"}, "Only the first 1000"),
    ],
)
def test_refuses(
    github_session: requests.Session, sandbox: Sandbox, q: str, parameters: dict[str, str], complaint: str
) -> None:
    answer = search(github_session, sandbox, q, **parameters)
    assert answer.status_code == 422
    assert complaint in answer.text


def test_links_lead_through_the_pages(github_session: requests.Session, sandbox: Sandbox) -> None:
    first = search(github_session, sandbox, "is:issue", per_page="2", sort="updated", order="asc")
    second = github_session.get(first.links["next"]["url"], timeout=5)
    assert [len(page.json()["items"]) for page in (first, second)] == [2, 1]
    assert second.json()["items"][0]["title"] == "Third"
    assert set(second.links) == {"prev", "first"}
    assert search(github_session, sandbox, "is:issue").links == {}


def test_an_issue_has_its_own_address(github_session: requests.Session, sandbox: Sandbox) -> None:
    item = search(github_session, sandbox, "is:issue org:acme first").json()["items"][0]
    issue = github_session.get(item["url"], timeout=5).json()
    assert item == {**issue, "score": 1.0}
    assert (
        github_session.get(f"{sandbox.github_url}/repos/acme/portal/issues/99", timeout=5).status_code == 404
    )


def test_meta_tells_an_enterprise_server(github_session: requests.Session, sandbox: Sandbox) -> None:
    url = f"{sandbox.github_url}/meta"
    assert "installed_version" not in github_session.get(url, timeout=5).json()
    sandbox.world.github_version = "3.16.2"
    assert github_session.get(url, timeout=5).json()["installed_version"] == "3.16.2"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": None}, 401),
        ({"User-Agent": SKIP_HEADER}, 403),
        ({"X-GitHub-Api-Version": "1999-01-01"}, 400),
        ({"X-GitHub-Api-Version": "2026-03-10"}, 200),
    ],
)
def test_who_is_let_in(
    github_session: requests.Session, sandbox: Sandbox, headers: dict[str, str], status: int
) -> None:
    answer = github_session.get(f"{sandbox.github_url}/user", headers=headers, timeout=5)
    assert answer.status_code == status


def test_the_search_bucket_empties_and_refills(github_session: requests.Session) -> None:
    """Searches count, refused ones too; /rate_limit does not; the next full minute refills the bucket."""
    clock = FakeClock()
    with server.running(World(searches_per_minute=2), clock=clock) as sandbox:
        refused = search(github_session, sandbox, "no kind")
        assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (422, "1")
        assert search(github_session, sandbox, "is:issue").headers["X-RateLimit-Resource"] == "search"
        limited = search(github_session, sandbox, "is:issue")
        assert (limited.status_code, limited.headers["X-RateLimit-Remaining"]) == (403, "0")
        assert int(limited.headers["X-RateLimit-Reset"]) == clock.now().timestamp() + 60
        rates = github_session.get(f"{sandbox.github_url}/rate_limit", timeout=5).json()["resources"]
        assert rates["search"]["remaining"] == 0
        clock.sleep(60)
        assert search(github_session, sandbox, "is:issue").status_code == 200

"""Clients that others wrote log in, search and page through the sandbox."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from github import Auth, Github, GithubException
from jira import JIRA, JIRAError

from worksupport.sandbox.server import Sandbox

ROOT_JQL = (
    'project in (IAIPORT, AIPRDV, AIMP, IACU) AND type = "Product Version" AND labels = SE_product_family'
)


@pytest.fixture
def jira(sandbox: Sandbox) -> Iterator[JIRA]:
    """The `jira` package, logged in; it finds out by itself that this is Cloud."""
    credentials = (sandbox.world.jira_email, sandbox.world.jira_token)
    client = JIRA(sandbox.jira_url, basic_auth=credentials, max_retries=0, options={"check_update": False})
    with closing(client):
        yield client


@pytest.fixture
def github(sandbox: Sandbox) -> Iterator[Github]:
    """PyGithub, logged in, without its pauses between requests."""
    client = Github(
        base_url=sandbox.github_url,
        auth=Auth.Token(sandbox.world.github_token),
        per_page=10,
        seconds_between_requests=0,
        retry=0,
    )
    yield client
    client.close()


def test_jira_logs_in(jira: JIRA, sandbox: Sandbox) -> None:
    assert jira.myself()["emailAddress"] == sandbox.world.jira_email
    assert jira.server_info()["deploymentType"] == "Cloud"
    assert {issue_type.name for issue_type in jira.issue_types()} >= {"Product Version", "Feature", "Bug"}


@pytest.mark.parametrize("use_post", [False, True])
def test_jira_pages_through_everything(jira: JIRA, sandbox: Sandbox, use_post: bool) -> None:
    found = jira.enhanced_search_issues("project != WEB OR project = WEB", maxResults=0, use_post=use_post)
    assert {issue.key for issue in found} == sandbox.world.jira_issues.keys()
    assert len(found) == len(sandbox.world.jira_issues) > 300


def test_jira_walks_from_a_version_to_its_stories(jira: JIRA) -> None:
    versions = jira.enhanced_search_issues(ROOT_JQL, maxResults=0, fields="summary")
    assert len(versions) == 12
    features = jira.enhanced_search_issues(f"parent = {versions[0].key} AND type = Feature", fields="*all")
    stories = jira.enhanced_search_issues(f"parent = {features[0].key} AND type = Story", fields="*all")
    assert stories[0].fields.parent.key == features[0].key
    assert stories[0].fields.status.statusCategory.key in ("new", "indeterminate", "done")
    # The library annotates almost everything else, but not this.
    address = jira.issue(stories[0].key).permalink()  # type: ignore[no-untyped-call]
    assert address.endswith(f"/browse/{stories[0].key}")


def test_jira_is_told_what_is_wrong(jira: JIRA) -> None:
    with pytest.raises(JIRAError, match="'NOPE' does not exist for the field 'project'"):
        jira.enhanced_search_issues("project = NOPE")


def test_github_logs_in(github: Github) -> None:
    assert github.get_user().login == "work-support"
    assert github.get_rate_limit().resources.search.limit == 5000


def test_github_pages_through_everything(github: Github, sandbox: Sandbox) -> None:
    """Links are followed, pull requests are kept out by `is:issue`."""
    found = github.search_issues("is:issue")
    urls = [issue.html_url for issue in found]
    issues = [issue for issue in sandbox.world.github_issues if "pull_request" not in issue]
    assert found.totalCount == len(urls) == len(set(urls)) == len(issues) > 40
    assert all(url.startswith(sandbox.jira_url) for url in urls)


def test_github_finds_a_group_of_members(
    github: Github, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyGithub cannot send `advanced_search=true`: OR works where a server does not want it."""
    query = 'is:issue label:"team: work support" (assignee:TDVORAK OR assignee:yuki-t)'
    with pytest.raises(GithubException, match="listed users cannot be searched"):
        list(github.search_issues(query))
    monkeypatch.setattr(sandbox.world, "wants_advanced_search", False)
    found = list(github.search_issues(query))
    assert found
    assert all({"tdvorak", "yuki-t"} & {user.login for user in issue.assignees} for issue in found)


def test_github_refuses_a_wrong_token(sandbox: Sandbox) -> None:
    client = Github(base_url=sandbox.github_url, auth=Auth.Token("wrong"), retry=0)
    with pytest.raises(GithubException, match="Bad credentials"):
        _ = client.get_user().login
    client.close()

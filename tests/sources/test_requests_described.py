"""Every request we send, against the vendors' own OpenAPI descriptions."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests import vendor
from tests.conftest import FakeClock
from worksupport.config.settings import GitHubSettings, JiraSettings
from worksupport.network.auth import Account
from worksupport.sandbox.exchange import GITHUB_ROOT, Request
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox, running
from worksupport.sources.github import client as github
from worksupport.sources.github.search import issue_query
from worksupport.sources.jira import client as jira

_SERVICES = {"jira": "jira-cloud", "github": "github"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The made-up world, with pages so small that every query has several."""
    world = made_up_world()
    world.page_size = 40
    with running(world) as served:
        yield served


def ask_everything(sandbox: Sandbox) -> None:
    """Each call of both clients once."""
    world, clock = sandbox.world, FakeClock()
    at_jira = JiraSettings(sandbox.jira_url, world.jira_token, world.jira_email, None, None)
    site = jira.connect(at_jira, clock=clock, timeout_seconds=5, max_wait_seconds=5)
    site.ask_site()
    site.prove_identity()
    site.issue_types()
    site.find_account_id("nobody@example.com")
    # An asking account that the site does not name in bulk is asked for by itself.
    site.known_accounts(["somebody"], Account("nobody", "Nobody", None))
    parents = [issue["key"] for page in site.search("type = 'Product Version'") for issue in page]
    list(site.search(site.deployment.children_jql(parents, [])))
    site.close()
    at_github = GitHubSettings(world.github_token, world.github_label, sandbox.github_url)
    hub = github.connect(at_github, clock=clock, timeout_seconds=5, max_wait_seconds=5)
    hub.prove_identity()
    hub.supports_or()
    list(hub.search(issue_query(world.github_label, [p.login for p in world.team if p.login][:6])))
    hub.close()


class Description(vendor.Description):
    """One vendor's description, asked what is wrong with a request."""

    def complaints(
        self, method: str, path: str, query: Mapping[str, list[str]], body: bytes
    ) -> list[str] | None:
        """What is wrong; None if the path is not described."""
        operation = self.operation(method, path)
        if operation is None:
            return None
        found = list(self._query(operation, query))
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            found += self._messages(schema, json.loads(body))
        return found

    def _query(self, operation: Any, query: Mapping[str, list[str]]) -> Iterator[str]:
        declared = [self.resolved(parameter) for parameter in operation.get("parameters", ())]
        by_name = {parameter["name"]: parameter for parameter in declared if parameter["in"] == "query"}
        needed = {name for name, parameter in by_name.items() if parameter.get("required")}
        yield from (f"missing parameter {name}" for name in needed - query.keys())
        yield from (f"undeclared parameter {name}" for name in query.keys() - by_name.keys())
        for name, values in query.items():
            schema = by_name.get(name, {}).get("schema", {})
            yield from self._messages(schema, _read(values, schema.get("type")))

    def _messages(self, schema: Any, value: Any) -> list[str]:
        return [error.message for error in self.errors(schema, value)]


def _read(values: list[str], kind: str | None) -> Any:
    """A query parameter's values as the schema's type."""
    if kind == "array":
        return values
    return int(values[0]) if kind == "integer" else values[0]


def described(request: Request) -> tuple[str, str]:
    """The service that was asked, and the path as its description writes it (Jira's in version 3)."""
    if request.path.startswith(GITHUB_ROOT):
        return "github", request.path.removeprefix(GITHUB_ROOT)
    return "jira", request.path.replace("/rest/api/2/", "/rest/api/3/")


def test_every_request_is_one_that_the_vendor_describes(sandbox: Sandbox) -> None:
    ask_everything(sandbox)
    descriptions = {service: Description(name) for service, name in _SERVICES.items()}
    checked: set[str] = set()
    not_described: set[str] = set()
    for request in sandbox.requests:
        service, path = described(request)
        wrong = descriptions[service].complaints(request.method, path, request.query, request.body)
        assert not wrong, (path, wrong)
        (not_described if wrong is None else checked).add(path)
    assert checked == {
        "/rest/api/3/serverInfo",
        "/rest/api/3/myself",
        "/rest/api/3/issuetype",
        "/rest/api/3/search/jql",
        "/rest/api/3/user",
        "/rest/api/3/user/bulk",
        "/rest/api/3/user/search",
        "/user",
        "/search/issues",
    }
    assert not_described == {"/meta"}
    assert any(b"nextPageToken" in request.body for request in sandbox.requests)


def test_a_wrong_request_would_be_noticed() -> None:
    """A member that Jira does not know is answered 400."""
    body = json.dumps({"jql": "x", "startAt": 0, "maxResults": None}).encode()
    wrong = Description("jira-cloud").complaints("POST", "/rest/api/3/search/jql", {}, body)
    assert wrong
    assert "Additional properties are not allowed ('startAt' was unexpected)" in wrong
    assert "None is not of type 'integer'" in wrong
    assert Description("github").complaints("GET", "/search/issues", {"pages": ["1"]}, b"") == [
        "missing parameter q",
        "undeclared parameter pages",
    ]

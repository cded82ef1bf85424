"""Every request we send, against the vendors' own OpenAPI descriptions where they describe its path."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.conftest import FakeClock
from worksupport.config.settings import GitHubSettings, JiraSettings
from worksupport.sandbox.exchange import GITHUB_ROOT, Request
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox, running
from worksupport.sources.github import client as github
from worksupport.sources.github.search import issue_query
from worksupport.sources.jira import client as jira

_FOLDER = Path(__file__).parents[3] / "shared" / "vendor-specs"
pytestmark = pytest.mark.skipif(
    not _FOLDER.is_dir(), reason="needs the descriptions in ../shared/vendor-specs, which are not published"
)
_FILES = {"jira": "jira-cloud-v3.openapi.json", "github": "github.openapi.json"}
_PATIENCE = {"clock": FakeClock(), "timeout_seconds": 5, "max_wait_seconds": 5}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The made-up world, with pages so small that every query has several."""
    world = made_up_world()
    world.page_size = 40
    with running(world) as served:
        yield served


def ask_everything(sandbox: Sandbox) -> None:
    """Each call of both clients once."""
    world = sandbox.world
    site = jira.connect(
        JiraSettings(sandbox.jira_url, world.jira_token, world.jira_email, None, None), **_PATIENCE
    )
    site.ask_site()
    site.prove_identity()
    site.issue_types()
    site.find_account_id("nobody@example.com")
    parents = [issue["key"] for page in site.search("type = 'Product Version'") for issue in page]
    list(site.search(site.deployment.children_jql(parents, [])))
    site.close()
    hub = github.connect(
        GitHubSettings(world.github_token, world.github_label, sandbox.github_url), **_PATIENCE
    )
    hub.prove_identity()
    hub.supports_or()
    list(hub.search(issue_query(world.github_label, [p.login for p in world.team if p.login][:6])))
    hub.close()


class Description:
    """One vendor's description, asked what is wrong with a request."""

    def __init__(self, service: str) -> None:
        self.document = json.loads((_FOLDER / _FILES[service]).read_text("utf-8"))
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self.registry: Registry[Any] = Registry().with_resource("urn:vendor", resource)

    def complaints(self, method: str, path: str, query: dict[str, Any], body: bytes) -> list[str] | None:
        """What is wrong; None if the path is not described."""
        operation = self.document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            return None
        found = list(self._query(operation, query))
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            found += self._errors(schema, json.loads(body))
        return found

    def _query(self, operation: Any, query: dict[str, Any]) -> Iterator[str]:
        declared = [self._resolved(parameter) for parameter in operation.get("parameters", ())]
        by_name = {parameter["name"]: parameter for parameter in declared if parameter["in"] == "query"}
        yield from (f"undeclared parameter {name}" for name in query.keys() - by_name.keys())
        for name, values in query.items():
            schema = by_name.get(name, {}).get("schema", {})
            value = int(values[0]) if schema.get("type") == "integer" else values[0]
            yield from self._errors(schema, value)

    def _resolved(self, item: dict[str, Any]) -> Any:
        parts = item.get("$ref", "").split("/")[1:]
        found: Any = self.document if parts else item
        for part in parts:
            found = found[part]
        return found

    def _errors(self, schema: Any, value: Any) -> list[str]:
        text = json.dumps(schema).replace('"#/', '"urn:vendor#/')
        validator = OAS30Validator(json.loads(text), registry=self.registry)
        return [error.message for error in validator.iter_errors(value)]


def described(request: Request) -> tuple[str, str]:
    """The service that was asked, and the path as its description writes it (Jira's in version 3)."""
    if request.path.startswith(GITHUB_ROOT):
        return "github", request.path.removeprefix(GITHUB_ROOT)
    return "jira", request.path.replace("/rest/api/2/", "/rest/api/3/")


def test_every_request_is_one_that_the_vendor_describes(sandbox: Sandbox) -> None:
    ask_everything(sandbox)
    descriptions = {service: Description(service) for service in _FILES}
    checked: set[str] = set()
    for request in sandbox.requests:
        service, path = described(request)
        wrong = descriptions[service].complaints(request.method, path, request.query, request.body)
        assert not wrong, (path, wrong)
        checked |= {path} if wrong == [] else set()
    assert checked == {
        "/rest/api/3/serverInfo",
        "/rest/api/3/myself",
        "/rest/api/3/issuetype",
        "/rest/api/3/search/jql",
        "/user",
        "/search/issues",
    }
    assert any(b"nextPageToken" in request.body for request in sandbox.requests)


def test_a_wrong_request_would_be_noticed() -> None:
    """A member that Jira does not know is answered 400."""
    body = json.dumps({"jql": "x", "startAt": 0, "maxResults": None}).encode()
    wrong = Description("jira").complaints("POST", "/rest/api/3/search/jql", {}, body)
    assert "Additional properties are not allowed ('startAt' was unexpected)" in wrong
    assert "None is not of type 'integer'" in wrong
    assert Description("github").complaints("GET", "/search/issues", {"pages": ["1"]}, b"") == [
        "undeclared parameter pages"
    ]

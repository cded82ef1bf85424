"""The sandbox's answers against the vendors' own OpenAPI descriptions, where those are at hand."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema.exceptions import ValidationError
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from worksupport.sandbox.server import Sandbox

_FOLDER = Path(__file__).parents[3] / "shared" / "vendor-specs"
pytestmark = pytest.mark.skipif(
    not _FOLDER.is_dir(), reason="needs the descriptions in ../shared/vendor-specs, which are not published"
)

# Where the descriptions are wrong or behind what real answers hold (see their README).
_NULL_AS_WELL = ("body", "state_reason")
_UNDECLARED = "'untranslatedName' was unexpected"


def complaints(specification: str, path: str, status: int, document: Any, method: str = "get") -> list[str]:
    """What the description of this answer finds wrong, without the known deviations."""
    described = json.loads((_FOLDER / specification).read_text("utf-8"))
    registry: Registry[Any] = Registry().with_resource(
        "urn:vendor", Resource.from_contents(described, default_specification=DRAFT202012)
    )
    escaped = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    pointer = f"#/paths/{escaped}/{method}/responses/{status}/content/application~1json/schema"
    validator = OAS30Validator({"$ref": f"urn:vendor{pointer}"}, registry=registry)
    errors = [error for error in validator.iter_errors(document) if _UNDECLARED not in error.message]
    return [f"{list(error.path)}: {error.message}" for error in errors if not _is_known_null(error)]


def _is_known_null(error: ValidationError) -> bool:
    return error.instance is None and error.path[-1] in _NULL_AS_WELL


@pytest.mark.parametrize("path", ["serverInfo", "myself", "issuetype", "field", "issue/AIPRDV-3"])
def test_jira_gets(jira_session: requests.Session, sandbox: Sandbox, path: str) -> None:
    answer = jira_session.get(f"{sandbox.jira_url}/rest/api/3/{path}", timeout=5)
    described = "issue/{issueIdOrKey}" if path.startswith("issue/") else path
    assert complaints("jira-cloud-v3.openapi.json", f"/rest/api/3/{described}", 200, answer.json()) == []


def test_jira_search(jira_session: requests.Session, sandbox: Sandbox) -> None:
    path = "/rest/api/3/search/jql"
    body = {"jql": "project IN (AIMP, AIPRDV) ORDER BY key", "fields": ["*all"], "maxResults": 100}
    answer = jira_session.post(sandbox.jira_url + path, json=body, timeout=5)
    assert "nextPageToken" in answer.json()
    assert complaints("jira-cloud-v3.openapi.json", path, 200, answer.json(), "post") == []


@pytest.mark.parametrize("path", ["/user", "/rate_limit"])
def test_github_gets(github_session: requests.Session, sandbox: Sandbox, path: str) -> None:
    answer = github_session.get(sandbox.github_url + path, timeout=5)
    assert complaints("github.openapi.json", path, 200, answer.json()) == []


def test_github_search_and_issue(github_session: requests.Session, sandbox: Sandbox) -> None:
    parameters = {"q": "is:issue", "advanced_search": "true", "per_page": "100"}
    answer = github_session.get(f"{sandbox.github_url}/search/issues", params=parameters, timeout=5)
    assert complaints("github.openapi.json", "/search/issues", 200, answer.json()) == []
    issue = github_session.get(answer.json()["items"][0]["url"], timeout=5).json()
    assert complaints("github.openapi.json", "/repos/{owner}/{repo}/issues/{issue_number}", 200, issue) == []


def test_the_check_can_fail(github_session: requests.Session) -> None:
    """A wrong document is complained about."""
    assert complaints("github.openapi.json", "/search/issues", 200, {"total_count": "1", "items": [{}]}) != []

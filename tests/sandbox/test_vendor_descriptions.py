"""The sandbox's answers against the vendors' own OpenAPI descriptions."""

from typing import Any

import pytest
import requests
from jsonschema.exceptions import ValidationError

from tests.vendor import Description
from worksupport.sandbox.server import Sandbox

# Where the descriptions are wrong or behind what real answers hold (tests/data/vendor/README.md).
_NULL_AS_WELL = ("body", "state_reason", "emailAddress")
_UNDECLARED = "'untranslatedName' was unexpected"


def complaints(service: str, path: str, document: Any, method: str = "get") -> list[str]:
    """What the description of this answer finds wrong, without the known deviations."""
    description = Description(service)
    operation = description.operation(method, path)
    assert operation, f"{method} {path} is not described"
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    errors = [e for e in description.errors(schema, document) if _UNDECLARED not in e.message]
    return [f"{list(error.path)}: {error.message}" for error in errors if not _is_known_null(error)]


def _is_known_null(error: ValidationError) -> bool:
    return error.instance is None and error.path[-1] in _NULL_AS_WELL


@pytest.mark.parametrize("path", ["serverInfo", "myself", "issuetype", "field", "issue/AIPRDV-3"])
def test_jira_gets(jira_session: requests.Session, sandbox: Sandbox, path: str) -> None:
    answer = jira_session.get(f"{sandbox.jira_url}/rest/api/3/{path}", timeout=5)
    described = "issue/{issueIdOrKey}" if path.startswith("issue/") else path
    assert complaints("jira-cloud", f"/rest/api/3/{described}", answer.json()) == []


def test_jira_search(jira_session: requests.Session, sandbox: Sandbox) -> None:
    path = "/rest/api/3/search/jql"
    body = {"jql": "project IN (AIMP, AIPRDV) ORDER BY key", "fields": ["*all"], "maxResults": 100}
    answer = jira_session.post(sandbox.jira_url + path, json=body, timeout=5)
    assert "nextPageToken" in answer.json()
    assert complaints("jira-cloud", path, answer.json(), "post") == []


def test_jira_people(jira_session: requests.Session, sandbox: Sandbox) -> None:
    """Also those whose e-mail address is hidden, in each of its ways."""
    ids = [person.account_id for person in sandbox.world.team if person.has_jira]
    asked: dict[str, dict[str, str | list[str]]] = {
        "user": {"accountId": ids[0]},
        "user/bulk": {"accountId": ids},
        "user/search": {"query": "a"},
    }
    for path, parameters in asked.items():
        answer = jira_session.get(f"{sandbox.jira_url}/rest/api/3/{path}", params=parameters, timeout=5)
        assert answer.json()
        assert complaints("jira-cloud", f"/rest/api/3/{path}", answer.json()) == []


@pytest.mark.parametrize("path", ["/user", "/rate_limit"])
def test_github_gets(github_session: requests.Session, sandbox: Sandbox, path: str) -> None:
    answer = github_session.get(sandbox.github_url + path, timeout=5)
    assert complaints("github", path, answer.json()) == []


def test_github_search_and_issue(github_session: requests.Session, sandbox: Sandbox) -> None:
    parameters = {"q": "is:issue", "advanced_search": "true", "per_page": "100"}
    answer = github_session.get(f"{sandbox.github_url}/search/issues", params=parameters, timeout=5)
    assert complaints("github", "/search/issues", answer.json()) == []
    issue = github_session.get(answer.json()["items"][0]["url"], timeout=5).json()
    assert complaints("github", "/repos/{owner}/{repo}/issues/{issue_number}", issue) == []


def test_the_check_can_fail() -> None:
    """A wrong document is complained about, down to its parts that are described elsewhere."""
    assert complaints("github", "/search/issues", {"total_count": "1", "items": [{}]}) != []
    wrong = {"issues": [{"id": 10001}], "isLast": True}
    assert complaints("jira-cloud", "/rest/api/3/search/jql", wrong, "post") == [
        "['issues', 0, 'id']: 10001 is not of type 'string'"
    ]

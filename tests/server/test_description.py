"""/openapi.json is true: every answer matches it, whatever is asked."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.server.conftest import Client, fill_with_everything, served
from tests.server.test_reloads import site
from worksupport.config.load import load_settings
from worksupport.sandbox.server import running
from worksupport.server.openapi import description
from worksupport.server.operations import ROUTES
from worksupport.server.reloads import Reloads

DESCRIPTION: dict[str, Any] = description(ROUTES)
REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:us", Resource.from_contents(DESCRIPTION, default_specification=DRAFT202012)
)


def complaints(path: str, status: int, document: Any, method: str = "get") -> list[str]:
    """What the description of this answer finds wrong; an answer it does not list is wrong, too."""
    response = DESCRIPTION["paths"][path][method]["responses"][str(status)]
    while "$ref" in response:
        response = DESCRIPTION["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = _absolute(response["content"]["application/json"]["schema"])
    return [error.message for error in OAS31Validator(schema, registry=REGISTRY).iter_errors(document)]


def _absolute(schema: Any) -> Any:
    return json.loads(json.dumps(schema).replace('"#/', '"urn:us#/'))


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/issues/keys", ""),
        ("/api/issues/keys", "?missing=true"),
        ("/api/issues/keys", "?source=nowhere"),
        ("/api/issues/hierarchy", ""),
        ("/api/issues/hierarchy", "?root_type=Story&max_depth=1"),
        ("/api/issues/hierarchy", "?key=NO-1"),
        ("/api/harvest/reload", ""),
        ("/api/harvest/reload", "?limit=0"),
        ("/api/summary", ""),
        ("/api/summary", "?key=NO-1"),
        ("/api/aging", ""),
        ("/api/forecast", "?key=PV-2"),
        ("/api/forecast", ""),
        ("/api/flow", "?weeks=2"),
        ("/api/flow", "?assignee=Bo"),
        ("/api/lint", ""),
        ("/api/lint", "?rule=ugly"),
        ("/health", ""),
        ("/health", "?x=1"),
        ("/openapi.json", ""),
    ],
)
def test_answers_are_as_described(client: Client, path: str, target: str) -> None:
    reply = client.ask(path + target)
    assert complaints(path, reply.status, reply.document) == []


def test_each_parameter_described_is_taken(client: Client) -> None:
    """And the refusal of another one names exactly those."""
    for path in ("/api/issues/keys", "/api/issues/hierarchy", "/api/harvest/reload"):
        described = {parameter["name"] for parameter in DESCRIPTION["paths"][path]["get"]["parameters"]}
        _, detail = client.refusal(f"{path}?unheard_of=1")
        assert set(detail.rpartition("takes ")[2].split(", ")) == described


def test_every_route_is_described(client: Client) -> None:
    routes = client.server.application.routes
    described = {
        path: {method.upper() for method in operations if method != "parameters"}
        for path, operations in DESCRIPTION["paths"].items()
    }
    assert described == {path: set(routes.operations(path)) for path in described}
    assert "5" in client.ask("/api/harvest/reload/5").document["detail"]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Client]:
    """A server with a token, over a filled database and a sandbox, so that reloads begin and conflict."""
    with ExitStack() as stack:
        sandbox = stack.enter_context(running(site()))
        config = tmp_path / "team.properties"
        config.write_text(sandbox.properties(), encoding="utf-8")
        settings = load_settings(config, None, {})
        fill_with_everything(settings.database_path)
        reloads = Reloads(settings)
        yield stack.enter_context(
            served(settings.database_path, reloads=reloads, token="right", rate_limit_per_minute=0)
        )
        assert reloads.stop(20)


@pytest.mark.long
def test_schemathesis_finds_nothing(team: Client, tmp_path: Path) -> None:
    """No 5xx, nothing undescribed, wrong values refused, the token wanted."""
    (tmp_path / "schemathesis.toml").write_text(BEYOND_OPENAPI)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{team.port}/openapi.json"]
    options = ["--header", "Authorization: Bearer right", "--max-examples", "60", "--seed", "1", "--no-color"]
    shown = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=170)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    # All but the one that it read the description from.
    assert f"{len(described_operations()) - 1} selected" in shown.stdout


# OpenAPI has no words for "one of these two parameters", a time that is past, a team that is too small.
BEYOND_OPENAPI = "".join(
    f"""
[[operations]]
include-name = "GET {path}"
checks.positive_data_acceptance.expected-statuses = ["200", "304", "400", "401", "403", "404", "429"]
"""
    for path in (
        *("/api/issues", "/api/issues/keys", "/api/issues/hierarchy", "/api/changes"),
        *("/api/summary", "/api/aging", "/api/forecast", "/api/flow", "/api/lint"),
    )
)


def described_operations() -> list[str]:
    """Each method of each path."""
    operations = DESCRIPTION["paths"].values()
    return [method for each in operations for method in each if method in ("get", "post")]

"""Cuts a vendor's OpenAPI description down to the operations we use, without prose and examples.

    python tests/data/vendor/trim.py jira-cloud swagger-v3.v3.json
    python tests/data/vendor/trim.py github api.github.com.json

Kept is what the contract tests read: parameters, bodies, answers of status 200, and all that these refer to.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_OPERATIONS = {
    "jira-cloud": (
        "get /rest/api/3/serverInfo",
        "get /rest/api/3/myself",
        "get /rest/api/3/issuetype",
        "get /rest/api/3/field",
        "get /rest/api/3/issue/{issueIdOrKey}",
        "post /rest/api/3/search/jql",
        "get /rest/api/3/user",
        "get /rest/api/3/user/bulk",
        "get /rest/api/3/user/search",
    ),
    "github": (
        "get /search/issues",
        "get /user",
        "get /rate_limit",
        "get /repos/{owner}/{repo}/issues/{issue_number}",
    ),
}
_KEPT_OF_AN_OPERATION = ("parameters", "requestBody", "responses")
_PROSE = {"description", "example", "examples", "externalDocs", "summary", "title", "xml"}
# Below these stand names of the vendor's own, which can be those of prose: a field called "description".
_NAMES = {"properties", "schemas", "parameters", "responses", "headers"}


def trimmed(document: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """The description of these operations ("get /path")."""
    paths: dict[str, Any] = {}
    for method, path in map(str.split, operations):
        described = document["paths"][path][method]
        kept = {name: described[name] for name in _KEPT_OF_AN_OPERATION if name in described}
        kept["responses"] = {"200": described["responses"]["200"]}
        paths.setdefault(path, {})[method] = _without_prose(kept)
    components = _components(document, paths)
    information = {name: document["info"][name] for name in ("title", "version", "license")}
    return {"openapi": document["openapi"], "info": information, "paths": paths, "components": components}


def _components(document: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """All that the paths refer to, and what that refers to, by kind and name in order."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(_references(paths))
    while waiting:
        kind, name = waiting.pop()
        if name not in found.setdefault(kind, {}):
            found[kind][name] = _without_prose(document["components"][kind][name])
            waiting += _references(found[kind][name])
    return {kind: dict(sorted(found[kind].items())) for kind in sorted(found)}


def _references(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            kind, name = reference.removeprefix("#/components/").split("/")
            yield kind, name
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _references(item)


def _without_prose(node: Any, *, holds_names: bool = False) -> Any:
    if isinstance(node, list):
        return [_without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_prose(value, holds_names=name in _NAMES and not holds_names)
        for name, value in node.items()
        if holds_names or not (name in _PROSE or name.startswith("x-"))
    }


if __name__ == "__main__":
    service, source = sys.argv[1:]
    whole = json.loads(Path(source).read_text("utf-8"))
    text = json.dumps(trimmed(whole, _OPERATIONS[service]), ensure_ascii=False, indent=1)
    (_FOLDER / f"{service}.json").write_text(text + "\n", "utf-8")

"""Recorded answers of real services, kept beside the checkout; where absent, tests that want them skip."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parents[2] / "shared" / "recorded"
needs_recordings = pytest.mark.skipif(
    not _FOLDER.is_dir(), reason="needs the recorded answers in ../shared/recorded, which are not published"
)


def jira_issues() -> Iterator[dict[str, Any]]:
    """Every Jira issue of the recordings, whatever list or answer it stands in."""
    yield from _objects("jira", lambda item: "key" in item and isinstance(item.get("fields"), dict))


def github_issues() -> Iterator[dict[str, Any]]:
    """Every GitHub issue and pull request of the recordings."""
    yield from _objects("github", lambda item: {"number", "title", "state"} <= item.keys())


def _objects(service: str, wanted: Any) -> Iterator[dict[str, Any]]:
    for path in sorted((_FOLDER / service).glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                recorded = json.loads(line)
                root = recorded["record"] if "record" in recorded else recorded["response"].get("body")
                yield from _top_objects(root, wanted)


def _top_objects(root: Any, wanted: Any) -> Iterator[dict[str, Any]]:
    """The outermost objects that are wanted: the parent inside an issue is no issue of its own."""
    if isinstance(root, list):
        for item in root:
            yield from _top_objects(item, wanted)
    elif isinstance(root, dict) and wanted(root):
        yield root
    elif isinstance(root, dict):
        for item in root.values():
            yield from _top_objects(item, wanted)

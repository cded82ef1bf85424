"""Issues as real services sent them, each kept for what is odd about it (tests/data/recorded)."""

import json
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parent / "data" / "recorded"


def each(service: str) -> pytest.MarkDecorator:
    """Run the test with each recorded issue of a service as `raw`, under the name of its oddity."""
    recorded = [pytest.param(item["record"], id=item["why"]) for item in _recorded(service)]
    return pytest.mark.parametrize("raw", recorded)


def issues(service: str) -> list[dict[str, Any]]:
    """All recorded issues of a service."""
    return [item["record"] for item in _recorded(service)]


def _recorded(service: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((_FOLDER / f"{service}.json").read_text("utf-8"))
    return items

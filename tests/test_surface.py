"""One surface: the same filters find the same issues at every door; every command takes a form or says no."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conftest import Answer, FakeClock
from tests.filled_database import issue
from tests.queries.test_filters import PEOPLE, PV, TIMES, filled, some_filters
from tests.server.conftest import Client, served
from worksupport.commands.options import COMMANDS, FORMATS
from worksupport.model.filters import FILTERS

Run = Callable[..., Answer]
_BY_NAME = {row.name: row for row in FILTERS}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty issues of every kind: below each other, in circles, orphans, missing ones."""
    chosen = random.Random(9)
    keys = [f"P-{number}" for number in range(60)]
    rows = [
        issue(
            key,
            chosen.choice([PV, "Feature", "Story"]),
            parent=chosen.choice([None, "P-999", *keys, *keys[:9]]),
            status=chosen.choice(["Open", "In Progress", "Done", "Blocked", "Won't Do"]),
            assignees=chosen.sample(PEOPLE, chosen.randrange(3)),
            labels=chosen.sample(["web", "Ü", "On Hold"], chosen.randrange(3)),
            source=chosen.choice(["jira", "github"]),
            missing_since=chosen.choice([None, None, None, TIMES[0]]),
            updated_at=chosen.choice([None, *TIMES]),
            created_at=chosen.choice([None, *TIMES]),
        )
        for key in keys
    ]
    return filled(tmp_path_factory.mktemp("surface"), rows)


@pytest.fixture(scope="module")
def server(database: Path) -> Iterator[Client]:
    with served(database, clock=FakeClock(), rate_limit_per_minute=0) as client:
        yield client


def _pairs(filters: dict[str, Any]) -> list[tuple[str, str]]:
    """Each filter's name and value; `true` for a flag."""
    flags = {name for name in filters if _BY_NAME[name].holds in ("flag", "days")}
    return [
        *((name, "true") for name in flags),
        *((name, str(value)) for name, values in filters.items() if name not in flags for value in values),
    ]


def _keys(nodes: list[Any]) -> set[str]:
    return {key for node in nodes for key in (node["issue_key"], *_keys(node.get("children", [])))}


def _without_paths(nodes: list[Any], fitting: set[str]) -> set[str]:
    """The tree's keys but for those of nodes that only lead to others."""
    found: set[str] = set()
    for node in nodes:
        below = _without_paths(node["children"], fitting)
        is_path = node["issue_key"] not in fitting and bool(below)
        found |= below | (set() if is_path else {node["issue_key"]})
    return found


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=some_filters())
def test_every_door_finds_the_same_issues(
    run: Run, database: Path, server: Client, filters: dict[str, Any]
) -> None:
    pairs = _pairs(filters)
    options = [_BY_NAME[name].option + f"={value}".removesuffix("=true") for name, value in pairs]

    def printed(command: str, *more: str) -> Any:
        answer = run(command, *more, *options, "--db", database, clock=FakeClock())
        assert answer.exit_code == 0, answer.err
        return answer.out

    found = set(printed("keys").split())
    assert {row.split("\t")[0] for row in printed("list").splitlines()} == found
    assert set(json.loads(printed("keys", "--json"))["issue_keys"]) == found
    assert _keys(json.loads(printed("list", "--json"))["issues"]) == found
    query = urlencode(pairs)
    assert set(server.ask(f"/api/issues/keys?{query}").document["issue_keys"]) == found
    assert _keys(server.ask(f"/api/issues?{query}").document["issues"]) == found
    text = printed("tree", "--json", "--max-depth=100")
    assert server.ask(f"/api/issues/hierarchy?{query}&max_depth=100").body.decode() == text
    tree = json.loads(text)
    assert _without_paths(tree["hierarchy"], found) | _keys(tree["outside_issues"]) == found


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_answers_in_a_form_or_says_that_it_has_none(
    run: Run, database: Path, command: str
) -> None:
    own = FORMATS.get("list" if command == "search" else command, ())
    key = ["P-0"] if command in ("show", "forecast") else ["--exit-zero"] if command == "lint" else []
    for form in {*(form for forms in FORMATS.values() for form in forms), "yaml"}:
        answer = run(command, *key, "--format", form, "--db", database, clock=FakeClock())
        assert (form, answer.exit_code) == (form, 0 if form in own else 2)
        # Nothing has changed there: then nothing is printed.
        assert bool(answer.out) == (form in own) or command == "changes"

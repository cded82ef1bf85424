"""`--team`: the words of the configuration, from the file to each answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Answer
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.server import Sandbox
from worksupport.sandbox.team import Person

Run = Callable[..., Answer]
PORTAL = ["IAIPORT-4", "IAIPORT-7", "lumenclaims/portal#1"]


@pytest.fixture
def config(site: Sandbox, configured: Callable[[Sandbox, str], Path], run: Run, tmp_path: Path) -> Path:
    """The first two are of Portal, one known by e-mail; the third of data; a namesake of one is of none."""
    world = site.world
    teams = (("Portal", "web"), ("portal",), ("data", "Web"))
    world.team = [replace(person, teams=words) for person, words in zip(world.team[:3], teams, strict=True)]
    namesake = Person(world.team[1].name, "somebody-else")
    world.others.append(namesake)
    feature = world.jira_issues["IAIPORT-2"]
    world.add_jira_issue("IAIPORT", "Story", parent=feature, assignee=namesake)
    login = (world.team[0].login or "").upper()
    add_github_issue(world, "lumenclaims/portal", "Flaky", labels=[world.github_label], assignees=[login])
    configured(site, "")
    assert run("harvest", "-q").exit_code == 0
    return tmp_path / "team.properties"


def test_a_team_is_its_members_accounts_and_not_their_names(run: Run, config: Path) -> None:
    """One is found by e-mail, one by a login in another case; who only has the same name is not found."""
    assert run("keys", "--team", "PORTAL").out.split() == PORTAL
    assert run("keys", "--team", "data").out == ""
    assert run("keys", "--team", "data", "--team", "portal", "--source", "jira").out.split() == PORTAL[:2]


def test_every_command_with_filters_takes_a_team(run: Run, config: Path) -> None:
    team = ["--team", "portal", "--json"]
    listed = json.loads(run("list", *team).out)["issues"]
    assert sorted(issue["issue_key"] for issue in listed) == PORTAL
    assert PORTAL[0] in run("tree", *team).out
    assert "IAIPORT-5" not in run("tree", *team).out
    assert run("list", "--as-of", "2026-11-05", *team).out.count('"issue_key"') == 3
    for command in ("changes", "aging", "lint"):
        answer = run(command, *team, *([] if command == "changes" else ["--exit-zero"]))
        assert answer.exit_code == 0, answer.err


def test_what_no_team_is_called_is_told_with_what_is_near(run: Run, config: Path) -> None:
    answer = run("keys", "--team", "dat")
    assert (answer.exit_code, answer.out) == (0, "")
    assert answer.err == "worksupport: no issue is of the team 'dat'\n  near: data\n"


@pytest.mark.parametrize(("begun", "offered"), [("po", "Portal"), ("D", "data")])
def test_a_shell_completes_the_known_words(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch, begun: str, offered: str
) -> None:
    monkeypatch.setenv("_WORKSUPPORT_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"worksupport list --team {begun}")
    assert offered in run().out.split()


def test_the_next_harvest_knows_the_teams_of_the_file(run: Run, config: Path) -> None:
    """Until then answers go by what the last one knew: they read the database alone."""
    config.write_text(config.read_text("utf-8").replace("teams = data, Web", "teams = portal, data"), "utf-8")
    config.write_text(config.read_text("utf-8").replace("teams = Portal, web", "teams = data"), "utf-8")
    assert run("keys", "--team", "portal").out.split() == PORTAL
    assert run("harvest", "-q").exit_code == 0
    assert run("keys", "--team", "portal").out.split() == ["IAIPORT-4"]
    assert run("keys", "--team", "data").out.split() == PORTAL[1:]

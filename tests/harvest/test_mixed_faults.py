"""Any mixture of faults: the same database as without them, or a failed run that removes nothing."""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import FakeClock
from tests.harvest.conftest import small_world
from worksupport import cli
from worksupport.sandbox.faults import FAULTS, Faults
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.server import Sandbox, running

# By source_id: key, title, and whether it is missing.
State = dict[str, tuple[str, str, bool]]

# These keep a real time-out or connection open for seconds each; test_harvest_github has them one by one.
_KINDS = sorted(set(FAULTS) - {"drip", "huge"})


@dataclass
class Scene:
    """A sandbox whose data has moved on since a first harvest, and what the databases hold."""

    sandbox: Sandbox
    folder: Path
    before: State
    after: State

    def spared(self, kinds: list[str]) -> set[str]:
        """The issues that may stay as they were where something was left out.

        One that vanished is not marked then, for it may be what was left out; and "short" hides the last
        issue of each of GitHub's answers.
        """
        vanished = {key for key, _, is_missing in self.after.values() if is_missing}
        of_github = {key for key, *_ in self.after.values() if "#" in key}
        return vanished | (of_github if "short" in kinds else set())

    def harvest(self, *kinds: str) -> tuple[int, list[str], State]:
        """Harvest into a copy of the first database while these faults are on: exit code, warnings, rows."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            database = Path(folder) / "w.db"
            shutil.copy(self.folder / "first.db", database)
            self.sandbox.fault = Faults(*kinds)
            exit_code, document = _harvest(self.folder / "team.properties", database)
            return exit_code, document["warnings"], _state(database)


def _harvest(config: Path, database: Path) -> tuple[int, dict[str, list[str]]]:
    out = StringIO()
    arguments = ["--config", str(config), "--db", str(database), "harvest", "--json"]
    with redirect_stdout(out), redirect_stderr(StringIO()):
        exit_code = cli.main(arguments, clock=FakeClock())
    return exit_code, json.loads(out.getvalue())


def _state(database: Path) -> State:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT source_id, issue_key, summary, missing_since IS NOT NULL FROM issues"
        )
        return {source_id: (key, summary, bool(missing)) for source_id, key, summary, missing in rows}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A first harvest; then titles change, issues go and one comes; and the result without faults."""
    folder = tmp_path_factory.mktemp("scene")
    world = small_world()
    world.page_size = 2
    for number in range(4):
        assignees = [world.team[number % 3].login]
        add_github_issue(
            world, "acme/app", f"Issue {number}", labels=[world.github_label], assignees=assignees
        )
    with running(world) as sandbox:
        (folder / "team.properties").write_text(sandbox.properties() + "\nhttp.timeout_seconds = 2\n")
        os.chmod(folder / "team.properties", 0o600)
        assert _harvest(folder / "team.properties", folder / "first.db")[0] == 0
        before = _state(folder / "first.db")
        world.jira_issues["IAIPORT-4"]["fields"]["summary"] = "A better title"
        world.delete_jira_issue("IAIPORT-5")
        world.add_jira_issue("IAIPORT", "Task", parent=world.jira_issues["IAIPORT-3"], summary="New work")
        world.github_issues[0]["title"] = "A better issue"
        del world.github_issues[1]
        shutil.copy(folder / "first.db", folder / "faultless.db")
        assert _harvest(folder / "team.properties", folder / "faultless.db")[0] == 0
        yield Scene(sandbox, folder, before, _state(folder / "faultless.db"))


def _check(scene: Scene, kinds: list[str]) -> None:
    """As without faults; else with what was left out said, and only that as before; else failed, all kept."""
    exit_code, warnings, state = scene.harvest(*kinds)
    left_out = any("left out" in warning for warning in warnings)
    if exit_code == 0:
        others = {
            key
            for source_id, (key, *_) in scene.after.items()
            if state.get(source_id) != scene.after[source_id]
        }
        assert others <= (scene.spared(kinds) if left_out else set())
    assert exit_code in (0, 1, 3, 4, 5)
    for source_id, row in scene.before.items():
        assert state[source_id] in (row, scene.after[source_id]), (
            "an old row is neither as before nor as it is now"
        )
    assert set(state) <= set(scene.before) | set(scene.after)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(_KINDS), min_size=1, max_size=3, unique=True))
def test_a_mixture_of_faults_ends_as_without_them_or_fails_and_keeps_everything(
    scene: Scene, kinds: list[str]
) -> None:
    _check(scene, kinds)


@pytest.mark.long
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(_KINDS), min_size=1, max_size=4, unique=True))
def test_many_mixtures_of_faults(scene: Scene, kinds: list[str]) -> None:
    _check(scene, kinds)

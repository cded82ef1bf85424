"""`worksupport demo`: the whole main job in one folder, and nothing outside it."""

import os
import shlex
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from worksupport import cli
from worksupport.clock import Clock, utc_text

Run = Callable[..., Answer]


def everything_below(folder: Path) -> set[str]:
    """The paths of all files and folders below, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_shows_the_tree_and_commands_that_work(run: Run, tmp_path: Path) -> None:
    """What it prints is the tree of its own database; the files are in the folder, for our eyes only."""
    shown = run("demo")
    folder = tmp_path / "worksupport-demo"
    assert shown.exit_code == 0
    assert "Document Reader 2.8" in shown.out
    assert f"export WORKSUPPORT_CONFIG={folder}/team_members.properties" in shown.out
    tree = run("tree", "--config", folder / "team_members.properties")
    assert shown.out.startswith(tree.out)
    assert {path.name for path in folder.iterdir()} >= {
        "team_members.properties",
        "worksupport.db",
        "harvest.log",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_its_next_commands_work_from_the_database(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [shlex.split(line) for line in run("demo").out.splitlines() if line.startswith("  worksupport ")]
    monkeypatch.setenv("WORKSUPPORT_CONFIG", str(tmp_path / "worksupport-demo" / "team_members.properties"))
    answers = [run(*arguments) for _, *arguments in lines]
    assert [answer.exit_code for answer in answers] == [0, 0, 0, 0]
    assert answers[0].out.count("Yuki Tanaka") > 5
    assert answers[1].out.startswith(lines[1][2])


@pytest.mark.parametrize("is_found", [True, False])
def test_says_how_a_shell_finds_the_program(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_found: bool
) -> None:
    """Called by its path, as in a virtual environment that is not active, it would not be found by name."""
    program = tmp_path / "an environment" / "worksupport"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(program)])
    monkeypatch.setenv("PATH", str(program.parent) if is_found else "/nowhere")
    line = f"  export PATH='{tmp_path}/an environment':$PATH\n"
    assert (line in run("demo").out) is not is_found


def test_touches_nothing_outside_its_folder(run: Run, tmp_path: Path) -> None:
    before = everything_below(tmp_path)
    run("demo", "here")
    left = {path for path in everything_below(tmp_path) - before if not path.startswith("here")}
    assert left == set()


def test_runs_again_in_its_own_folder(run: Run, tmp_path: Path) -> None:
    first = run("demo", "again")
    second = run("demo", "again")
    assert (second.exit_code, second.out) == (0, first.out)
    assert (tmp_path / "again" / "harvest.log").read_text("utf-8").count("harvest completed") >= 2


@pytest.mark.parametrize("name", ["notes.txt", "team_members.properties", "worksupport.db"])
def test_refuses_a_folder_with_files_of_somebody_else(run: Run, tmp_path: Path, name: str) -> None:
    """A real configuration or database is not the demo's because it has that name."""
    own = tmp_path / "mine" / name
    own.parent.mkdir()
    own.write_text("team.member.1.name = Me\n")
    refused = run("demo", "mine")
    assert (refused.exit_code, refused.out) == (3, "")
    assert name in refused.err
    assert "nothing was touched" in refused.err
    assert own.read_text() == "team.member.1.name = Me\n"
    assert list(own.parent.iterdir()) == [own]


def test_refuses_links_that_lead_out_and_a_file_as_folder(run: Run, tmp_path: Path) -> None:
    run("demo", "linked")
    elsewhere = tmp_path / "elsewhere.db"
    (tmp_path / "linked" / "worksupport.db").rename(elsewhere)
    (tmp_path / "linked" / "worksupport.db").symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    assert run("demo", "linked").exit_code == 3
    assert elsewhere.read_bytes() == before
    assert run("demo", elsewhere).exit_code == 3


def test_refuses_a_folder_that_others_may_change(
    run: Run, tmp_path: Path, belongs_to_another: Callable[[Path], None]
) -> None:
    """Its configuration is told to be exported: who can swap it gets what runs then send."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    refused = run("demo", shared)
    assert (refused.exit_code, refused.out) == (3, "")
    assert f"chmod go-w {shared}" in refused.err
    assert not list(shared.iterdir())
    shared.chmod(0o700)
    belongs_to_another(shared)
    for folder in (shared, shared / "below"):
        refused = run("demo", folder)
        assert (refused.exit_code, refused.out) == (3, "")
        assert "belongs to another account" in refused.err


def test_the_folders_that_it_makes_are_closed_whatever_the_umask(run: Run, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert run("demo", tmp_path / "a" / "b").exit_code == 0
    finally:
        os.umask(before)
    made = (tmp_path / "a", tmp_path / "a" / "b")
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}


def test_no_variable_of_ours_leads_the_demo_elsewhere(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Environment beats file for real runs; the demo asks nobody but its sandbox, and says what to unset."""
    monkeypatch.setenv("WORKSUPPORT_JIRA_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WORKSUPPORT_DB", str(tmp_path / "real.db"))
    shown = run("demo", "--db", tmp_path / "real.db")
    assert shown.exit_code == 0
    assert not (tmp_path / "real.db").exists()
    assert "unset WORKSUPPORT_DB WORKSUPPORT_JIRA_BASE_URL" in shown.out


def test_kept_services_answer_until_ctrl_c(run: Run, tmp_path: Path) -> None:
    """With --keep a harvest and a reload from elsewhere work while it waits."""
    outcomes: list[int] = []

    class AnotherTerminal(Clock):
        def sleep(self, seconds: float) -> None:
            if seconds == 3600:
                config = str(tmp_path / "worksupport-demo" / "team_members.properties")
                outcomes.extend(cli.main([command, "--config", config]) for command in ("harvest", "reload"))
                self.request_stop()
            super().sleep(seconds)

    shown = run("demo", "--keep", clock=AnotherTerminal())
    assert (shown.exit_code, outcomes) == (0, [0, 0])
    assert "until Ctrl-C" in shown.out


@pytest.mark.parametrize("year", [2026, 2031])
def test_its_dates_are_of_today(run: Run, tmp_path: Path, year: int) -> None:
    """In every year its newest change was at yesterday, and of open work little has lain for long."""
    clock = FakeClock(datetime(year, 12, 24, 12, 0, tzinfo=UTC))
    assert run("demo", clock=clock).exit_code == 0
    config = tmp_path / "worksupport-demo" / "team_members.properties"

    def count(*filters: str) -> int:
        return len(run("keys", "--config", config, *filters, clock=clock).out.split())

    assert count("--changed-since", "1d") <= 5
    assert count("--changed-since", "3d") > 5
    with closing(sqlite3.connect(config.parent / "worksupport.db")) as connection:
        old, every = connection.execute(
            "SELECT sum(updated_at < ?), count(*) FROM issues WHERE status_category <> 'done'",
            [utc_text(clock.now() - timedelta(days=180))],
        ).fetchone()
    assert old < every / 10

"""`worksupport history` from the outside."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, result
from worksupport.store.lock import exclusive_lock

Run = Callable[..., Answer]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A completed reload, one that failed with a hostile message, one still running, and a harvest job."""
    start = {"triggered_by": "anna", "reload_started": "2026-11-22T10:00:00.000Z"}
    ended = {**start, "completed_at": "2026-11-22T10:12:05.000Z", "duration_seconds": 725}
    return fill(
        tmp_path / "issues.db",
        reloads=[
            {**ended, "status": "completed", "records_processed": 1500, "issues_deleted": 3},
            {**ended, "status": "failed", "error_message": "bad\x1b[31m [bold]\nthing"},
            {**start, "status": "running", "source": "scheduled", "triggered_by": "system"},
        ],
        harvests=[
            {
                "run_id": "h",
                "started_at": "2026-11-22T11:59:00.000Z",
                "completed_at": "2026-11-22T11:59:30.400Z",
                "status": "completed",
                "records_processed": 12,
                "requests": 9,
                "warnings": '["left out: login ghost"]',
            }
        ],
        results=[result("h", "jira", issues=12)],
    )


def test_runs_of_both_kinds_in_a_pipe(run: Run, database: Path, clock: FakeClock) -> None:
    out = run("history", "--db", database, clock=clock).out
    assert out == (
        "id  run      when   took        new  changed  missing  failed\n"
        "r3  reload   10:00                                     interrupted\n"
        "h1  harvest  11:59  30 s\n"
        "r2  reload   10:00  12 min 5 s                         bad\\x1b[31m [bold] thing\n"
        "r1  reload   10:00  12 min 5 s                3\n"
    )


def test_running_while_a_run_holds_the_lock(run: Run, database: Path, clock: FakeClock) -> None:
    with exclusive_lock(database, clock, command="reload", run_id="r"):
        assert run("history", "--limit", "1", "--db", database, clock=clock).out.endswith("  running\n")
    stored = json.loads(run("history", "--limit", "1", "--json", "--db", database).out)
    assert stored[0]["status"] == "running"


def test_one_kind_of_runs(run: Run, database: Path, clock: FakeClock) -> None:
    assert run("history", "--harvests", "--db", database, clock=clock).out == (
        "id  run      when   took  new  changed  missing  failed\nh1  harvest  11:59  30 s\n"
    )
    kinds = json.loads(run("history", "--reloads", "--json", "--db", database).out)
    assert [record["reload_id"] for record in kinds] == [3, 2, 1]


def test_a_part_of_the_sources_is_named_and_so_is_the_source_at_fault(
    run: Run, tmp_path: Path, clock: FakeClock
) -> None:
    database = fill(
        tmp_path / "issues.db",
        harvests=[
            {
                "run_id": "a",
                "started_at": "2025-11-21T11:00:00.000Z",
                "status": "failed",
                "error_message": "both",
            }
        ],
        results=[
            result("a", "jira", status="skipped", stored=0),
            result("a", "github", status="failed", stored=0, error_message="unreachable", new=4),
        ],
    )
    line = run("history", "--db", database, clock=clock).out.splitlines()[1]
    assert " ".join(line.split()) == "h1 harvest github Fri 21 Nov 2025 11:00 4 GitHub: unreachable"


@pytest.mark.parametrize("name", ["h1", "H1"])
def test_one_run(run: Run, database: Path, name: str) -> None:
    assert run("history", name, "--db", database).out == (
        "kind                harvest\n"
        "id                  h1\n"
        "job_id              1\n"
        "status              completed\n"
        "started_at          2026-11-22T11:59:00.000Z\n"
        "completed_at        2026-11-22T11:59:30.400Z\n"
        "records_processed   12\n"
        "requests            9\n"
        "retries             0\n"
        "warnings            left out: login ghost\n"
        "error_message\n"
        "scope\n"
        "jira.status         completed\n"
        "jira.issues         12\n"
        "jira.new            0\n"
        "jira.changed        0\n"
        "jira.missing        0\n"
        "jira.requests       0\n"
        "jira.error_message\n"
    )


def test_json(run: Run, database: Path) -> None:
    assert run("history", "--status", "completed", "--reloads", "--json", "--db", database).out == (
        '[{"reload_id":1,"reload_started":"2026-11-22T10:00:00.000Z","status":"completed",'
        '"completed_at":"2026-11-22T10:12:05.000Z","records_processed":1500,"issues_deleted":3,'
        '"duration_seconds":725,"source":"manual","triggered_by":"anna","error_message":null}]\n'
    )
    one = json.loads(run("history", "2", "--json", "--db", database).out)
    assert (one["kind"], one["id"], one["reload_id"]) == ("reload", "r2", 2)
    same = json.loads(run("history", "2", "--reloads", "--json", "--db", database).out)
    assert same.items() <= one.items()


def test_on_a_terminal(run: Run, database: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut to its width, markup as text, no control byte."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    out = run("history", "--db", database, clock=clock).out
    assert out.splitlines()[0] == "id  run      when         took  new  changed  missing  failed"
    assert out.splitlines()[3] == "r2  reload   10:00  12 min 5 s                         bad\\x…"
    assert "\x1b" not in out


@pytest.mark.parametrize(("flag", "command"), [(None, "harvest"), ("--reloads", "reload")])
def test_nothing_on_record(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str | None, command: str
) -> None:
    arguments = ["history", "--db", str(fill(tmp_path / "empty.db")), *([flag] if flag else [])]
    assert run(*arguments) == Answer(0, "", "")
    assert run(*arguments, "--json") == Answer(0, "[]\n", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(*arguments).err == f"worksupport: no {command} is on record\n  worksupport {command}\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["9"], 1, "there is no reload r9\n  the newest is r3"),
        (["9", "--harvests"], 1, "there is no harvest h9\n  the newest is h1"),
        (["AIMP-30"], 1, "'AIMP-30' is no run\n  worksupport show AIMP-30"),
        (["r1", "--harvests"], 2, "r1 is a reload"),
        (["--reloads", "--harvests"], 2, "leave nothing over"),
        (["1", "--status", "failed"], 2, "history 1 shows that one run: leave --status out"),
        (["--limit", "0"], 2, "the limit is 0; it must be 1 to 100"),
        (["--status", "done"], 2, "the status is 'done'; it must be one of running, completed, failed"),
        (["latest"], 1, "'latest' is no run"),
    ],
)
def test_refusals(run: Run, database: Path, arguments: list[str], exit_code: int, message: str) -> None:
    answer = run("history", *arguments, "--db", database)
    assert (answer.exit_code, answer.out) == (exit_code, "")
    assert message in answer.err

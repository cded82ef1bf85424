"""Several runs at once: one works, the others leave; of forced reloads the last one stays."""

import subprocess

import pytest

from tests.conftest import Answer
from tests.harvest.conftest import Rows
from tests.harvest.program import Program, ended


def _reloads(rows: Rows) -> list[tuple[str, str | None]]:
    return rows("SELECT status, error_message FROM reload_tracking ORDER BY id")


@pytest.mark.parametrize(
    "others",
    [["reload"], pytest.param(["harvest", "reload", "recover"] * 3, marks=pytest.mark.long)],
)
def test_one_works_and_the_others_are_told_who(program: Program, rows: Rows, others: list[str]) -> None:
    worker = program.start_until_asked("harvest", "-q")
    answers = [ended(process) for process in [program.start(command, "-q") for command in others]]
    program.release()
    assert ended(worker) == Answer(0, "", "")
    assert [answer.exit_code for answer in answers] == [11] * len(others)
    assert all(f"harvest, pid {worker.pid}, since 2" in answer.err for answer in answers)
    assert rows("SELECT status FROM harvest_jobs") == [("completed",)]
    assert _reloads(rows) == []


@pytest.mark.long
def test_ten_started_in_one_moment_on_no_database_yet(program: Program, rows: Rows) -> None:
    processes = [program.start("reload", "-q") for _ in range(9)]
    processes.append(program.start_until_asked("reload", "-q"))
    first = [ended(process) for process in processes if process.poll() is not None or _leaves(process)]
    program.release()
    last = [ended(process) for process in processes if process.poll() is None]
    assert sorted(answer.exit_code for answer in [*first, *last]) == [0] + [11] * 9
    assert _reloads(rows) == [("completed", None)]


def test_a_forced_reload_takes_over_from_a_reload(program: Program, rows: Rows) -> None:
    first = program.start_until_asked("reload")
    second = program.start("reload", "--force", "-q")
    beaten = ended(first)
    program.release()
    assert ended(second) == Answer(0, "", "")
    assert beaten.exit_code == 11
    assert "a forced reload took over" in beaten.err
    assert _reloads(rows) == [("failed", "superseded"), ("completed", None)]
    assert rows("SELECT count(*) FROM issues") == [(7,)]


@pytest.mark.long
def test_a_forced_reload_waits_for_a_harvest(program: Program, rows: Rows) -> None:
    harvest = program.start_until_asked("harvest", "-q")
    forced = program.start("reload", "--force", "-q")
    assert not _leaves(forced, 1.5)
    program.release()
    assert ended(harvest).exit_code == 0
    assert ended(forced).exit_code == 0
    assert rows("SELECT status FROM harvest_jobs") == [("completed",)]
    assert _reloads(rows) == [("completed", None)]


@pytest.mark.long
@pytest.mark.parametrize("count", [3, 10])
def test_of_forced_reloads_the_last_survives(program: Program, rows: Rows, count: int) -> None:
    program.run("harvest", "-q")
    program.sandbox.latency_seconds = count * 0.04  # long enough for all to have started
    answers = [ended(process) for process in [program.start("reload", "--force") for _ in range(count)]]
    records = _reloads(rows)
    assert sorted(answer.exit_code for answer in answers) == [0] + [11] * (count - 1)
    assert records == [("failed", "superseded")] * (count - 1) + [("completed", None)]
    assert rows("SELECT count(*) FROM issues") == [(7,)]
    assert rows("SELECT count(*) FROM staged_issues") == [(0,)]


def _leaves(process: subprocess.Popen[str], seconds: float = 5) -> bool:
    """Whether the process ends by itself within this many seconds."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True

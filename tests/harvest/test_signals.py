"""SIGINT and SIGTERM end a run soon, whatever it waits for, and leave a truthful record."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.harvest.conftest import Rows
from tests.harvest.program import Program, ended
from worksupport.clock import Clock
from worksupport.sandbox.exchange import Answer, Request
from worksupport.store.lock import exclusive_lock

# Two seconds are promised; the rest is for a machine that does other things.
SOON_SECONDS = 6


@pytest.mark.parametrize(
    ("command", "number", "exit_code"),
    [("harvest", signal.SIGINT, 130), ("reload", signal.SIGTERM, 143)],
)
def test_a_run_ends_while_a_request_hangs(
    program: Program, rows: Rows, command: str, number: signal.Signals, exit_code: int
) -> None:
    process = program.start_until_asked(command, "--json")
    process.send_signal(number)
    answer = ended(process, SOON_SECONDS)
    program.release()
    assert answer.exit_code == exit_code, answer.err
    table = {"harvest": "harvest_jobs", "reload": "reload_tracking"}[command]
    assert rows(f"SELECT status, error_message FROM {table}") == [("failed", "interrupted")]
    assert rows("SELECT count(*) FROM staged_issues") == [(0,)]
    assert json.loads(answer.out)["sources"]["jira"]["error_message"] == "interrupted"
    assert "Traceback" not in answer.err


def test_an_interrupted_reload_says_so_in_json_and_leaves_the_issues(program: Program, rows: Rows) -> None:
    program.run("harvest", "-q")
    before = rows("SELECT * FROM issues")
    process = program.start_until_asked("reload", "--json")
    process.send_signal(signal.SIGINT)
    document = json.loads(ended(process, SOON_SECONDS).out)
    program.release()
    assert (document["status"], document["error_message"]) == ("failed", "interrupted")
    assert document["duration_seconds"] is not None
    assert document["requests"] > 0
    assert document["sources"]["jira"]["status"] == "failed"
    assert rows("SELECT * FROM issues") == before


def _limited(request: Request, answer: Answer) -> Answer:
    if "/search/" not in request.path:
        return answer
    return replace(answer, status=429, document={}, headers={**answer.headers, "Retry-After": "200"})


def _dripping(request: Request, answer: Answer) -> Answer:
    return replace(answer, delivery="drip") if "/search/" in request.path else answer


@pytest.mark.parametrize("fault", [_limited, _dripping])
def test_a_run_ends_while_a_service_limits_it_or_drips(
    program: Program, rows: Rows, fault: Callable[[Request, Answer], Answer]
) -> None:
    program.sandbox.fault = fault
    process = program.start("harvest", "-v")
    assert process.stderr
    # A search was answered: so it waits, or reads byte by byte.
    while not program.sandbox.asked("/search/"):
        Clock().sleep(0.01)
    Clock().sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert ended(process, SOON_SECONDS).exit_code == 143
    assert rows("SELECT status, error_message FROM harvest_jobs") == [("failed", "interrupted")]


def _let_it_wait(process_id: int, database: Path) -> None:
    """Until the process has opened the lock, however long its start takes on a busy machine."""
    files, clock = Path(f"/proc/{process_id}/fd"), Clock()
    for _ in range(600):
        with suppress(OSError):
            if any(os.readlink(each).endswith(f"{database.name}.lock") for each in files.iterdir()):
                break
        clock.sleep(0.05)
    clock.sleep(0.3)


def test_the_wait_for_the_lock_ends(program: Program) -> None:
    with exclusive_lock(program.database, Clock(), command="reload", run_id="abc"):
        process = program.start("harvest", "--wait", "600")
        _let_it_wait(process.pid, program.database)
        process.send_signal(signal.SIGINT)
        assert ended(process, SOON_SECONDS).exit_code == 130


def test_a_handler_that_breaks_into_a_wait_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event's own lock may be held by the very thread that the signal interrupts."""
    clock = Clock()
    with clock._stop._cond:  # type: ignore[attr-defined]  # private, so typeshed leaves it out
        clock._on_signal(signal.SIGINT, None)
    assert clock._stop.wait(SOON_SECONDS)

"""Answers that find nobody to take them: a pipe that closes, a full disk, no stdout at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.filled_database import fill, issue

COMMANDS = ["keys --json", "keys", "tree --json", "tree", "history", "check --offline", "help exit-codes"]


def _ended(tmp_path: Path, command: str, redirection: str) -> tuple[int, str]:
    """Exit code and stderr of the command with this stdout."""
    path = fill(tmp_path / "issues.db", [issue("PV-1", "Product Version")], reloads=[{"status": "failed"}])
    shell = f'exec "$0" -m worksupport {command} {redirection}'
    environment = {**os.environ, "WORKSUPPORT_DB": str(path)}
    ended = subprocess.run(
        ["sh", "-c", shell, sys.executable], capture_output=True, text=True, env=environment, check=False
    )
    return ended.returncode, ended.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path, command: str) -> None:
    assert _ended(tmp_path, command, ">/dev/full") == (
        1,
        "worksupport: the answer cannot be written: No space left on device\n",
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_stdout_is_told_in_one_sentence(tmp_path: Path, command: str) -> None:
    assert _ended(tmp_path, command, ">&-") == (
        1,
        "worksupport: the answer cannot be written: stdout is closed\n",
    )


@pytest.mark.parametrize(("options", "begins"), [([], f"{'P' * 60}-0\n"), (["--json"], "{")])
def test_a_closed_pipe_is_no_error(tmp_path: Path, options: list[str], begins: str) -> None:
    """`worksupport keys | head -1` of more than a pipe holds."""
    path = fill(tmp_path / "many.db", [issue(f"{'P' * 60}-{number}") for number in range(3_000)])
    program = [sys.executable, "-m", "worksupport", "keys", *options, "--db", str(path)]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(len(begins)) == begins
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 0

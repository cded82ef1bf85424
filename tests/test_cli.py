"""The command line as a whole: version, help, global options, and the one door for errors."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer
from worksupport import __version__
from worksupport.commands import application, options

Run = Callable[..., Answer]


def test_version(run: Run) -> None:
    assert run("--version") == Answer(0, f"worksupport {__version__}\n", "")


def test_an_unknown_command_is_a_usage_error(run: Run) -> None:
    answer = run("harvset")
    assert answer.exit_code == 2
    assert answer.out == ""


@pytest.mark.parametrize("options", [["--log-format", "xml", "keys"], ["keys", "--log-format", "xml"]])
def test_an_unknown_log_format_is_a_usage_error_on_either_side(run: Run, options: list[str]) -> None:
    answer = run(*options)
    assert answer.exit_code == 2
    assert "text or json" in answer.err


@pytest.mark.parametrize("options", [["--db", "nowhere.db", "keys"], ["keys", "--db", "nowhere.db"]])
def test_global_options_stand_on_either_side_of_the_command(run: Run, options: list[str]) -> None:
    answer = run(*options)
    assert answer.exit_code == 3
    assert answer.out == ""
    assert "nowhere.db" in answer.err


def test_harvest_without_a_configuration_names_the_next_command(run: Run) -> None:
    answer = run("harvest")
    assert answer.exit_code == 3
    assert "worksupport init" in answer.err
    assert "Traceback" not in answer.err


def test_a_stream_that_is_not_utf_8_gets_escapes() -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "worksupport", "--db", "kötter.db", "keys"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert b"\\xf6" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["keys", "--json"], {"keys"}),
        (["--db", "tree", "keys"], {"keys", "tree"}),
        (["kyes"], None),
        ([], None),
    ],
)
def test_only_the_commands_that_can_be_meant_are_loaded(
    arguments: list[str], expected: set[str] | None
) -> None:
    """All of them for the names that an unknown one resembles, and for completion."""
    registered = {command.name for command in application._app(arguments).registered_commands}
    assert registered == (expected or options.BY_NAME.keys())


@pytest.mark.parametrize("command", [["history"], ["check", "--offline"], ["keys"], ["backup", "x"]])
def test_the_root_folder_is_no_database(run: Run, command: list[str]) -> None:
    """Nothing can stand beside it, neither a lock nor a write-ahead log."""
    answer = run(*command, "--db", "/")
    assert answer.exit_code == 3
    assert "/ is a folder, not a database" in answer.out + answer.err


@pytest.mark.parametrize("command", [["demo"], ["check", "--db", "x.db"]])
def test_a_folder_that_is_gone_is_said_to_be(
    run: Run, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    answer = run(*command)
    assert (answer.exit_code, answer.err) == (
        3,
        "worksupport: the current folder has been deleted\n  change to another: cd\n",
    )

"""`init` writes a starter that only its owner can read, and overwrites nothing."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worksupport.commands import init as init_module
from worksupport.config.starter import starter_text
from worksupport.errors import ConfigurationError

TEXT = starter_text()
Run = Callable[..., Any]


def test_it_writes_to_the_configuration_folder(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "home/.config/worksupport/team_members.properties"
    answer = run("init")
    assert (answer.exit_code, answer.err) == (0, "")
    assert answer.out == (
        f"wrote {path}, which only you can read\n"
        "fill in your team and your tokens, then type:\n"
        "  worksupport harvest\n"
    )
    assert path.read_text(encoding="utf-8") == TEXT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_of_its_own_is_named_in_the_next_command(run: Run, tmp_path: Path) -> None:
    answer = run("init", "my team/x.properties")
    assert answer.exit_code == 0
    assert "  worksupport --config 'my team/x.properties' harvest\n" in answer.out
    assert (tmp_path / "my team/x.properties").read_text(encoding="utf-8") == TEXT


def test_a_folder_gets_a_file_of_the_usual_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    assert run("init", "config").exit_code == 0
    assert (tmp_path / "config/team_members.properties").exists()


@pytest.mark.parametrize(
    "arguments", [("--config", "x.properties", "init"), ("init", "--config", "x.properties")]
)
def test_the_global_option_names_it_too(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 0
    assert (tmp_path / "x.properties").exists()


def test_what_is_there_stays(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.properties"
    path.write_text("mine")
    answer = run("init", path)
    assert (answer.exit_code, answer.out) == (3, "")
    assert answer.err.startswith(f"worksupport: {path} is there already; it stays as it is\n  edit it")
    assert path.read_text() == "mine"


def test_a_dangling_link_is_not_followed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.properties").symlink_to(tmp_path / "elsewhere")
    assert run("init", "x.properties").exit_code == 3
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_where_a_folder_should_be_is_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = run("init", "file/x.properties")
    assert (answer.exit_code, answer.out) == (3, "")
    assert answer.err.startswith("worksupport: file")
    assert "Traceback" not in answer.err


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    path = tmp_path / "x.properties"
    path.write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written: No space left on device"):
        init_module._fill(path, os.open("/dev/full", os.O_WRONLY), TEXT)
    assert not path.exists()


def test_the_starter_as_written_is_refused_by_harvest_with_what_to_fill_in(run: Run) -> None:
    run("init")
    answer = run("harvest")
    assert (answer.exit_code, answer.out) == (3, "")
    assert "team.member.jane.doe.name (line 15): expected the person's name" in answer.err

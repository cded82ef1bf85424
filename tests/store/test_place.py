"""A database under two paths: refused by what writes, told by `check`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import running
from worksupport.store import place

Run = Callable[..., Answer]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database whose path has a blank."""
    (tmp_path / "my data").mkdir()
    return fill(tmp_path / "my data" / "work.db", issues=[issue("P-1")])


@pytest.fixture
def refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Path
) -> Callable[[str], None]:
    """refused("why") runs everything that writes, and check."""

    def ask(why: str) -> None:
        before = database.read_bytes()
        with running(empty_site()) as sandbox:
            config = tmp_path / "team.properties"
            config.write_text(sandbox.properties(), encoding="utf-8")
            config.chmod(0o600)
            monkeypatch.setenv("WORKSUPPORT_CONFIG", str(config))
            for command in ("harvest", "reload", "recover"):
                answer = run(command, "--db", database, clock=FakeClock())
                assert answer.exit_code == 3
                assert why in answer.err
        assert database.read_bytes() == before
        answer = run("check", "--json", "--offline", "--db", database, clock=FakeClock())
        found = {check["name"]: check for check in json.loads(answer.out)["checks"]}
        assert not found["database"]["ok"]
        assert why in found["database"]["detail"]

    return ask


def test_a_hard_link_is_refused(database: Path, refused: Callable[[str], None], tmp_path: Path) -> None:
    os.link(database, tmp_path / "other.db")
    refused("has a second name (a hard link)")


def test_a_folder_is_called_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    config = tmp_path / "team.properties"
    config.write_text("jira.base_url=http://127.0.0.1:9\njira.email=a@x.example\njira.api_token=t\n")
    for command in (["harvest"], ["check", "--offline"], ["keys"]):
        answer = run(*command, "--config", config, "--db", tmp_path / "a", clock=FakeClock())
        assert answer.exit_code == 3
        assert f"{tmp_path}/a is a folder, not a database" in " ".join((answer.err + answer.out).split())


def test_a_file_mounted_by_itself_is_refused(
    database: Path, refused: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel writes it down, the blank of the path escaped."""
    mounts, escaped = tmp_path / "mountinfo", str(database).replace(" ", "\\040")
    mounts.write_text(f"22 27 0:21 / /proc rw - proc proc rw\n512 27 8:1 /w.db {escaped} rw - ext4 x rw\n")
    monkeypatch.setattr(place, "_MOUNTS", mounts)
    refused("is a mount point itself")


def _can_mount() -> bool:
    unshare = shutil.which("unshare")
    return (
        bool(unshare) and subprocess.run([str(unshare), "-rm", "true"], capture_output=True).returncode == 0
    )


@pytest.mark.long
def test_a_real_mount_of_the_file_is_refused(database: Path, tmp_path: Path) -> None:
    if not _can_mount():
        pytest.skip("this account may not mount, not even in a name space of its own")
    target = tmp_path / "container.db"
    target.touch()
    mount = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
    command = [sys.executable, "-m", "worksupport", "check", "--offline", "--db", str(target)]
    ended = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", str(database), str(target), *command],
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert "is a mount point itself" in ended.stdout

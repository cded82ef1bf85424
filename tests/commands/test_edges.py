"""What looked wrong at the edges: terminals, pipes and disks of every kind."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer
from tests.filled_database import fill, issue
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import running

Run = Callable[..., Answer]
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
FAMILY = "👨\u200d👩\u200d👧"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    rows = [issue("PV-1", "Product Version", summary="Root")]
    rows += [issue(f"PV-{number}", "Feature", parent="PV-1", summary="Part") for number in range(2, 40)]
    return fill(tmp_path / "w.db", rows)


def _program(*arguments: object, shell: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """The real program; `shell`: what follows it on a shell's command line."""
    line = f'exec "$0" -m worksupport {" ".join(map(str, arguments))} {shell}'
    return subprocess.run(
        ["bash", "-c", line, sys.executable],
        capture_output=True,
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        env={**os.environ, **environment},
        timeout=60,
    )


def _on_terminal(*arguments: object, **environment: str) -> str:
    """What the program writes to a terminal of 20 lines and 80 columns."""
    leader, follower = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "20", **environment}
    command = [sys.executable, "-m", "worksupport", *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=variables
    ) as process:
        os.close(follower)
        text = b""
        while True:
            try:
                part = os.read(leader, 65_536)
            except OSError:
                break
            if not part:
                break
            if not text:
                os.write(leader, b"q")  # ends a pager
            text += part
        process.wait(20)
    os.close(leader)
    return text.decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (f"Welcome {FAMILY} page", f"Welcome {FAMILY} page"),
        ("🏳\ufe0f\u200d🌈 👩🏽\u200d💻", "🏳\ufe0f\u200d🌈 👩🏽\u200d💻"),
        ("می\u200cشود", "می\u200cشود"),
        ("അവന\u0d4d\u200d വന്നു", "അവന\u0d4d\u200d വന്നു"),
        ("क\u094d\u200dष", "क\u094d\u200dष"),
        ("pay\u200dpal \u200d x", "pay\\u200dpal \\u200d x"),
        ("👨\u200d", "👨\\u200d"),
        ("می\u200c\u200cخ", "می\\u200c\\u200cخ"),
        ("PDF\u200cشم ۲۳\u200cشم 5\u200cم", "PDF\u200cشم ۲۳\u200cشم 5\u200cم"),
        ("ج\u200d.ش", "ج\u200d.ش"),
        ("می\u200c شود\u200c", "می\\u200c شود\\u200c"),
        ("ශ\u0dca\u200dරී র\u200d\u09cdয", "ශ\u0dca\u200dරී র\u200d\u09cdয"),
        ("🧑\u200d\U0001faef\u200d🧑 \U0001fa77", "🧑\u200d\U0001faef\u200d🧑 \U0001fa77"),
        (f"{SCOTLAND} won", f"{SCOTLAND} won"),
        ("🏴\U000e0061\U000e007f", "🏴\\U000e0061\\U000e007f"),
        ("a\u200d🔥 🔥\u200d b", "a\u200d🔥 🔥\\u200d b"),
        ("\u202eevil\u2066 \x1b[31m", "\\u202eevil\\u2066 \\x1b[31m"),
    ],
)
def test_joiners_pass_where_they_join(run: Run, tmp_path: Path, title: str, shown: str) -> None:
    path = fill(tmp_path / "w.db", [issue("PV-1", "Product Version", summary=title)])
    assert shown in run("tree", "--db", path).out


@pytest.mark.parametrize("line", ["--version", "-V", "--help", "keys --help", "-h"])
def test_a_full_disk_is_one_sentence(line: str) -> None:
    answer = _program(line, shell="> /dev/full")
    assert answer.returncode == 1
    assert answer.stderr == "worksupport: the answer cannot be written: No space left on device\n"


@pytest.mark.parametrize("line", ["--help", "keys --help", "tree --help"])
def test_a_closed_pipe_is_no_error(line: str) -> None:
    answer = _program(line, shell="| head -1; exit ${PIPESTATUS[0]}".replace("exec ", ""))
    assert (answer.returncode, answer.stderr) == (0, "")


def test_the_version_has_a_short_form(run: Run) -> None:
    assert run("-V").out == run("--version").out


@pytest.mark.parametrize("line", ["tree", "list", "check --offline"])
def test_without_colours_nothing_is_bold_or_dim(database: Path, line: str) -> None:
    plain = _on_terminal(*line.split(), "--db", database, NO_COLOR="1", PAGER="")
    assert "\x1b[" not in plain
    assert "\x1b[" in _on_terminal(*line.split(), "--db", database, PAGER="")


@pytest.mark.parametrize("less", ["-S", "FX", "", "--quit-at-eof", "-Pprompt", "+G", "-+R"])
def test_colours_pass_whatever_less_is_set_to(database: Path, less: str) -> None:
    shown = _on_terminal("tree", "--db", database, LESS=less, PAGER="less")
    assert "PV-" in shown
    assert "ESC" not in shown  # less stands it out, so that no bracket follows


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_is_not_utf_8_gets_plain_marks(tmp_path: Path, encoding: str) -> None:
    rows = [issue("PV-1", "Product Version"), issue("PV-2", "Feature", parent="PV-1", summary="Łódź")]
    path = fill(tmp_path / "w.db", [*rows, issue("PV-3", "Feature", parent="PV-1")])
    answer = _program("tree", "--db", path, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert answer.returncode == 0
    assert "|- PV-2" in answer.stdout
    assert "`- PV-3" in answer.stdout
    assert "\\u251c" not in answer.stdout
    assert "\\u0141" in answer.stdout


def test_completion_is_not_particular_about_case(tmp_path: Path) -> None:
    path = fill(tmp_path / "w.db", [issue("PAY-1", assignees=["Émile Zola"], labels=["BackEnd"])])
    for line, found in (
        ("--label back", "BackEnd"),
        ("--assignee émile", "Émile Zola"),
        ("--parent-key pay", "PAY-1"),
    ):
        words = f"worksupport keys {line}"
        answer = _program(
            _WORKSUPPORT_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="3", WORKSUPPORT_DB=str(path)
        )
        assert found in answer.stdout


def test_a_file_system_without_locks_is_found_by_check(tmp_path: Path, database: Path) -> None:
    """And every run says the same of it."""
    (tmp_path / "shim").mkdir()
    (tmp_path / "shim" / "sitecustomize.py").write_text(
        "import errno, fcntl, os\n"
        "def refuse(descriptor, operation):\n"
        "    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))\n"
        "fcntl.flock = refuse\n"
    )
    config = tmp_path / "team.properties"
    config.write_text(
        "jira.base_url=https://jira.example\njira.email=a@x.example\njira.api_token=t\n"
        "team.member.a.name=Ann\nteam.member.a.jira_id=a@x.example\ndatabase.path=w.db\n"
    )
    config.chmod(0o600)
    said = f"the file system of {tmp_path} cannot lock files"
    variables = {"PYTHONPATH": f"{tmp_path / 'shim'}:{Path(__file__).parents[2]}"}
    check = _program("check", "--offline", "--json", "--config", config, **variables)
    (lock,) = [each for each in json.loads(check.stdout)["checks"] if each["name"] == "lock"]
    assert (lock["ok"], said in lock["detail"], "local disk" in lock["fix"]) == (False, True, True)
    assert check.returncode == 3
    harvest = _program("harvest", "--config", config, **variables)
    assert (harvest.returncode, said in harvest.stderr, "local disk" in harvest.stderr) == (3, True, True)


@pytest.mark.parametrize("name", [":memory:", "file:x.db", "file:x.db?mode=memory"])
@pytest.mark.parametrize("command", ["keys", "harvest --dry-run", "check --offline"])
def test_a_database_that_is_no_file_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, command: str
) -> None:
    """It would keep nothing, and say so nowhere."""
    config = tmp_path / "team.properties"
    config.write_text("jira.base_url = http://127.0.0.1:9\njira.email = a@b.example\njira.api_token = t\n")
    config.chmod(0o600)
    answer = run(*command.split(), "--config", config, "--db", name)
    assert answer.exit_code == 3
    assert f"expected the path of a file; found '{name}'" in answer.err + answer.out
    monkeypatch.setenv("WORKSUPPORT_DB", name)
    assert run("keys").exit_code == 3
    assert {path.name for path in tmp_path.iterdir()} == {"home", config.name}


def test_a_closed_stderr_does_not_put_errors_on_stdout(database: Path) -> None:
    ended = _program("tree NOPE --db", database, shell="2>&-")
    assert (ended.returncode, ended.stdout) == (1, "")


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_limits_of_the_process_are_a_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """As under `ulimit -v`; the run's record says the same."""

    def refuse(_thread: threading.Thread) -> None:
        raise error

    with running(empty_site()) as sandbox:
        config = tmp_path / "team.properties"
        config.write_text(sandbox.properties(), encoding="utf-8")
        config.chmod(0o600)
        monkeypatch.setattr(threading.Thread, "start", refuse)
        answer = run("harvest", "--config", config)
    monkeypatch.undo()
    assert answer.exit_code == 1
    assert "the system gives this process no more memory or threads" in answer.err
    assert "ulimit -v" in answer.err
    history = run("history", "--harvests", "--db", tmp_path / "worksupport.db")
    assert "no more memory or threads" in history.out

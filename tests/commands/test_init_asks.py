"""`init` on a terminal: a person who answers its questions, against the sandbox over real HTTP."""

import os
import pty
import re
import select
import signal
import stat
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worksupport.config.dialogue import property_line
from worksupport.config.properties import parse
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox, running

_SECONDS = 30


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(made_up_world()) as served:
        yield served


def converse(folder: Path, sandbox: Sandbox, answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Type each answer when its question is there; the exit code and all that was shown."""
    values = dict(re.findall(r"^([\w.]+) ?= ?(.*)$", sandbox.properties(), re.MULTILINE))
    environment = {
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "TERM": "xterm",
        "COLUMNS": "200",
        "LC_ALL": "C.UTF-8",
        "WORKSUPPORT_GITHUB_BASE_URL": values["github.base_url"],
    }
    process, master = pty.fork()
    if not process:
        for number in (signal.SIGINT, signal.SIGHUP):  # tests that run in the background inherit none
            signal.signal(number, signal.SIG_DFL)
        os.chdir(folder)
        os.execve(sys.executable, [sys.executable, "-m", "worksupport", "init"], environment)
    shown, ends = "", time.monotonic() + _SECONDS
    waiting = [(question, values.get(answer, answer)) for question, answer in answers]
    while time.monotonic() < ends:
        if not select.select([master], [], [], 0.2)[0]:
            continue
        try:
            shown += os.read(master, 65536).decode("utf-8", "replace")
        except OSError:  # its end
            break
        if waiting and waiting[0][0] in shown.rpartition("\n")[2]:
            while "oken" in waiting[0][0] and termios.tcgetattr(master)[3] & termios.ECHO:
                select.select([], [], [], 0.01)  # what comes before is dropped
            os.write(master, (waiting.pop(0)[1] + "\n").encode())
            shown += "\n"
    os.close(master)
    assert not waiting, shown
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown


JIRA = [
    ("Jira's address", "jira.base_url"),
    ("E-mail", "jira.email"),
    ("API token", "jira.api_token"),
    ("Projects", ""),
    ("at the top of the tree", "1"),
    ("Label of further issues", ""),
]
GITHUB = [
    ("GitHub's token", "github.api_token"),
    ("Organisation", ""),
    ("Label of the issues", "github.issue_label"),
]


@pytest.mark.long
def test_from_nothing_to_a_tree(sandbox: Sandbox, tmp_path: Path) -> None:
    """A wrong token is told and asked for again; then all is tried, written, and harvested."""
    wrong = [*JIRA[:2], ("API token", "wrong")]
    logins = [("GitHub login of", "") for _ in range(2)]
    code, shown = converse(
        tmp_path,
        sandbox,
        [*wrong, *JIRA, *GITHUB, ("Who is in the team", "1-2"), *logins, ("Harvest now?", "")],
    )
    path = tmp_path / ".config/worksupport/team_members.properties"
    assert code == 0, shown
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = parse(path.read_bytes(), path)
    assert document.entries["jira.root_jql"].value.endswith('AND type = "Product Version"')
    assert document.entries["jira.issue_label"].value == "work-support"
    assert [key for key in document.entries if re.fullmatch(r"team\.member\.\d\.jira_id", key)]
    assert [key for key in document.entries if re.fullmatch(r"team\.member\.\d\.github_id", key)]
    assert re.search(r"harvest completed: jira completed, \d+ issues", shown), shown
    assert (tmp_path / ".local/share/worksupport/worksupport.db").exists()


@pytest.mark.long
def test_a_command_in_place_of_a_token_is_named_but_not_written(sandbox: Sandbox, tmp_path: Path) -> None:
    token = dict(re.findall(r"^([\w.]+) ?= ?(.*)$", sandbox.properties(), re.MULTILINE))["jira.api_token"]
    answers = [*JIRA[:2], ("API token", f"!echo {token}"), *JIRA[3:], ("GitHub's token", "")]
    code, shown = converse(tmp_path, sandbox, [*answers, ("Who is in the team", "1")])
    text = (tmp_path / ".config/worksupport/team_members.properties").read_text("utf-8")
    assert code == 0, shown
    assert "export WORKSUPPORT_JIRA_API_TOKEN_COMMAND=" in shown
    assert "api_token" not in text


@pytest.mark.long
def test_ctrl_c_writes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    code, shown = converse(tmp_path, sandbox, [*JIRA[:3], ("Projects", "\x03")])
    assert code == 130, shown
    assert not (tmp_path / ".config").exists()


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from("\t\\#=: ")))
def test_a_written_value_reads_back(value: str) -> None:
    document = parse(property_line("a.key", value).encode(), "x")
    assert not document.faults
    assert document.entries["a.key"].value.strip() == value.strip()

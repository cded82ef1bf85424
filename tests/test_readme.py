"""The README is true: each of its command lines is run in its order, in an empty environment."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worksupport.errors import ExitCode
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox, running

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
# Not run here: .ci/run installs and tests; serve runs until it is stopped, and has tests of its own.
NOT_RUN = (".venv/bin/", "worksupport serve &", "curl ")
# What another hour of the day prints instead: ages, as `short_age` writes them, and that of the data.
CHANGING = re.compile(r" +\d+[mhd]$| +harvested \d\d:\d\d, .*$", re.MULTILINE)


@dataclass
class Line:
    """One command line, and what the README shows below it ("" if nothing)."""

    command: str
    shown: str


def command_lines(text: str) -> Iterator[Line]:
    """The command lines of all console blocks and of the table of questions, in their order.

    Without a prompt in a block, each of its lines is one.
    """
    for block, asked in re.findall(
        r"^```console\n(.*?)^```$|^\| [^\n|]* \| `(worksupport [^`]+)`", text, re.MULTILINE | re.DOTALL
    ):
        if asked:
            yield Line(asked, "")
        elif "$ " not in block:
            yield from (Line(command, "") for command in block.splitlines())
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield Line(command, shown)


@dataclass
class Newcomer:
    """Somebody who types the README's lines in an empty folder."""

    folder: Path
    sandbox: Sandbox
    variables: list[str] = field(default_factory=list)

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run one line in bash, after the lines before it that set variables."""
        if re.match(r"export |unset |\w+=", command):
            self.variables.append(command)
        environment = {
            "HOME": str(self.folder),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
        }
        line = "\n".join(["set -o pipefail", *self.variables, command])
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if command == "worksupport init":
            self.fill_in()
        return done

    def fill_in(self) -> None:
        """What the README tells to do between two lines: write team and tokens into the configuration."""
        config = self.folder / ".config" / "worksupport" / "team_members.properties"
        properties = self.sandbox.properties().splitlines(keepends=True)
        # The sandbox's own place for data is beside its configuration; the newcomer's is the usual one.
        config.write_text("".join(line for line in properties if "database.path" not in line), "utf-8")


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """Behind them the demo, before them a Jira and a GitHub of their own."""
    with running(made_up_world(now=datetime.now(UTC))) as sandbox:
        someone = Newcomer(tmp_path / "checkout", sandbox)
        someone.folder.mkdir()
        assert someone.types("worksupport demo").returncode == 0
        yield someone


@pytest.mark.long
def test_every_command_line_works_and_prints_what_is_shown(newcomer: Newcomer) -> None:
    """jq's own lines are left alone where there is no jq; `head` may close the pipe (141)."""
    run = 0
    for line in command_lines(README):
        if line.command.startswith(NOT_RUN) or any(part in line.command for part in NOT_RUN):
            continue
        done = newcomer.types(line.command)
        allowed = {0, 128 + 13} if "| head" in line.command else {0}
        if "| jq" in line.command and not any(Path(folder, "jq").exists() for folder in ("/usr/bin", "/bin")):
            allowed.add(127)
        assert done.returncode in allowed, (line.command, done.stderr)
        assert "Traceback" not in done.stderr
        if line.shown and done.returncode != 127:
            assert CHANGING.sub("", done.stdout) == CHANGING.sub("", line.shown), line.command
        run += 1
    assert run >= 20


def test_what_is_not_run_is_there() -> None:
    """The list of exceptions holds nothing that has gone."""
    commands = [line.command for line in command_lines(README)]
    assert all(any(part in command for command in commands) for part in NOT_RUN)


def test_the_two_commands_come_first() -> None:
    blocks = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert [block.partition("&& ")[2].rpartition("&& ")[2].strip() for block in blocks[:2]] == [
        ".venv/bin/worksupport demo",
        ".venv/bin/pytest",
    ]


def test_exit_codes_are_those_of_the_code() -> None:
    table = {
        int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| (.*) \|$", README, re.MULTILINE)
    }
    expected = {int(code): code.meaning for code in ExitCode if code < 100}
    assert {code: meaning.replace("`", "") for code, meaning in table.items()} == expected


def test_links_and_files_exist() -> None:
    """Every file that is named is there, so that nobody looks in vain."""
    root = Path(__file__).parents[1]
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    sources = re.findall(r"`((?:\w+/)*\w+\.py)`", README)
    assert links
    assert [name for name in links if not (root / name).exists()] == []
    places = (root, root / "worksupport")
    assert [name for name in sources if not any((place / name).exists() for place in places)] == []
    assert not os.path.isabs(links[0])

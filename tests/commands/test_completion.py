"""Shell completion: what is offered, from which database, and what real shells make of it."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer
from tests.filled_database import fill, issue

Run = Callable[..., Answer]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Names as strangers may choose them."""
    return fill(
        tmp_path / "issues.db",
        [
            issue("PAY-10", "Story", assignees=["Anna Berg"], labels=["team:web", "web"], status="To Do"),
            issue(
                "PAY-4",
                missing_since="2026-01-01T00:00:00.000Z",
                labels=["café noir", "가나", "👨\u200d👧 family"],
            ),
            issue("PAY-2", "Feature", assignees=["Bo \x1b[31mRed"], labels=["--db=evil", "$(touch pwned)"]),
            issue("acme/web#1", None, source="github", labels=["\\$(touch pwned)", "it's", "x\u202ey"]),
            issue("PAY-3", missing_since="2026-01-01T00:00:00.000Z"),
        ],
    )


@pytest.fixture
def offered(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """What a line up to the cursor may go on with, as our scripts ask."""
    monkeypatch.setenv("_WORKSUPPORT_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")

    def ask(line: str) -> list[str]:
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"worksupport {line}")
        answer = run()
        assert answer.err == ""
        return answer.out.split("\n")[:-1] if answer.out.strip() else []

    return ask


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tree P", ["PAY-2", "PAY-10"]),
        ("tree acme/", ["acme/web#1"]),
        ("keys --parent-key PAY-1", ["PAY-10"]),
        ("keys --assignee A", ["Anna Berg"]),
        ("keys --assignee=A", ["Anna Berg"]),
        ('keys --assignee "Anna B', ["Anna Berg"]),
        ("keys --assignee Bo", []),
        (
            "keys --label ",
            [
                "$(touch pwned)",
                "\\$(touch pwned)",
                "café noir",
                "it's",
                "team:web",
                "web",
                "가나",
                "👨\u200d👧 family",
            ],
        ),
        ("tree --status ", ["Open", "To Do"]),
        ("keys --issue-type S", ["Story"]),
        ("tree --root-type P", ["Product Version"]),
        ("keys --source ", ["jira", "github"]),
        ("keys --log-format j", ["json"]),
        ("history --status f", ["failed"]),
        ("help e", ["exit-codes", "environment"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("keys --label nope", []),
        ("keys --label cafe\u0301", ["café noir"]),
        ("keys --label \u1100\u1161", ["가나"]),
    ],
)
def test_offers_names_from_the_database(
    offered: Callable[[str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    database: Path,
    line: str,
    expected: list[str],
) -> None:
    """Never one that acts on a terminal, nor one that would be taken for an option."""
    monkeypatch.setenv("WORKSUPPORT_DB", str(database))
    assert offered(line) == expected


def test_asks_the_database_that_the_line_names(
    offered: Callable[[str], list[str]], tmp_path: Path, database: Path
) -> None:
    """On either side of the command, directly or by its configuration."""
    config = tmp_path / "team.properties"
    config.write_text("database.path = issues.db\n")
    for line in (
        f"--db {database} keys --label we",
        f"keys --db {database} --label we",
        f"keys --config {config} --label we",
    ):
        assert offered(line) == ["web"], line


def test_silent_without_a_database(offered: Callable[[str], list[str]], tmp_path: Path) -> None:
    """Nothing on either stream, nothing made."""
    (tmp_path / "no.db").write_text("something else")
    for line in ("tree P", "keys --db no.db --label x", "keys --config nowhere --label x"):
        assert offered(line) == []
    assert not (tmp_path / "home" / ".local").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "FISH"])
def test_prints_a_script_that_the_shell_reads(run: Run, tmp_path: Path, shell: str) -> None:
    answer = run("completion", shell)
    assert (answer.exit_code, answer.err) == (0, "")
    program = shutil.which(shell.casefold())
    if program is None:
        pytest.skip(f"there is no {shell} here")
    script = tmp_path / "script"
    script.write_text(answer.out)
    assert subprocess.run([program, "-n", str(script)], check=False).returncode == 0


def test_a_shell_that_there_is_not(run: Run) -> None:
    assert run("completion", "tcsh").exit_code == 2


# Completes a line as bash does on Tab, and prints what it would put there.
_BASH = """
source ./script
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
_worksupport
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--assignee", "An"], ["Anna\\ Berg"]),
        (["--assignee", '"An'], ["Anna Berg"]),
        (["--label", "team", ":", "w"], ["web"]),
        (
            ["--label", "="],
            [
                *(
                    "\\$\\(touch\\ pwned\\)",
                    "\\\\\\$\\(touch\\ pwned\\)",
                    "café\\ noir",
                    "it\\'s",
                    "team:web",
                ),
                *("web", "가나", "👨\u200d👧\\ family"),
            ],
        ),
        (
            ["--label", "'"],
            [
                *("$(touch pwned)", "\\$(touch pwned)", "café noir", "team:web", "web", "가나"),
                "👨\u200d👧 family",
            ],
        ),
        (["--label", '"'], ["café noir", "it's", "team:web", "web", "가나", "👨\u200d👧 family"]),
    ],
)
def test_bash_gets_words_that_cannot_run(
    run: Run,
    tmp_path: Path,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    expected: list[str],
) -> None:
    """What is inserted is quoted as the line needs it, so no name from the data is ever a command."""
    (tmp_path / "script").write_text(run("completion", "bash").out)
    monkeypatch.setenv("WORKSUPPORT_DB", str(database))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    line = "worksupport keys " + words[0] + ("" if words[1] == "=" else " ") + "".join(words[1:])
    command = ["bash", "-c", _BASH, "bash", line, "worksupport", "keys", *words]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (shown.stdout.splitlines(), shown.stderr) == (expected, "")
    assert not (tmp_path / "pwned").exists()

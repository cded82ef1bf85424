"""First contact: the start page, every `--help` with its examples, the help topics."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue
from worksupport.commands.options import BY_NAME, COMMANDS
from worksupport.config import keys
from worksupport.errors import ExitCode
from worksupport.model.definitions import DEFINITIONS, LINT_RULES

Run = Callable[..., Answer]
NAMES = [command.name for command in COMMANDS]


def test_start_page_of_a_new_machine(run: Run, tmp_path: Path) -> None:
    """Where things will be, and the commands that make them."""
    answer = run()
    home = tmp_path / "home"
    assert (answer.exit_code, answer.err) == (0, "")
    assert max(len(line) for line in answer.out.splitlines() if str(home) not in line) <= 79
    assert (
        f"configuration  {home}/.config/worksupport/team_members.properties (not there yet)\n" in answer.out
    )
    assert f"database       {home}/.local/share/worksupport/worksupport.db (not there yet)\n" in answer.out
    assert re.findall(r"^  worksupport (\w+) ", answer.out, re.MULTILINE) == ["demo", "init", "harvest"]


def test_start_page_with_data(run: Run, tmp_path: Path) -> None:
    """Both files as they are; as soon as there are issues, the summary."""
    config = tmp_path / "team.properties"
    config.write_text("database.path = issues.db\n")
    fill(tmp_path / "issues.db")
    out = run("--config", config).out
    assert f"configuration  {config}\ndatabase       {tmp_path}/issues.db\n" in out
    (tmp_path / "issues.db").unlink()
    fill(tmp_path / "issues.db", [issue("A-1", "Product Version"), issue("A-2", "Feature", parent="A-1")])
    assert run("--config", config, clock=FakeClock()) == run("summary", "--config", config, clock=FakeClock())
    assert "Title of A-1" in run("--config", config).out


def test_start_page_with_a_wrong_path(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells what is wrong, safely, and still is a start page."""
    monkeypatch.setenv("WORKSUPPORT_CONFIG", "no\x1b[2Jwhere")
    answer = run()
    assert (answer.exit_code, answer.err) == (0, "")
    assert answer.out.count("no configuration file at no\\x1b[2Jwhere") == 2


def test_start_page_and_topics_are_quick() -> None:
    """Nothing for drawing, HTTP or the database is loaded."""
    program = "import sys; from worksupport.cli import main; main([]); main(['help', 'exit-codes'])"
    program += "; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {module.partition(".")[0] for module in done.stderr.split()}
    assert loaded & {"rich", "requests", "sqlite_utils", "tenacity", "jproperties"} == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_small_terminal(run: Run, name: str) -> None:
    """24 lines of 80 columns, a sentence, and examples; each option is there."""
    answer = run(name, "--help")
    lines = answer.out.splitlines()
    assert (answer.exit_code, answer.err) == (0, "")
    assert run("help", name.upper()) == answer
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"Usage: worksupport {name} [OPTIONS]")
    assert re.match(r"[A-Z].*[.,]?", lines[2])
    assert [line for line in lines[3:] if re.match("  (worksupport|curl|source) ", line)]
    for option in (each for each in BY_NAME[name].options if each.holds != "refused"):
        for called in option.flags or (option.metavar,):
            assert re.search(rf"{re.escape(called)}(?![\w-])", answer.out), called


def test_help_is_asked_for_anywhere_but_as_a_value(run: Run, tmp_path: Path) -> None:
    page = run("list", "--help").out
    assert run("--db", "x.db", "list", "--open", "-a", "-h", "--help").out == page
    assert run("list", "-a", "--help", "--db", fill(tmp_path / "issues.db")).out == ""
    assert run("nonsense", "--help").exit_code == 2
    assert run("-h").out == run("--help").out


def examples_of(help_text: str) -> list[list[str]]:
    """The examples' arguments; what a shell would do with the output is left out."""
    below = help_text.partition("Examples:\n")[2]
    lines = [line.strip().partition(" | ")[0] for line in below.splitlines() if line.strip()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("worksupport ")]


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_understood(run: Run, name: str) -> None:
    """No example has an option, or a value, that is not there: at worst it finds no data."""
    help_text = resources.files("worksupport.commands").joinpath(f"help/{name}.txt").read_text("utf-8")
    examples = examples_of(help_text)
    if name in ("demo", "serve"):
        pytest.skip("would run for good; README and its own tests have it")
    assert examples or name == "completion"
    for arguments in examples:
        assert run(*arguments).exit_code in (ExitCode.OK, ExitCode.CONFIGURATION)


def test_overview_lists_every_command_on_one_line(run: Run) -> None:
    out = run("--help").out
    assert max(map(len, out.splitlines())) <= 80
    for command in COMMANDS:
        line = re.search(rf"^  {command.name} +[a-z].*[^.]$", out, re.MULTILINE)
        assert line or command.name in out.partition("Set up\n")[2].split("\n")[0]
    assert re.findall(r"^\w[\w ]*$", out, re.MULTILINE) == [
        "Ask",
        "Review",
        "Run",
        "Share",
        "Set up",
        "Options",
    ]


def test_topics(run: Run) -> None:
    """Exit codes and variables are those the code goes by."""
    codes = " ".join(run("help", "exit-codes").out.split())
    assert [code for code in ExitCode if f" {code.value} {code.meaning} " not in codes] == []
    named = set(re.findall(r"WORKSUPPORT_[A-Z_]+", run("help", "environment").out))
    assert named == {name for name in keys.known_variables() if not name.endswith(("_FILE", "_COMMAND"))}
    for topic in ("exit-codes", "environment", "json", "sql", "recipes", "scale", "CRON"):
        answer = run("help", topic)
        assert answer.exit_code == 0
        assert max(map(len, answer.out.splitlines())) <= 80
        assert topic.casefold() in run("help").out


_REVIEWS = (["summary"], ["aging"], ["flow"], ["lint"], ["forecast", "A-1"])


def test_json_topic_names_every_field(run: Run, tmp_path: Path) -> None:
    """Nothing that a document has is missing in its description."""
    text = run("help", "json").out
    issues = [issue("A-1", "Product Version"), issue("A-2", "Feature", status="In Progress")]
    path = fill(tmp_path / "issues.db", issues, reloads=[{"run_id": "r"}], harvests=[{"run_id": "h"}])
    for question in (["keys"], ["tree"], ["history"], ["history", "--reloads"], *_REVIEWS):
        document = run(*question, "--json", "--db", path).out
        for name in set(re.findall(r'"(\w+)":', document)) - DEFINITIONS.keys() - LINT_RULES.keys():
            assert name in text


def test_cron_topic_has_the_lines_of_the_example(run: Run) -> None:
    example = (Path(__file__).parents[2] / "crontab.example").read_text("utf-8")

    def entries(text: str) -> list[list[str]]:
        return [line.lstrip("#").split() for line in text.splitlines() if re.match(r"#?[\d@]", line)]

    assert len(entries(example)) == 7
    assert entries(run("help", "cron").out) == entries(example)


def test_a_topic_that_there_is_not(run: Run) -> None:
    answer = run("help", "filter")
    assert (answer.exit_code, answer.out) == (2, "")
    assert "near: worksupport help filters" in answer.err

"""The way past Typer: the same answers, faults included, and next to nothing loaded."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue
from worksupport import fast
from worksupport.commands import application

Run = Callable[..., Answer]

_PROGRAM = (
    "import sys; from worksupport.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
)
# Each of these takes from a tenth of to half the time of a plain program that asks SQLite.
_SLOW = {"dataclasses", "inspect", "json", "logging", "pathlib", "re", "threading", "typer", "typing"}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A few issues."""
    return fill(
        tmp_path / "-issues.db",
        [
            issue("PAY-10", "Story", assignees=["Łukasz Berg"], labels=["back end"], parent="PAY-2"),
            issue("PAY-2", "Feature", updated_at="2026-11-20T12:00:00.000Z"),
            issue("acme/web#12", None, source="github", labels=["-x"]),
            issue("PAY-1", missing_since="2026-01-01T00:00:00.000Z"),
        ],
    )


@pytest.fixture
def config(tmp_path: Path, database: Path) -> Path:
    """A configuration file that names the database."""
    path = tmp_path / "team.properties"
    path.write_text(f"# database.path=\nteam.member.1.name = Zoë\ndatabase.path = {database.name}\n")
    return path


@pytest.fixture
def slow(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same command line by way of Typer."""

    def by_typer(*arguments: object, clock: FakeClock) -> Answer:
        with monkeypatch.context() as patch:
            patch.setattr(fast, "answered", lambda *_: False)
            return run(*arguments, clock=clock)

    return by_typer


def _loaded(
    environment: dict[str, str], *arguments: object, begins: str = '{"issue_keys":["PAY-2"'
) -> set[str]:
    """The modules in a process that answered; -S: without those that a virtual environment loads itself."""
    command = [sys.executable, "-S", "-c", _PROGRAM, *map(str, arguments)]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    assert answer.stdout.startswith(begins)
    return set(answer.stderr.split())


def _ours(modules: set[str]) -> set[str]:
    return {module for module in modules if module.partition(".")[0] == "worksupport"}


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (["keys", "--json"], '{"issue_keys":["PAY-2"'),
        (["keys", "--ndjson"], '{"issue_key":"PAY-2"'),
        (["keys"], "PAY-2\n"),
        (["keys", "--changed-since", "2026-01-01"], "PAY-2\n"),
        (["tree", "--json", "--root-type", "Story"], '{"hierarchy":[{"issue_key":"PAY-10"'),
    ],
)
def test_loads_only_what_the_answer_needs(database: Path, arguments: list[str], begins: str) -> None:
    modules = _loaded({}, *arguments, "--db", database, begins=begins)
    assert _ours(modules) <= fast.MODULES
    assert modules & (_SLOW - _ALLOWED.get(arguments[-1], set())) == set()


# What a form cannot do without.
_ALLOWED = {
    "keys": {"re"},
    "2026-01-01": {"re", "logging", "threading"},
    "Story": {"json", "re"},
}


def test_each_module_on_the_list_is_there() -> None:
    assert [name for name in fast.MODULES if find_spec(name) is None] == []


def test_a_database_that_a_plain_configuration_names_costs_nothing_more(config: Path) -> None:
    modules = _loaded({"WORKSUPPORT_CONFIG": str(config)}, "keys", "--json")
    assert _ours(modules) <= fast.MODULES
    assert modules & {*_SLOW, "jproperties"} == set()


def test_the_starter_configuration_is_plain_and_so_is_an_empty_answer(run: Run, tmp_path: Path) -> None:
    """Its comments have backslashes: nothing slow is loaded to read past them, nor to find nothing."""
    config = tmp_path / "starter.properties"
    assert run("init", config).exit_code == 0
    assert "\\" in config.read_text()
    with config.open("a") as file:
        file.write("database.path = empty.db\n")
    fill(tmp_path / "empty.db")
    modules = _loaded({}, "keys", "--json", "--config", config, begins='{"issue_keys":[]')
    assert modules & {*_SLOW, "jproperties"} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--db", "DB", "keys", "--json"],
        ["keys", "--db=nowhere", "--db=DB", "--json", "--json"],
        ["--db=nowhere", "keys", "--json", "--db=DB"],
        ["keys", "--json", "--db=DB", "--source", "JIRA", "--missing"],
        ["keys", "--json", "--db=DB", "--assignee", "łukasz berg", "--label=BACK END", "--parent-key=pay-2"],
        ["keys", "--json", "--db=DB", "--changed-since", "2d", "--issue-type", "feature"],
        ["keys", "--json", "--config", "CONFIG"],
        ["--config=nowhere", "keys", "--json", "--config=CONFIG"],
        ["keys", "--json", "--config", "CONFIG", "--db", "DB", "--label", "nobody has it"],
        ["keys", "--db=DB"],
        ["keys", "--db=DB", "--ndjson", "--source", "github"],
        ["tree", "--db=DB", "--json"],
        ["tree", "pay-2", "--db=DB", "--json", "--max-depth", "1"],
        ["tree", "--json", "--db=DB", "--root-type=feature", "--label", "BACK END", "--max-depth=2"],
    ],
)
def test_answers_itself(
    run: Run,
    slow: Run,
    database: Path,
    config: Path,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    words = [word.replace("DB", str(database)).replace("CONFIG", str(config)) for word in arguments]
    expected = slow(*words, clock=clock)
    monkeypatch.setattr(application, "run", None)  # whoever asks Typer fails
    assert run(*words, clock=clock) == expected
    assert expected.exit_code == 0
    assert expected.out


@pytest.mark.parametrize("variable", ["WORKSUPPORT_CONFIG", "WORKSUPPORT_DB", "WORKSUPPORT_DATABASE_PATH"])
def test_answers_itself_what_the_environment_names(
    run: Run, database: Path, config: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(config if variable == "WORKSUPPORT_CONFIG" else database))
    monkeypatch.setattr(application, "run", None)
    assert run("keys", "--json").out.startswith('{"issue_keys":["PAY-2"')


@pytest.mark.parametrize("line", ["", "x=\\\\\n", "x=\udcff\n"])
@pytest.mark.parametrize("is_variable", [False, True])
def test_a_configuration_from_a_pipe_is_read_once(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch, line: str, is_variable: bool
) -> None:
    """`worksupport keys --json --config <(...)`: nobody can read it again to tell what was wrong."""
    database = config.with_name("no.db")
    reader, writer = os.pipe()
    os.write(writer, f"{line}database.path={database}\n".encode(errors="surrogateescape"))
    os.close(writer)
    arguments = ["--config", f"/dev/fd/{reader}"]
    if is_variable:
        monkeypatch.setenv("WORKSUPPORT_CONFIG", arguments.pop())
        arguments.clear()
    answer = run("keys", "--json", *arguments)
    os.close(reader)
    assert (answer.exit_code, answer.out) == (3, "")
    assert f"there is no database at {database}" in answer.err


def test_a_database_that_cannot_be_read_is_tried_once(
    run: Run, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked one is waited for; to hand it to Typer would double that."""
    database.write_bytes(database.read_bytes()[:8192] + b"x" * 40_000)
    monkeypatch.setattr(application, "run", None)
    answer = run("keys", "--json", "--db", database)
    assert (answer.exit_code, answer.out) == (1, "")
    assert f"the database {database} cannot be read: " in answer.err


def test_on_a_terminal_an_empty_answer_is_explained(
    run: Run, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An honest nothing only there, a name that nobody has elsewhere, too."""
    honest = ["keys", "--json", "--label", "back end", "--source", "github", "--db", str(database)]
    unknown = ["keys", "--json", "--label", "back", "--db", str(database)]
    said = "worksupport: no issue has the label 'back'\n  near: back end\n"
    assert (run(*honest).err, run(*unknown).err) == ("", said)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert (run(*honest).err, run(*unknown).err) == ("worksupport: no issue fits\n  never harvested\n", said)


_WORDS = st.sampled_from(
    [
        *("keys", "tree", "--json", "--json=1", "--missing", "--ndjson", "-q", "-v", "--help", "--", "-", ""),
        *("--db", "--db=DB", "DB", "--config", "--config=nowhere", "--config=CONFIG"),
        *("--source", "--source=jira", "gitlab"),
        *("--assignee", "--assignee=", "Łukasz Berg", "\udcff", "--label", "--label=-x", "-x", "--lab"),
        *("--issue-type", "story", "--parent-key=pay-2", "--changed-since", "2d", "--changed-since=2x"),
        *("PAY-2", "pay-10", "--max-depth", "--max-depth=1", "0", "--root-type=story", "--status", "Open"),
    ]
)
_FILTERS = st.sampled_from(
    [
        *(["--source", "jira"], ["--source=GitHub"], ["--assignee", "łukasz BERG"], ["--label=back end"]),
        *(["--issue-type", "story"], ["--parent-key=pay-2"], ["--changed-since", "2d"], ["--missing"]),
        *(["--label", "gone"], ["--config", "CONFIG"], ["--label", "-x"], ["--label=\udcff"]),
        *(["--status", "OPEN"], ["PAY-2"], ["--max-depth", "1"], ["--root-type", "Feature"], ["--ndjson"]),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(_FILTERS, max_size=4).map(lambda pairs: ["keys", "--json", "--db=DB", *chain(*pairs)])
    | st.lists(_FILTERS, max_size=4).map(lambda pairs: ["keys", "--db=DB", *chain(*pairs)])
    | st.lists(_FILTERS, max_size=4).map(lambda pairs: ["tree", "--json", "--db=DB", *chain(*pairs)])
    | st.lists(_WORDS, max_size=6).map(lambda words: ["tree", "--db=DB", "--json", *words])
    | st.lists(_WORDS, max_size=6).map(lambda words: ["keys", "--db=DB", "--json", *words])
    | st.lists(_WORDS, max_size=7)
)
@example(["keys", "--json", "--db=DB", "--label"])
@example(["keys", "--json", "--db=DB", "--label", "--json"])
@example(["--assignee=x", "keys", "--json", "--db=DB"])
@example(["keys", "keys", "--json", "--db=DB"])
@example(["keys", "--json", "--db="])
@example(["keys", "--json", "--db", "nowhere"])
def test_any_command_line_answers_as_by_typer(
    run: Run, slow: Run, database: Path, config: Path, arguments: list[str]
) -> None:
    words = [word.replace("DB", str(database)).replace("CONFIG", str(config)) for word in arguments]
    assert run(*words, clock=FakeClock()) == slow(*words, clock=FakeClock())


def test_an_interrupt_ends_it_without_a_traceback(
    run: Run, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fast, "answer", interrupted)
    assert run("keys", "--json", "--db", database) == Answer(130, "", "")

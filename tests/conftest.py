"""What every test stands on: the front door, a clock that does not wait, and a shut network."""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_socket
from hypothesis import settings

from worksupport import cli
from worksupport.clock import Clock

pytest_plugins = ["tests.web"]

# How long an example takes depends on the machine and says nothing about the program.
settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile(os.environ.get("EXAMPLES", "quick"))


@dataclass
class Answer:
    """What one command line left: its exit code and its two streams."""

    exit_code: int
    out: str
    err: str


class FakeClock(Clock):
    """A clock that stands still until somebody waits; waiting takes no time."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) -> None:
        super().__init__()
        self.start = start
        self.elapsed = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.check()
        self.waits.append(seconds)
        self.elapsed += max(0.0, seconds)


class Moving(FakeClock):
    """A clock that tests set; the services can go by it as well."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> FakeClock:
    """A clock whose waits take no time and are remembered."""
    return FakeClock()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """run("keys", "--json") calls the real command line and returns exit code, stdout and stderr."""

    def run_command_line(*arguments: object, clock: Clock | None = None) -> Answer:
        capsys.readouterr()
        exit_code = cli.main([str(argument) for argument in arguments], clock=clock)
        out, err = capsys.readouterr()
        return Answer(exit_code, out, err)

    return run_command_line


@pytest.fixture(autouse=True)
def _empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the machine has configured reaches a test; the home folder is fresh."""
    for name in list(os.environ):
        if name.startswith(("WORKSUPPORT_", "XDG_")) or name.upper().endswith(("_PROXY", "_CA_BUNDLE")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """A command line sets up its log; the next test's may listen to another one."""
    package = logging.getLogger("worksupport")
    before = package.handlers, package.level, package.propagate
    yield
    package.handlers, package.level, package.propagate = before


@pytest.fixture(autouse=True)
def _shut_network() -> None:
    """Only loopback, where the sandbox listens, can be reached."""
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture
def belongs_to_another(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """belongs_to_another(path): the system says so of it from now on; to change it for real takes root."""

    def lie(stranger: Path, real_stat: Callable[..., os.stat_result] = os.stat) -> None:
        def stat_with_strange_owner(path: str, **options: bool) -> os.stat_result:
            values = list(real_stat(path, **options))
            if os.path.abspath(path) == str(stranger):
                values[4] = 4242
            return os.stat_result(values)

        monkeypatch.setattr(os, "stat", stat_with_strange_owner)

    return lie

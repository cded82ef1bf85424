"""What every benchmark needs: programs run and measured, the services started, one small table printed."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.benchmarks.site import LABEL, MEMBERS, account_id, login

_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cost:
    """One process from start to end: seconds of wall and CPU, and its highest resident size in MB."""

    wall: float
    cpu: float
    megabytes: float


def cost_of(
    *arguments: object, environment: dict[str, str] | None = None, output: Path | None = None
) -> Cost:
    """Run `python ARGUMENTS` to its end. Raises RuntimeError if it fails; `output` gets its stdout."""
    variables = {**os.environ, "PYTHONPATH": str(_REPOSITORY), **(environment or {})}
    with open(output or os.devnull, "wb") as stdout:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], stdout=stdout, env=variables, cwd=tempfile.gettempdir()
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))} ended with {process.returncode}")
    peak = usage.ru_maxrss / (1_048_576 if sys.platform == "darwin" else 1024)
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak)


def medians(runs: int, *programs: Callable[[], Cost]) -> list[Cost]:
    """The median costs of each program, run in turn so that what else the machine does hits all alike."""
    costs = list(zip(*[[program() for program in programs] for _ in range(runs)], strict=True))
    return [Cost(*(_median(column, name) for name in ("wall", "cpu", "megabytes"))) for column in costs]


def _median(costs: Sequence[Cost], name: str) -> float:
    values: list[float] = [getattr(cost, name) for cost in costs]
    return statistics.median(values)


@dataclass(frozen=True)
class Services:
    """The services' process."""

    url: str

    def set_latency(self, milliseconds: float) -> None:
        """From now on every answer comes so much later."""
        self._ask(f"/_latency?ms={milliseconds}")

    def change(self, issues: int) -> None:
        """Have so many of Jira's issues change."""
        self._ask(f"/_change?issues={issues}")

    def counts(self) -> dict[str, int]:
        """Requests since the last call: `jira` and `github` searches, and `other`."""
        counts: dict[str, int] = json.loads(self._ask("/_counts"))
        return counts

    def configuration(self, folder: Path) -> Path:
        """A configuration file for the program in `folder`, with its database beside it."""
        members = [
            f"team.member.{n}.name = Member {n}\nteam.member.{n}.jira_id = {account_id(n)}\n"
            f"team.member.{n}.github_id = {login(n)}"
            for n in range(MEMBERS)
        ]
        path = folder / "team_members.properties"
        path.write_text(
            "\n".join(
                [
                    *members,
                    f"jira.base_url = {self.url}",
                    "jira.email = bot@acme.example",
                    "jira.api_token = made-up-jira",
                    f"jira.issue_label = {LABEL}",
                    f"github.base_url = {self.url}/api/v3",
                    "github.api_token = made-up-github",
                    f"github.issue_label = {LABEL}",
                    "database.path = worksupport.db",
                ]
            )
        )
        path.chmod(0o600)
        return path

    def _ask(self, target: str) -> bytes:
        with urlopen(self.url + target) as answer:
            body: bytes = answer.read()
        return body


@contextmanager
def services(issues: int, shape: str = "usual") -> Iterator[Services]:
    """Both services over a site of that many issues (and `site.SHAPES`), until the block ends."""
    command = [sys.executable, "-m", "tests.benchmarks.services", str(issues), shape]
    with subprocess.Popen(command, cwd=_REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Services(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.stdin.close()


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Markdown table, numbers with as many digits as mean something."""
    print(f"\n{title}\n")
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(_text(cell) for cell in row)} |", flush=True)


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.3g}" if cell < 10 else f"{cell:.1f}"
    return str(cell)

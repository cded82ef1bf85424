"""Own CPU of a reload and a harvest against the least a program can do; `python -m tests.benchmarks.cpu`."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, medians, print_table, services
from tests.benchmarks.site import least, make_site


def main() -> None:
    """First into an empty database, then again: nothing has changed then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    stored = least(make_site(options.issues)).issues
    with tempfile.TemporaryDirectory() as name, services(options.issues) as served:
        folder = Path(name)
        variables = {"WORKSUPPORT_CONFIG": str(served.configuration(folder))}

        def plain() -> Cost:
            _remove_databases(folder)
            return cost_of("-m", "tests.benchmarks.plain_fetch", served.url, folder / "plain.db")

        def ours(command: str) -> Cost:
            return cost_of("-m", "worksupport", command, "-q", environment=variables)

        def first(command: str) -> Cost:
            _remove_databases(folder)
            return ours(command)

        names = (
            "requests + json + executemany",
            "reload, empty",
            "reload again",
            "harvest, empty",
            "harvest again",
            "the same rows alone, into empty tables",
        )
        costs = medians(
            options.runs,
            *(plain, lambda: first("reload"), lambda: ours("reload")),
            *(lambda: first("harvest"), lambda: ours("harvest")),
        )
        costs.append(Cost(0, _rows_alone(folder / "worksupport.db"), 0))
    rows = [
        [name, f"{cost.cpu:.2f}", cost.cpu / stored * 1e6, f"{cost.cpu / costs[0].cpu:.2f}"]
        for name, cost in zip(names, costs, strict=True)
    ]
    title = f"CPU of whole processes, {stored:,} issues stored"
    print_table(title, ("program", "CPU s", "µs per issue", "x"), rows)


def _rows_alone(database: Path) -> float:
    """CPU seconds of writing what is stored there once more."""
    command = [sys.executable, "-m", "tests.benchmarks.plain_rows", str(database)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _remove_databases(folder: Path) -> None:
    for path in folder.glob("*.db*"):
        path.unlink()


if __name__ == "__main__":
    main()

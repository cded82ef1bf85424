"""Start-up of the reading commands on a small database; `python -m tests.benchmarks.startup`."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, medians, print_table
from tests.benchmarks.reads import fill

_BASE = "import sqlite3, json, argparse"


def main() -> None:
    """Print the ratios to a Python that only imports what such a program needs at least."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = fill(Path(folder), 300)

        def read(command: str) -> Callable[[], Cost]:
            return lambda: cost_of("-m", "worksupport", command, "--json", "--db", database)

        commands = ("keys", "tree", "history")
        costs = medians(
            options.runs,
            lambda: cost_of("-c", _BASE),
            *map(read, commands),
        )
    names = (f'python -c "{_BASE}"', *(f"{command} --json" for command in commands))
    rows = [
        [name, cost.wall * 1000, f"{cost.wall / costs[0].wall:.2f}", f"{cost.cpu / costs[0].cpu:.2f}"]
        for name, cost in zip(names, costs, strict=True)
    ]
    print_table("Start-up (target: at most 4 x)", ("command", "ms", "wall x", "CPU x"), rows)


if __name__ == "__main__":
    main()

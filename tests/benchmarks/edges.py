"""Answers at the edges: narrow ones at any size, text beside JSON, many runs on record.

`python -m tests.benchmarks.edges [--sizes 10000,100000,1000000]`: made-up rows, no harvest.
"""

import argparse
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, medians, print_table
from tests.benchmarks.record import fill
from worksupport.store.settled import settle

_NARROW = {
    "tree KEY": ("tree", "P-1", "--json"),
    "show KEY": ("show", "P-5", "--json"),
    "list, a rare label": ("list", "-l", "rare", "--json"),
    "list, changed since an hour": ("list", "--changed-since", "1h", "--json"),
    "tree, a rare label": ("tree", "-l", "rare"),
    "tree --json, a rare label": ("tree", "-l", "rare", "--json"),
    "tree --max-depth 1": ("tree", "--max-depth", "1", "--json"),
    "keys of one parent": ("keys", "--parent", "P-2", "--json"),
}
_WHOLE = {"tree --json": ("tree", "--json"), "tree, piped": ("tree",), "list, piped": ("list",)}
_OF_RUNS = {"keys": ("keys", "-l", "rare"), "show KEY": ("show", "P-5", "--json"), "history": ("history",)}
_RUNS = 100_000


def main() -> None:
    """Fill a file of each size, then ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    narrow, whole = dict[str, list[Cost]](), list[list[str]]()
    sizes = [int(each) for each in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.db"
            _fill(path, size)
            for name, cost in zip(_NARROW, _costs(path, options.runs, _NARROW), strict=True):
                narrow.setdefault(name, []).append(cost)
            whole += _beside_json(size, _costs(path, options.runs, _WHOLE))
        print_table("narrow answers", *_by_size(sizes, narrow))
        print_table("whole answers", ("issues", "command", "CPU s", "x tree --json", "MB"), whole)
        print_table(
            f"{_RUNS:,} runs on record", ("command", "s", "x without"), _with_runs(path, options.runs)
        )


def _fill(path: Path, size: int) -> None:
    fill(path, size, 0, datetime.now(UTC))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO issue_labels VALUES (5, 'rare', 'rare'), (105, 'rare', 'rare')")
        connection.execute("UPDATE issues SET updated_at = '2020-01-01T00:00:00.000Z' WHERE id % 1000")
        settle(connection)


def _costs(path: Path, runs: int, commands: dict[str, tuple[str, ...]]) -> list[Cost]:
    def ask(command: tuple[str, ...]) -> Cost:
        return cost_of("-m", "worksupport", *command, "--db", path)

    return medians(runs, *(lambda each=each: ask(each) for each in commands.values()))


def _by_size(sizes: list[int], narrow: dict[str, list[Cost]]) -> tuple[tuple[str, ...], list[list[object]]]:
    head = ("answer", *(f"{size:,}: s" for size in sizes), *(f"{size:,}: MB" for size in sizes), "x")
    rows: list[list[object]] = [
        [
            name,
            *(f"{cost.wall:.3f}" for cost in costs),
            *(f"{cost.megabytes:.0f}" for cost in costs),
            f"{costs[-1].wall / costs[0].wall:.1f}",
        ]
        for name, costs in narrow.items()
    ]
    return head, rows


def _beside_json(size: int, costs: list[Cost]) -> list[list[str]]:
    return [
        [f"{size:,}", name, f"{cost.cpu:.2f}", f"{cost.cpu / costs[0].cpu:.2f}", f"{cost.megabytes:.0f}"]
        for name, cost in zip(_WHOLE, costs, strict=True)
    ]


def _with_runs(path: Path, runs: int) -> list[list[str]]:
    before = _costs(path, runs, _OF_RUNS)
    moment = "2026-01-01T00:00:00.000Z"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO harvest_jobs (run_id, status, completed_at, data_version)"
            " VALUES (?, 'completed', ?, ?)",
            ((f"h{number}", moment, -number) for number in range(_RUNS)),
        )
        connection.executemany(
            "INSERT INTO source_results (run_id, source, is_on, asked, status, stored, scope, ended_at,"
            " data_version) VALUES (?, 'jira', 1, 1, 'completed', 1, 'full', ?, ?)",
            ((f"h{number}", moment, -number) for number in range(_RUNS)),
        )
    after = _costs(path, runs, _OF_RUNS)
    return [
        [name, f"{cost.wall:.3f}", f"{cost.wall / first.wall:.2f}"]
        for name, first, cost in zip(_OF_RUNS, before, after, strict=True)
    ]


if __name__ == "__main__":
    main()

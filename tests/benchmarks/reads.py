"""`keys` and `tree` as whole processes against a plain program that prints the same bytes.

`python -m tests.benchmarks.reads [--issues N]`: N issues to harvest first, about two thirds are stored.
"""

import argparse
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, medians, print_table, services

_PLAIN = Path(__file__).with_name("plain_reads.py")
_TARGETS = {"keys": 1.2, "list": 1.2, "tree": 0.8}


def fill(folder: Path, issues: int) -> Path:
    """A database as a reload makes it."""
    with services(issues) as served:
        variables = {"WORKSUPPORT_CONFIG": str(served.configuration(folder))}
        cost_of("-m", "worksupport", "reload", "-q", environment=variables)
    return folder / "worksupport.db"


def _questions(database: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        (parent,) = connection.execute(
            "SELECT parent_key FROM issues GROUP BY 1 HAVING parent_key > '' ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
    filters = {
        "source": "jira",
        "assignee": "Member 7",
        "label": "urgent",
        "issue-type": "Story",
        "parent-key": parent,
    }
    filtered = [(what, name, value) for what in ("keys", "list") for name, value in filters.items()]
    return [("keys",), *filtered, ("tree",)]


def _row(database: Path, question: Sequence[str], runs: int) -> list[object]:
    what, *pair = question
    options = [f"--{pair[0]}", pair[1]] if pair else []
    answers = [database.with_name(name) for name in ("plain.json", "ours.json")]

    def plain() -> Cost:
        return cost_of(_PLAIN, database, *question, output=answers[0])

    def ours() -> Cost:
        return cost_of("-m", "worksupport", what, "--json", "--db", database, *options, output=answers[1])

    costs = medians(runs, plain, ours)
    if answers[0].read_bytes() != answers[1].read_bytes():
        raise RuntimeError(f"the answers to {' '.join(question)} differ")
    wall, cpu = (f"{getattr(costs[1], name) / getattr(costs[0], name):.2f}" for name in ("wall", "cpu"))
    return [" ".join((what, *options)), costs[0].wall, costs[1].wall, wall, cpu, _TARGETS[what]]


def main() -> None:
    """Fill a database, then ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=147_500, help="of the site; 147,500 store 100,000")
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = fill(Path(folder), options.issues)
        with closing(sqlite3.connect(database)) as connection:
            (stored,) = connection.execute("SELECT count(*) FROM issues").fetchone()
        rows = [_row(database, question, options.runs) for question in _questions(database)]
    head = ("command", "plain s", "worksupport s", "wall x", "CPU x", "target x")
    print_table(f"Reads at {stored:,} issues, the same bytes, whole processes", head, rows)


if __name__ == "__main__":
    main()

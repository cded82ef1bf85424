"""Answers of `serve` under load; `python -m tests.benchmarks.serve [--site N] [--datasette COMMAND]`.

Fills a database by a real harvest of a made-up site (140,000 issues, of which about 100,000 are the team's),
then measures 1 and 16 clients, answers kept and answers made anew, also while a reload runs. Targets:
kept answers p99 under 50 ms at 16 clients; the first answer under 200 ms for any filter of keys, and for the
hierarchy of 20,000 issues (`--site 28000`).
"""

import argparse
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.benchmarks.load import Load, load
from tests.benchmarks.measure import cost_of, print_table, services
from worksupport.model.filters import Filters
from worksupport.queries.keys import keys_statement

_HEAD = ("question", "clients", "p50 ms", "p99 ms", "requests/s", "kB", "statuses")
_KEYS, _TREE = "/api/issues/keys", "/api/issues/hierarchy"
_QUESTIONS = {
    "keys of a person": (_KEYS, {"assignee": "Member 7"}),
    "keys with a label": (_KEYS, {"label": "urgent"}),
    "keys of a type": (_KEYS, {"issue_type": "Story"}),
    "keys of a source": (_KEYS, {"source": "jira"}),
    "hierarchy": (_TREE, {"root_type": "Product Version"}),
    "hierarchy of a person": (_TREE, {"root_type": "Product Version", "assignee": "Member 7"}),
}


@contextmanager
def listening(
    command: Sequence[object], port_line: str, environment: dict[str, str]
) -> Iterator[tuple[int, int]]:
    """Port and process id of a server while it runs; `port_line` finds the port in what it says on stderr."""
    with subprocess.Popen(
        [str(word) for word in command],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        assert process.stderr
        try:
            for line in process.stderr:
                if found := re.search(port_line, line):
                    yield int(found[1]), process.pid
                    break
        finally:
            process.terminate()


def kept(path: str, filters: dict[str, str], _number: int) -> str:
    """The address of a question."""
    return f"{path}?{urlencode(filters)}"


def anew(writer: sqlite3.Connection, path: str, filters: dict[str, str], number: int) -> str:
    """The same, after a write that makes every kept answer worthless."""
    writer.execute("UPDATE data_state SET data_version = data_version + 1")
    return kept(path, filters, number)


def row(name: str, clients: int, seen: Load) -> list[object]:
    """One line of the table."""
    statuses = " ".join(f"{count} x {status}" for status, count in sorted(seen.statuses.items()))
    return [name, clients, seen.median, seen.slowest_percent, seen.per_second, seen.size / 1000, statuses]


def measured(port: int, address: Callable[..., str], requests: int, cheap: int) -> Iterator[list[object]]:
    """Each question by 1 and by 16 clients; `cheap` times as many requests where answers are small."""
    for name, (path, filters) in _QUESTIONS.items():
        for clients in (1, 16):
            count = max(clients, requests * (cheap if path == _KEYS else 1))
            yield row(name, clients, load(port, partial(address, path, filters), clients, count))


def not_modified(port: int) -> Iterator[list[object]]:
    """Clients that have the answer already and ask whether it still is the one."""
    target = kept(*_QUESTIONS["hierarchy"], 0)
    with urlopen(f"http://127.0.0.1:{port}{target}") as answer:
        header = f"If-None-Match: {answer.headers['ETag']}\r\n"
    for clients in (1, 16):
        yield row("hierarchy, 304", clients, load(port, lambda _: target, clients, 3000, header))


def start_reload(port: int) -> None:
    """Begin one in the background."""
    with urlopen(Request(f"http://127.0.0.1:{port}/api/harvest/reload", method="POST")):
        pass


def memory_of(process_id: int) -> str:
    """The most memory the process had so far (Linux)."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return "not known here"
    return f"{int(status.partition('VmHWM:')[2].split()[0]) / 1000:.0f} MB"


def beside_datasette(command: str, database: Path, requests: int) -> Iterator[list[object]]:
    """The same SQL from the same file by datasette, which makes every answer anew."""
    settings = ("max_returned_rows", 1_000_000), ("sql_time_limit_ms", 60_000)
    options = [word for name, value in settings for word in ("--setting", name, value)]
    start = [command, "serve", database, "--port", "0", *options]
    with listening(start, r"running on http://127.0.0.1:(\d+)", {}) as (port, _):
        for name in ("keys of a person", "keys with a label", "keys of a source"):
            statement, parameters = keys_statement(Filters(**_QUESTIONS[name][1]))
            asked = urlencode({"sql": statement, **parameters, "_shape": "arrayfirst"})
            for clients in (1, 16):
                seen = load(port, lambda _, q=asked: f"/{database.stem}.json?{q}", clients, requests)  # type: ignore[misc]
                yield row(f"datasette: {name}", clients, seen)


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=int, default=140_000, metavar="ISSUES")
    parser.add_argument(
        "--requests", type=int, default=32, help="of a big answer; small ones 10 times as many"
    )
    parser.add_argument("--datasette", metavar="COMMAND")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, services(given.site) as served:
        config = {
            "WORKSUPPORT_CONFIG": str(served.configuration(Path(folder))),
            "WORKSUPPORT_SERVE_RATE_LIMIT_PER_MINUTE": "0",
        }
        cost_of("-m", "worksupport", "reload", "-q", environment=config)
        _measure(Path(folder, "worksupport.db"), config, given)


def _measure(database: Path, config: dict[str, str], given: argparse.Namespace) -> None:
    serve = [sys.executable, "-m", "worksupport", "serve", "--port", "0"]
    with (
        closing(sqlite3.connect(database, isolation_level=None)) as writer,
        listening(serve, r"listening on http://127.0.0.1:(\d+)", config) as (port, process_id),
    ):
        ((count,),) = writer.execute("SELECT count(*) FROM issues").fetchall()
        print(f"{count} issues")
        print_table("kept answers", _HEAD, list(measured(port, kept, given.requests, 50)))
        print_table("not modified", _HEAD, list(not_modified(port)))
        print_table(
            "answers made anew", _HEAD, list(measured(port, partial(anew, writer), given.requests // 2, 1))
        )
        print(f"\nMost memory so far: {memory_of(process_id)}")
        start_reload(port)
        print_table("kept answers while a reload runs", _HEAD, list(measured(port, kept, 16, 10)))
        print(f"\nMost memory, with a reload: {memory_of(process_id)}")
    if given.datasette:
        print_table("beside it", _HEAD, list(beside_datasette(given.datasette, database, 32)))


if __name__ == "__main__":
    main()

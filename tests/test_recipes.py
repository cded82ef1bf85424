"""Every recipe of `help recipes` is carried out by the program it is for, on a copy of a real harvest."""

import csv
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb
import pytest

from tests.conftest import Answer
from tests.postgresql import postgresql
from tests.store.test_views import assert_as_commands_say, rows, views_of
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import running
from worksupport.store.views import STATEMENTS, VIEWS

Run = Callable[..., Answer]
OPEN = ("todo", "doing", "blocked")
pytestmark = pytest.mark.long


@pytest.fixture
def copies(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a copy of a team's data is the latest; the services still run, and we stand in that folder."""
    with running(made_up_world(now=datetime.now(UTC))) as sandbox:
        config = tmp_path / "team.properties"
        config.write_text(sandbox.properties(), encoding="utf-8")
        config.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(config))
        assert run("harvest", "-q").exit_code == 0
        folder = tmp_path / "home" / "copies"
        assert run("backup", folder, "--keep", "3", "--latest").exit_code == 0
        monkeypatch.chdir(folder)
        yield folder


@pytest.fixture
def recipe(run: Run) -> Callable[[int], str]:
    """recipe(7) is what stands indented under that number."""
    parts = run("help", "recipes").out.split("\n\n")
    found = {
        int(part.partition(".")[0]): below for part, below in pairwise(parts) if re.match(r"\d+\. ", part)
    }
    assert sorted(found) == list(range(1, 13))
    return lambda number: found[number]


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the extensions that it would fetch, from their packages."""
    with duckdb.connect() as connection:
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute(f"SET extension_directory = '{tmp_path / 'extensions'}'")
        for name in ("sqlite_scanner", "postgres_scanner"):
            package = find_spec(f"duckdb_extension_{name}")
            assert package
            assert package.origin
            version = f"v{duckdb.__version__}"
            file = Path(package.origin).parent / "extensions" / version / f"{name}.duckdb_extension"
            connection.execute(f"INSTALL '{file}'")
        yield connection


def shell(command: str) -> str:
    """What a command line prints in bash."""
    if "sqlite3" in command and not shutil.which("sqlite3"):
        pytest.skip("there is no sqlite3 here: apt-get install sqlite3")
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def sqlite(statement: str) -> list[list[Any]]:
    """The rows of a statement, by the sqlite3 shell."""
    text = shell(f"sqlite3 -readonly -json latest.db <<'EOF'\n{statement}\nEOF")
    return [list(row.values()) for row in json.loads(text or "[]")]


def counted(run: Run, *fields: str, **keep: Any) -> Counter[Any]:
    """How many issues there are of each, by `list --json`."""
    issues = json.loads(run("list", "--json").out)["issues"]
    return Counter(
        tuple(each[field] for field in fields)
        for each in issues
        if all(each[field] in values for field, values in keep.items())
    )


def test_after_reload_and_recover_the_views_are_there(run: Run, copies: Path) -> None:
    for command in ("reload", "recover"):
        assert run(command, "-q").exit_code == 0
        assert views_of(copies.parents[1] / "worksupport.db") == set(STATEMENTS)
        assert_as_commands_say(copies.parents[1] / "worksupport.db")
    assert len(rows(copies / "latest.db", "v_changes")) > 100


def test_the_shell_of_sqlite(run: Run, copies: Path, recipe: Callable[[int], str]) -> None:
    by_person = counted(run, "assignee", "state", state=OPEN)
    assert shell(recipe(1)).count("\n") == len(by_person) + 4  # a box and a head
    shell(recipe(2))
    issues = json.loads(run("list", "--json").out)["issues"]
    with (copies / "issues.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert {row["issue_key"]: row["summary"] for row in written} == {
        each["issue_key"]: each["summary"] or "" for each in issues
    }
    labels = Counter(label for each in issues if each["state"] in OPEN for label in each["labels"])
    assert Counter(dict(sqlite(recipe(3)))) == labels
    tops = {each["issue_key"]: each for each in json.loads(run("tree", "--json").out)["hierarchy"]}
    for root, left, depth in sqlite(recipe(4)):
        assert left == tops[root]["total"] - tops[root]["done"]
        assert depth >= 2
    moved = sqlite(recipe(5))
    assert moved
    assert moved[0][2] >= moved[-1][2] >= 1
    ((_, status, runs, requests),) = sqlite(recipe(6))
    assert (status, runs, requests > 5) == ("completed", 1, True)


def test_duckdb(
    run: Run, copies: Path, recipe: Callable[[int], str], duck: duckdb.DuckDBPyConnection
) -> None:
    """Every view with all its values, also those of tables without row ids; and Parquet."""
    weeks = dict(duck.execute(recipe(7)).fetchall())
    closed = counted(run, "closed_at", state=("done",))
    days = [datetime.fromisoformat(at).date() for (at,) in closed.elements() if at]
    assert {week.date(): count for week, count in weeks.items()} == Counter(
        day - timedelta(days=day.weekday()) for day in days
    )
    duck.execute(recipe(8))
    ((count, newest),) = duck.execute("SELECT count(*), max(id) FROM 'changes.parquet'").fetchall()
    changes = rows(copies / "latest.db", "v_changes")
    assert (count, newest) == (len(changes), max(row["id"] for row in changes))
    for view in VIEWS:
        assert_same(duck, f"sqlite_scan('latest.db', '{view.name}')", copies, view.name)
        types = duck.execute(f"DESCRIBE FROM sqlite_scan('latest.db', '{view.name}')").fetchall()
        assert {kind for _, kind, *_ in types} <= {"VARCHAR", "BIGINT", "TIMESTAMP"}
    duck.execute("ATTACH 'latest.db' (TYPE sqlite)")
    for view in VIEWS:
        assert_same(duck, f"latest.{view.name}", copies, view.name)
        attached, scanned = (
            duck.execute(f"DESCRIBE FROM {table}").fetchall()
            for table in (f"latest.{view.name}", f"sqlite_scan('latest.db', '{view.name}')")
        )
        assert attached == scanned
    found = duck.execute("SELECT view_name FROM duckdb_views() WHERE database_name = 'latest'").fetchall()
    assert {name for (name,) in found} == set(STATEMENTS)


def assert_same(duck: duckdb.DuckDBPyConnection, table: str, copies: Path, view: str) -> None:
    """The table has the rows and the columns of the view in the copy."""
    found = duck.execute(f"FROM {table}")
    names = [column[0] for column in found.description or ()]
    with closing(sqlite3.connect(copies / "latest.db")) as connection:
        told = connection.execute(f"SELECT * FROM {view}")
        assert names == [column[0] for column in told.description]
        assert Counter(map(_plain, found.fetchall())) == Counter(told.fetchall())


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        f"{each.isoformat(timespec='milliseconds')}Z" if isinstance(each, datetime) else each for each in row
    )


def test_datasette(run: Run, copies: Path, recipe: Callable[[int], str]) -> None:
    """Every view has a page and JSON; filters work."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = f"exec {recipe(9).strip().replace('8001', str(port))}"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        ["bash", "-c", command], stderr=subprocess.PIPE, text=True, env={**os.environ, "PATH": path}
    ) as server:
        try:
            assert server.stderr
            assert any("Uvicorn running" in line for line in server.stderr)

            def ask(page: str) -> str:
                with urlopen(f"http://127.0.0.1:{port}/latest/{page}", timeout=60) as response:
                    return str(response.read().decode())

            for view in VIEWS:
                assert f"<h1>{view.name}" in re.sub(r"<h1[^>]*>\s*", "<h1>", ask(view.name))
                found = json.loads(ask(f"{view.name}.json?_shape=array&_size=1000"))
                assert len(found) == min(1000, len(rows(copies / "latest.db", view.name)))
            found = json.loads(ask("v_issues.json?_shape=array&_size=1000&state=blocked"))
            assert len(found) == counted(run, "state")["blocked",]
        finally:
            server.terminate()


def test_postgresql_and_grafana(
    run: Run,
    copies: Path,
    recipe: Callable[[int], str],
    duck: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Loaded, used, refreshed under what was made there; both time series tell the same."""
    with postgresql("reports") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        duck.execute(recipe(10))
        for view in VIEWS:
            assert_same(duck, f"pg.{view.name}", copies, view.name)

        def psql(statement: str) -> list[list[str]]:
            command = ["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "reports", "-c", statement]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            return [line.split("|") for line in out.splitlines()]

        psql("CREATE VIEW own AS SELECT count(*) FROM v_issues")
        ((before,),) = psql("SELECT * FROM own")
        database = copies.parents[1] / "worksupport.db"
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(
                "UPDATE issues SET missing_since = '2026-11-01T00:00:00.000Z' WHERE id % 9 = 0"
            )
        assert run("backup", copies, "--keep", "3", "--latest").exit_code == 0
        duck.execute("DETACH pg")
        duck.execute(recipe(10))
        for view in VIEWS:
            assert_same(duck, f"pg.{view.name}", copies, view.name)
        ((after,),) = psql("SELECT * FROM own")
        assert 0 < int(after) < int(before)

        begin, end = datetime(2026, 1, 5, tzinfo=UTC), datetime(2030, 1, 7, tzinfo=UTC)
        # What Grafana puts in place of its macros and variables.
        between = f"closed_at BETWEEN '{begin:%Y-%m-%dT%H:%M:%SZ}' AND '{end:%Y-%m-%dT%H:%M:%SZ}'"
        series = psql(recipe(11).replace("$__timeFilter(closed_at)", between))
        statement = recipe(12).replace("$__from", f"{begin.timestamp():.0f}000")
        same = sqlite(statement.replace("$__to", f"{end.timestamp():.0f}000") + ";")
        assert len(series) > 10
        assert [(datetime.fromisoformat(f"{week}+00:00").timestamp(), int(n)) for week, n in series] == [
            (time, n) for time, n in same
        ]

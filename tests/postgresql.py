"""A PostgreSQL of a test's own, in a temporary folder, that only a socket there leads to."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_UNPRIVILEGED = "postgres"  # the account that the packages make; the server refuses root


def _programs() -> Path:
    """The newest server's folder of programs; skips the test where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    elsewhere = shutil.which("initdb")
    if not found and not elsewhere:
        pytest.skip("there is no PostgreSQL here: apt-get install postgresql")
    return found[-1].parent if found else Path(str(elsewhere)).parent


@contextmanager
def postgresql(database: str) -> Iterator[dict[str, str]]:
    """A running server with this empty database; the variables by which libpq finds it."""
    programs = _programs()
    account: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(_UNPRIVILEGED)
        except KeyError:
            pytest.skip(f"PostgreSQL refuses root, and there is no account {_UNPRIVILEGED}")
        shutil.chown(folder, _UNPRIVILEGED, _UNPRIVILEGED)
        account = {"user": _UNPRIVILEGED, "group": _UNPRIVILEGED, "extra_groups": []}
    variables = {"PGHOST": str(folder), "PGUSER": "reader"}

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **variables},
            cwd=folder,
            **account,
        )

    try:
        data = str(folder / "data")
        call(
            "initdb",
            "-D",
            data,
            "--auth=trust",
            "--username=reader",
            "--no-sync",
            "--no-locale",
            "--encoding=UTF8",
        )
        options = f"-k '{folder}' -c listen_addresses= -c fsync=off -c timezone=Asia/Kolkata"
        call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            call("createdb", database)
            yield variables
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)

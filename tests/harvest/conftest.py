"""Whole runs: the sandbox over real HTTP, a configuration that fits it, and the truth to compare with."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.harvest.program import Program
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox, running
from worksupport.sandbox.world import World

Rows = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def made_up() -> Iterator[Sandbox]:
    """The demo's world, served."""
    with running(made_up_world()) as sandbox:
        yield sandbox


@pytest.fixture
def site() -> Iterator[Sandbox]:
    """A world with two product versions and what stands below, served; small enough to spell out."""
    with running(small_world()) as sandbox:
        yield sandbox


def small_world() -> World:
    """IAIPORT-1 with features 2 and 3, story 4 and task 5; IAIPORT-6 alone; a labelled bug IAIPORT-7."""
    world = empty_site()
    world.team = world.team[:3]
    version = world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    feature = world.add_jira_issue("IAIPORT", "Feature", parent=version)
    world.add_jira_issue("IAIPORT", "Feature", parent=version)
    world.add_jira_issue("IAIPORT", "Story", parent=feature, status="Done", assignee=world.team[1])
    world.add_jira_issue("IAIPORT", "Task", parent=feature)
    world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    world.add_jira_issue("IAIPORT", "Bug", labels=["work-support"], assignee=world.team[0])
    return world


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Sandbox, str], Path]:
    """configured(sandbox, "more = lines") writes the configuration; returns the database's path."""

    def write(sandbox: Sandbox, more: str = "") -> Path:
        path = tmp_path / "team.properties"
        path.write_text(sandbox.properties() + more, encoding="utf-8")
        path.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(path))
        return tmp_path / "worksupport.db"

    return write


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """rows("SELECT ...", parameters) asks the database of this test."""

    def ask(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(tmp_path / "worksupport.db")) as connection:
            return connection.execute(statement, parameters).fetchall()

    return ask


@pytest.fixture
def program(tmp_path: Path, site: Sandbox) -> Program:
    """The real program, configured for the small site."""
    return Program(tmp_path, site)


@pytest.fixture
def program_at(tmp_path: Path) -> Callable[..., Program]:
    """program_at(sandbox, "more = lines") configures the real program for another sandbox."""
    return lambda sandbox, more="": Program(tmp_path, sandbox, more)

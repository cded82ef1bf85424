"""Whole runs as processes, and the database looked at from beside them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harvest.conftest import configured, made_up, rows, site  # noqa: F401 - fixtures
from tests.lifecycle.program import Program
from worksupport.sandbox.server import Sandbox


@pytest.fixture
def program(tmp_path: Path, site: Sandbox) -> Program:  # noqa: F811
    """The real program, configured for the small site."""
    return Program(tmp_path, site)


@pytest.fixture
def program_at(tmp_path: Path) -> Callable[..., Program]:
    """program_at(sandbox, "more = lines") configures the real program for another sandbox."""
    return lambda sandbox, more="": Program(tmp_path, sandbox, more)

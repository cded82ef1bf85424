"""One running sandbox for the tests that only read, and sessions that log in."""

from collections.abc import Iterator

import pytest
import requests

from worksupport.sandbox import server
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox with the whole made-up world."""
    with server.running(made_up_world()) as sandbox:
        yield sandbox


@pytest.fixture
def jira_session(sandbox: Sandbox) -> Iterator[requests.Session]:
    """A session with Jira's credentials."""
    with requests.Session() as session:
        session.auth = (sandbox.world.jira_email, sandbox.world.jira_token)
        yield session


@pytest.fixture
def github_session(sandbox: Sandbox) -> Iterator[requests.Session]:
    """A session with GitHub's token."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.world.github_token}"
        yield session

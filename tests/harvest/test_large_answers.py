"""Answers too large to be read: asked again with fewer issues a page, then given up; memory stays small."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from worksupport.network import transport
from worksupport.sandbox.changes import with_members
from worksupport.sandbox.exchange import Answer as HTTPAnswer
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
Configured = Callable[..., Path]
# What 60 KB of gzip can unpack to: every three bytes become a list of 56.
_BOMB = b'{"issues":[' + b"[]," * 21_000_000 + b"[]]}"


def test_pages_with_long_texts_are_asked_for_in_parts(
    made_up: Sandbox, configured: Configured, run: Run, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(made_up)
    run("harvest", clock=FakeClock())
    before = rows("SELECT issue_key FROM issues ORDER BY 1")
    monkeypatch.setattr(transport, "_LARGEST_BODY", 25_000)
    answer = run("harvest", clock=FakeClock())
    assert answer.exit_code == 0, answer.err
    assert "an answer of more than 0 MB" in answer.err
    assert "asking for 20 issues at a time" in answer.err
    assert rows("SELECT issue_key FROM issues WHERE missing_since IS NULL ORDER BY 1") == before


def test_one_issue_that_is_too_large_ends_its_source(
    made_up: Sandbox, configured: Configured, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(made_up)
    padded = with_members(lambda _: {"warnings": ["x" * 100_000]})
    made_up.fault = lambda request, answer: (
        padded(request, answer) if "/search/jql" in request.path else answer
    )
    monkeypatch.setattr(transport, "_LARGEST_BODY", 100_000)
    answer = run("harvest", "--source", "jira", clock=FakeClock())
    assert answer.exit_code == 5
    assert "asking for 1 issues at a time" in answer.err


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most memory a program had")
def test_what_unpacks_to_gigabytes_takes_no_memory(site: Sandbox, configured: Configured) -> None:
    configured(site)
    packed = gzip.compress(_BOMB)

    def fault(request: Request, answer: HTTPAnswer) -> HTTPAnswer:
        if "/search/jql" not in request.path:
            return answer
        return replace(answer, raw_body=packed, headers={"Content-Encoding": "gzip"})

    site.fault = fault
    # Not getrusage: what it tells of a new process begins with the memory of the one that started it.
    program = (
        "import re, sys; from worksupport import cli; code = cli.main(['harvest', '--source', 'jira']);"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1]); sys.exit(code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], env=os.environ, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 5, ended.stderr
    assert "an answer of more than 16 MB" in ended.stderr
    assert int(ended.stdout) < 200_000

"""The index of words that does not fit the issues: found by `check`, made anew by `recover`."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Answer
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
DAMAGE = {
    "an issue's words are lost": "DELETE FROM issue_texts WHERE issue_key = 'IAIPORT-5'",
    "a title was changed": "UPDATE issue_texts SET summary = 'xyzzy' WHERE issue_key = 'IAIPORT-5'",
    "words of an issue that is gone": "INSERT INTO issue_texts VALUES (99999, 'GONE-1', 'gone', '[]', '')",
    "the index has not heard of words": (
        "DROP TRIGGER issue_texts_changed; UPDATE issue_texts SET description = 'walrus'"
    ),
    "the index is damaged": "UPDATE issue_words_data SET block = x'00' WHERE id > 10",
    "the index alone": "INSERT INTO issue_words (issue_words) VALUES ('delete-all')",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_does_not_fit_is_found_and_mended(
    run: Run, site: Sandbox, configured: Callable[..., Path], damage: str
) -> None:
    path = configured(site)
    assert run("harvest", "-q").exit_code == 0
    assert _words(run) == (True, "every issue can be found by its words")
    before = run("list", "iaiport").out
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DAMAGE[damage])
    assert not _words(run)[0]
    answer = run("recover", "--no-reload")
    assert (answer.exit_code, "made anew" in answer.err) == (0, True)
    assert _words(run)[0]
    assert run("list", "iaiport").out == before
    assert "made anew" not in run("recover", "--no-reload").err


def _words(run: Run) -> tuple[bool, str]:
    checks = json.loads(run("check", "--offline", "--json").out)["checks"]
    return next((each["ok"], each["detail"]) for each in checks if each["name"] == "words")

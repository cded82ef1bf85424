"""The index of words, made anew where it does not fit the issues: a damaged file, or a foreign program."""

import sqlite3
from contextlib import closing
from pathlib import Path

from worksupport.store.file import file_uri

_CHECK = "INSERT INTO issue_words (issue_words, rank) VALUES ('integrity-check', 1)"
_REPAIR = (
    "DELETE FROM issue_texts WHERE issue_id NOT IN (SELECT id FROM issues)",
    """INSERT INTO issue_texts (issue_id, issue_key, summary, labels)
    SELECT id, issue_key, summary, labels FROM issues WHERE true
    ON CONFLICT (issue_id) DO UPDATE SET
        issue_key = excluded.issue_key, summary = excluded.summary, labels = excluded.labels""",
    "INSERT INTO issue_words (issue_words) VALUES ('rebuild')",
)
_DIFFERENT = """
SELECT 1 FROM issues LEFT JOIN issue_texts AS text ON text.issue_id = issues.id
WHERE (issues.issue_key, issues.summary, issues.labels) IS NOT (text.issue_key, text.summary, text.labels)
UNION ALL SELECT 1 FROM issue_texts WHERE issue_id NOT IN (SELECT id FROM issues) LIMIT 1
"""


def repair_words(connection: sqlite3.Connection) -> bool:
    """In the caller's transaction, make texts and index fit the issues; whether they did not.

    Descriptions stay where they are; one that is lost comes with the next run.
    """
    if not connection.execute(_DIFFERENT).fetchone() and _is_sound(connection):
        return False
    # Its triggers would take out of the index what it has not.
    connection.execute("INSERT INTO issue_words (issue_words) VALUES ('rebuild')")
    for statement in _REPAIR:
        connection.execute(statement)
    return True


def index_fault(path: Path) -> str:
    """What SQLite finds wrong with the index when it reads all texts and compares, "" for nothing.

    It takes that for a write, though nothing is written: also "" while another program writes, and for an
    account that may only read.
    """
    try:
        with closing(sqlite3.connect(file_uri(path, "mode=rw"), uri=True, timeout=1)) as connection:
            connection.execute(_CHECK)
    except sqlite3.OperationalError:
        return ""
    except sqlite3.DatabaseError as error:
        return f"the index of words does not fit the texts: {error}"
    return ""


def _is_sound(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute(_CHECK)
    except sqlite3.DatabaseError:
        return False
    return True

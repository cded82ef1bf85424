"""The index of words, made anew where it does not fit the issues: a damaged file, or a foreign program."""

import sqlite3

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


def _is_sound(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute(_CHECK)
    except sqlite3.DatabaseError:
        return False
    return True

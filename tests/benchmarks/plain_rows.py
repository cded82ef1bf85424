"""The least that storing costs: rows that a harvest has stored, written again into empty tables.

`python -m tests.benchmarks.plain_rows DATABASE`: nothing is fetched, shaped or compared. With the indexes and
the words to search for; the CPU seconds of that alone are printed.
"""

import sqlite3
import sys
import time
from contextlib import closing

# The index of words makes its own tables.
_STATEMENTS = r"""
SELECT sql FROM sqlite_master WHERE type IN ('table', 'index', 'trigger') AND sql IS NOT NULL
AND name NOT LIKE 'issue\_words\_%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid
"""
_TABLES = ("issues", "issue_labels", "issue_assignees")


def main(database: str) -> None:
    """In memory, so that no disk counts."""
    with closing(sqlite3.connect(database)) as stored, closing(sqlite3.connect(":memory:")) as connection:
        connection.create_function("casefold", 1, lambda text: text and text.casefold(), deterministic=True)
        for (statement,) in stored.execute(_STATEMENTS):
            connection.execute(statement)
        rows = {table: stored.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}
        texts = stored.execute("SELECT description, issue_id FROM issue_texts").fetchall()
        began = time.process_time()
        for table, values in rows.items():
            places = ", ".join("?" * len(values[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({places})", values)
        connection.executemany("UPDATE issue_texts SET description = ? WHERE issue_id = ?", texts)
        connection.commit()
        print(time.process_time() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])

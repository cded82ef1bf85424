"""Opening the database: what is refused and why, and that reading leaves no trace."""

import os
import sqlite3
from pathlib import Path

import pytest
import sqlite_utils

from tests.filled_database import fill, issue
from worksupport.errors import ConfigurationError, DatabaseError
from worksupport.model.filters import Filters
from worksupport.queries.keys import issue_keys
from worksupport.queries.reader import DatabaseChangedError, answer, data_version, open_reader
from worksupport.store import file
from worksupport.store.database import migrations
from worksupport.store.schema import SCHEMA_VERSION


def keys_at(path: Path) -> list[str]:
    """The keys that the database at `path` answers with."""
    return answer(path, lambda found: issue_keys(found, Filters()))


def add_issue(connection: sqlite3.Connection, key: str) -> None:
    """One more issue, written as a harvest would."""
    connection.execute("INSERT INTO issues (source, source_id, issue_key) VALUES ('jira', ?, ?)", (key, key))
    connection.commit()


def test_schema_number_is_what_the_migrations_leave() -> None:
    database = sqlite_utils.Database(memory=True)
    migrations.apply(database)
    assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_reading_leaves_no_files(tmp_path: Path) -> None:
    path = fill(tmp_path / "issues.db", [issue("P-1")])
    before = sorted(os.listdir(tmp_path))
    assert keys_at(path) == ["P-1"]
    assert sorted(os.listdir(tmp_path)) == before


def test_sees_what_a_running_harvest_has_committed(tmp_path: Path) -> None:
    path = fill(tmp_path / "issues.db", [issue("P-1")])
    with sqlite3.connect(path) as writer:
        add_issue(writer, "P-2")
        writer.execute("DELETE FROM issues")
        assert keys_at(path) == ["P-1", "P-2"]
        writer.rollback()
    writer.close()


def test_one_answer_is_one_transaction(tmp_path: Path) -> None:
    """While a writer has the database open, what it commits is not seen by an answer already begun."""
    path = fill(tmp_path / "issues.db", [issue("P-1")])
    writer = sqlite3.connect(path)
    add_issue(writer, "P-2")
    with open_reader(path) as reader:
        assert issue_keys(reader, Filters()) == ["P-1", "P-2"]
        add_issue(writer, "P-3")
        assert issue_keys(reader, Filters()) == ["P-1", "P-2"]
    writer.close()


def test_an_answer_disturbed_by_a_writer_is_asked_again(tmp_path: Path) -> None:
    """The first attempt reads without locks; a writer that comes and goes meanwhile makes it void."""
    path = fill(tmp_path / "issues.db", [issue("P-1")])
    attempts: list[int] = []

    def question(reader: sqlite3.Connection) -> int:
        attempts.append(1)
        if len(attempts) == 1:
            writer = sqlite3.connect(path)
            add_issue(writer, "P-2")
            writer.close()
        return len(issue_keys(reader, Filters()))

    assert answer(path, question) == 2
    assert len(attempts) == 2


def test_a_database_that_never_stays_still_is_an_error(tmp_path: Path) -> None:
    path = fill(tmp_path / "issues.db")

    def disturbing(_reader: sqlite3.Connection) -> None:
        stamp = path.stat().st_mtime_ns + 1_000_000
        os.utime(path, ns=(stamp, stamp))

    with pytest.raises(DatabaseChangedError, match=r"issues\.db changed while it was read"):
        answer(path, disturbing)


def test_reader_cannot_write(tmp_path: Path) -> None:
    path = fill(tmp_path / "issues.db")
    with pytest.raises(ConfigurationError, match="readonly"), open_reader(path) as reader:
        reader.execute("DELETE FROM issues")


def test_data_version(tmp_path: Path) -> None:
    with open_reader(fill(tmp_path / "issues.db")) as reader:
        assert data_version(reader) == 1


@pytest.mark.parametrize("name", ["a b.db", "p%41.db", "what?.db", "a#b.db", "ü.db", "mode=rwc&x.db"])
def test_any_file_name_can_be_read(tmp_path: Path, name: str) -> None:
    assert keys_at(fill(tmp_path / name, [issue("P-1")])) == ["P-1"]


def test_a_path_in_any_notation_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    fill(tmp_path / "folder" / ":memory:", [issue("P-1")])
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    for path in (f"/{tmp_path}/folder/:memory:", f"{tmp_path}/link/../folder/./:memory:", "folder/:memory:"):
        assert answer(path, lambda found: issue_keys(found, Filters())) == ["P-1"]
    monkeypatch.chdir("folder")
    assert answer(":memory:", lambda found: issue_keys(found, Filters())) == ["P-1"]


@pytest.mark.parametrize("path", ["no\0where", "", "file/below", "loop"])
def test_a_path_to_nothing_is_told(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ConfigurationError, match=r"there is no database at|symbolic links"):
        answer(path, data_version)


def test_no_database_names_what_creates_it_and_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no database at .*nowhere/issues\.db") as raised:
        keys_at(tmp_path / "nowhere" / "issues.db")
    assert raised.value.hint == "create it with `worksupport harvest`, or look around with `worksupport demo`"
    assert not (tmp_path / "nowhere").exists()


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder, not a database"):
        keys_at(tmp_path)


def test_a_pipe_is_refused_without_opening_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="is not a database file"):
        keys_at(tmp_path / "pipe")


def test_a_text_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database at all\n" * 100)
    with pytest.raises(ConfigurationError, match=r"notes\.txt is not a database"):
        keys_at(tmp_path / "notes.txt")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(ConfigurationError, match=r"empty\.db is empty"):
        keys_at(tmp_path / "empty.db")


def test_a_database_of_another_program(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.execute("PRAGMA user_version = 60")
    other.close()
    with pytest.raises(ConfigurationError, match="is a database of another program"):
        keys_at(tmp_path / "other.db")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = fill(tmp_path / "issues.db")
    with sqlite3.connect(path) as writer:
        writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    writer.close()
    with pytest.raises(ConfigurationError, match=f"newer worksupport .schema {SCHEMA_VERSION + 1}") as raised:
        keys_at(path)
    assert raised.value.hint == "install the newer version, or name another database with --db"


@pytest.mark.parametrize(("library", "lacks"), [((3, 33, 9), "3.34 or newer"), (None, "FTS5")])
def test_a_python_whose_sqlite_cannot_do_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: tuple[int, ...] | None, lacks: str
) -> None:
    path = fill(tmp_path / "issues.db")
    if library:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", library)
    else:
        monkeypatch.setattr(file, "_HAS_FTS5", "SELECT 1 WHERE false")
    with pytest.raises(ConfigurationError, match=lacks):
        keys_at(path)


def test_a_damaged_database_is_an_error_not_an_empty_answer(tmp_path: Path) -> None:
    path = fill(tmp_path / "issues.db", [issue(f"P-{number}") for number in range(500)])
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(DatabaseError, match=r"issues\.db cannot be read: .*malformed"):
        keys_at(path)

"""The database's file: whose it is, what it is, and what happens when it goes away or finds no room."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from worksupport.config.load import load_settings
from worksupport.errors import DatabaseError
from worksupport.harvest.reload import Trigger, reload
from worksupport.harvest.session import session
from worksupport.sandbox.exchange import Answer as HTTPAnswer
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
Configured = Callable[..., Path]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _once_asked(sandbox: Sandbox, action: Callable[[], object]) -> None:
    """Do `action` when the first search is being answered."""
    pending = [action]

    def fault(request: Request, answer: HTTPAnswer) -> HTTPAnswer:
        if "/search/" in request.path and pending:
            pending.pop()()
        return answer

    sandbox.fault = fault


def test_files_are_their_owners_alone(
    site: Sandbox, configured: Configured, run: Run, tmp_path: Path
) -> None:
    configured(site)
    database = tmp_path / "new" / "folder" / "w.db"
    modes: dict[str, int] = {}
    _once_asked(site, lambda: modes.update({path.name: _mode(path) for path in database.parent.iterdir()}))
    old = os.umask(0o022)
    try:
        assert run("reload", "--db", database, clock=FakeClock()).exit_code == 0
    finally:
        os.umask(old)
    assert modes == {"w.db": 0o600, "w.db-wal": 0o600, "w.db-shm": 0o600, "w.db.lock": 0o600}
    assert [_mode(folder) for folder in (database.parent, database.parent.parent)] == [0o700, 0o700]
    assert sorted(path.name for path in database.parent.iterdir()) == ["w.db", "w.db.lock"]


def test_a_link_to_the_database_leads_to_one_database_and_one_lock(
    site: Sandbox, configured: Configured, run: Run, tmp_path: Path
) -> None:
    database = configured(site)
    (tmp_path / "there").mkdir()
    real = tmp_path / "there" / "real.db"
    database.symlink_to(real)
    assert run("harvest", clock=FakeClock()).exit_code == 0
    assert run("reload", "--db", real, clock=FakeClock()).exit_code == 0
    assert sorted(path.name for path in real.parent.iterdir()) == ["real.db", "real.db.lock"]
    assert database.is_symlink()
    assert len(run("keys").out.split()) == 7


@pytest.mark.parametrize("command", ["harvest", "reload"])
@pytest.mark.parametrize("is_replaced", [False, True], ids=["deleted", "replaced"])
def test_a_database_that_goes_away_under_a_run_is_noticed(
    site: Sandbox, configured: Configured, run: Run, command: str, is_replaced: bool
) -> None:
    """Nothing is written to the file that has taken its place; the next run works."""
    database = configured(site)
    run("harvest", clock=FakeClock())
    spare = database.with_name("spare.db")
    shutil.copy(database, spare)
    content = spare.read_bytes()
    site.world.delete_jira_issue("IAIPORT-5")
    _once_asked(site, (lambda: os.replace(spare, database)) if is_replaced else database.unlink)
    answer = run(command, clock=FakeClock())
    assert answer.exit_code == 1
    assert f"the database {database} was replaced or deleted during the run" in answer.err
    assert "Traceback" not in answer.err
    left = {path.name for path in database.parent.iterdir() if path.name.startswith("worksupport.db")}
    if is_replaced:
        assert database.read_bytes() == content
        assert left == {"worksupport.db", "worksupport.db.lock"}
        assert len(run("keys").out.split()) == 7
    else:
        assert left == {"worksupport.db.lock"}
    assert run("reload", clock=FakeClock()).exit_code == 0
    assert len(run("keys").out.split()) == 6


def test_a_database_moved_away_under_a_run_is_whole(site: Sandbox, configured: Configured, run: Run) -> None:
    """What the run had stored by then is in the file that was moved."""
    database = configured(site)
    moved = database.with_name("moved.db")
    _once_asked(site, lambda: os.rename(database, moved))
    assert run("harvest", clock=FakeClock()).exit_code == 1
    with closing(sqlite3.connect(moved)) as connection:
        assert connection.execute("SELECT count(*) FROM harvest_jobs").fetchall() == [(1,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _not_sqlite(path: Path) -> None:
    path.write_text("Dear diary,\n" * 400, encoding="utf-8")


def _of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE _sqlite_migrations (id INTEGER)")
        connection.execute("CREATE TABLE bookmarks (id INTEGER)")


def _of_a_newer_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for table in ("issues", "data_state"):
            connection.execute(f"CREATE TABLE {table} (id INTEGER)")
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("command", ["harvest", "reload", "recover"])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_not_sqlite, "is not a database"),
        (_of_another_program, "is a database of another program"),
        (_of_a_newer_version, "was written by a newer worksupport (schema 99"),
    ],
)
def test_a_file_that_is_not_ours_stays_as_it_is(
    site: Sandbox,
    configured: Configured,
    run: Run,
    tmp_path: Path,
    command: str,
    make: Callable[[Path], None],
    message: str,
) -> None:
    configured(site)
    (tmp_path / "theirs").mkdir()
    path = tmp_path / "theirs" / "file.db"
    make(path)
    content = path.read_bytes()
    answer = run(command, "--db", path, clock=FakeClock())
    assert answer.exit_code == 3
    assert message in answer.err
    assert len(answer.err.splitlines()) <= 2
    assert path.read_bytes() == content
    assert {other.name for other in path.parent.iterdir()} <= {"file.db", "file.db.lock"}


def test_a_folder_is_not_a_database(site: Sandbox, configured: Configured, run: Run, tmp_path: Path) -> None:
    configured(site)
    (tmp_path / "folder.db").mkdir()
    answer = run("harvest", "--db", tmp_path / "folder.db", clock=FakeClock())
    assert answer.exit_code == 3
    assert "is a folder, not a database" in answer.err


@pytest.fixture
def without_rights(others_folder: Path) -> Iterator[None]:
    """The rights of an ordinary account: root may write where nobody may."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


@pytest.fixture(params=[0o555])
def others_folder(
    site: Sandbox, configured: Configured, run: Run, request: pytest.FixtureRequest
) -> Iterator[Path]:
    """A folder that others may read, with a harvested database and the configuration for it."""
    database = configured(site)
    run("harvest", clock=FakeClock())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (database, database.with_name("team.properties")):
            shutil.copy(file, folder)
            (folder / file.name).chmod(0o444)
        folder.chmod(request.param)
        yield folder
        folder.chmod(0o755)


@pytest.mark.usefixtures("without_rights")
def test_a_read_only_folder_is_one_sentence(run: Run, others_folder: Path) -> None:
    config = others_folder / "team.properties"
    answer = run("reload", "-q", "--config", config, clock=FakeClock())
    assert answer.exit_code == 3
    assert f"cannot lock the database with {others_folder}/worksupport.db.lock: Perm" in answer.err
    assert {path.name for path in others_folder.iterdir()} == {"team.properties", "worksupport.db"}


@pytest.mark.usefixtures("without_rights")
@pytest.mark.parametrize("others_folder", [0o777], indirect=True)
def test_a_read_only_file_is_one_sentence(run: Run, others_folder: Path) -> None:
    """In a folder where the lock can be had."""
    database, config = others_folder / "worksupport.db", others_folder / "team.properties"
    content = database.read_bytes()
    answer = run("reload", "-q", "--config", config, clock=FakeClock())
    assert answer.exit_code == 3
    assert f"the database {database} could not be written: attempt to write a readonly" in answer.err
    assert database.read_bytes() == content


_LIMITED = """
import resource, runpy, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
sys.argv = ["worksupport", "reload", "-q"]
runpy.run_module("worksupport", run_name="__main__")
"""


@pytest.mark.parametrize("extra", [20_000, 100_000])
def test_no_room_is_one_sentence_and_changes_nothing(
    made_up: Sandbox, configured: Configured, run: Run, rows: Rows, extra: int
) -> None:
    """A limit on the size of files, as a quota is: early, and in the middle of the staging."""
    database = configured(made_up)
    run("harvest", clock=FakeClock())
    before = rows("SELECT * FROM issues")
    limit = extra if extra < 50_000 else database.stat().st_size + extra
    for issue in made_up.world.jira_issues.values():
        issue["fields"]["summary"] = "A longer title " * 40
    program = _LIMITED.format(limit=limit)
    # Coverage could not write its own file either, and would say so.
    uncovered = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=uncovered, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert "B are free there, a whole run may need " in done.stderr
    assert "Traceback" not in done.stderr
    assert rows("SELECT * FROM issues") == before
    assert run("reload", "-q", clock=FakeClock()) == Answer(0, "", "")


def test_a_full_database_is_one_sentence_and_the_record_says_it(
    site: Sandbox, configured: Configured, run: Run, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself finds no page: the run rolls back, and the record, which needs none, is finished."""

    database = configured(site)
    run("harvest", clock=FakeClock())
    before = rows("SELECT * FROM issues")
    for issue in site.world.jira_issues.values():
        issue["fields"]["summary"] = "A longer title " * 400
    settings = load_settings(database.with_name("team.properties"), None, {})
    with session(settings, FakeClock(), "reload") as work:
        ((pages,),) = work.store.read("PRAGMA page_count")
        work.store.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(DatabaseError, match=r"the disk is full: .*B are free there"):
            reload(work, Trigger())
    assert rows("SELECT * FROM issues") == before
    ((status, message),) = rows("SELECT status, error_message FROM reload_tracking")
    assert status == "failed"
    assert message.startswith("the disk is full")


def test_a_lock_of_another_program_is_waited_for(site: Sandbox, configured: Configured, run: Run) -> None:
    """A shell that holds the database for a moment does not fail a run; one that never lets go does."""
    database = configured(site)
    run("harvest", clock=FakeClock())
    shell = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    shell.execute("BEGIN IMMEDIATE")

    class LetsGo(FakeClock):
        tries = 0

        def check(self) -> None:
            super().check()
            self.tries += 1
            if self.tries == 2 and shell.in_transaction:
                shell.execute("ROLLBACK")

    assert run("reload", "-q", clock=LetsGo()).exit_code == 0

    class Impatient(FakeClock):
        def monotonic(self) -> float:
            self.elapsed += 61
            return self.elapsed

    shell.execute("BEGIN IMMEDIATE")
    answer = run("reload", clock=Impatient())
    shell.close()
    assert answer.exit_code == 1
    assert "another program kept the database" in answer.err


def test_issues_that_cannot_be_read_are_one_sentence(site: Sandbox, configured: Configured, run: Run) -> None:
    """Pages of the disk have gone bad: the run says so before it asks any service."""
    database = configured(site)
    run("harvest", clock=FakeClock())
    with closing(sqlite3.connect(database)) as connection:
        ((size,),) = connection.execute("PRAGMA page_size")
        pages = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE tbl_name = 'issues' AND rootpage"
        ).fetchall()
    with database.open("r+b") as file:
        for (page,) in pages:
            file.seek((page - 1) * size)
            file.write(bytes(size))
    answer = run("harvest", clock=FakeClock())
    assert answer.exit_code == 1
    assert f"the database {database} could not be written: database disk image is malformed" in answer.err
    assert "internal error" not in answer.err

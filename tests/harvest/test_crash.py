"""The real program is killed (SIGKILL) at points spread over a run, while the service's data changes.

What is killed where: at the n-th request of the run; or, for what happens after the last request, when the
write-ahead log begins to grow (the clean-up transaction of a reload on its way to the disk), or a moment
after the last request.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer as Output
from tests.harvest.program import Program, ended
from tests.harvest.shaken_world import grown_world, shake
from worksupport.clock import Clock
from worksupport.config.load import load_settings
from worksupport.harvest.reload import Trigger, reload
from worksupport.harvest.session import session
from worksupport.sandbox.exchange import Answer, Request
from worksupport.sandbox.server import running

_SQL = """
SELECT issues.*, (
    SELECT json_group_array(label || '/' || folded) FROM (
        SELECT * FROM issue_labels WHERE issue_id = issues.id ORDER BY label)
), (
    SELECT json_group_array(account || '/' || name || '/' || folded) FROM (
        SELECT * FROM issue_assignees WHERE issue_id = issues.id ORDER BY account, name)
) FROM issues ORDER BY source, source_id
"""
_KILLS = 40
_OWN = ("id", "first_seen_at", "harvested_at", "seen_run")  # differ from database to database
Row = dict[str, Any]
State = dict[str, Row]


class Kill:
    """A fault that tells when the program has sent its n-th request."""

    def __init__(self, request: int) -> None:
        self.request = request
        self.seen = count(1)
        self.reached = threading.Event()

    def __call__(self, request: Request, answer: Answer) -> Answer:
        if next(self.seen) == self.request:
            self.reached.set()
        return answer


class Lane:
    """One program, world and database, run and killed again and again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = grown_world()
        self.folder = folder
        self.outcomes: list[str] = []

    def kill_often(self, kills: int) -> list[str]:
        """As often: the data changes, a run is killed, the state is looked at, a run repairs."""
        with running(self.world) as sandbox:
            self.program = Program(self.folder / "killed", sandbox)
            self.reference = self.folder / "reference.db"
            self._repair()
            for turn in range(3 * kills):
                self._once(("reload", "harvest", "reload")[turn % 3], is_late=turn % 3 == 2)
                if len(self.outcomes) == kills:
                    break
        return self.outcomes

    def _once(self, command: str, *, is_late: bool) -> None:
        before = state(self.program.database)
        shake(self.world, self.chance, keys_move=command == "reload")
        after = self._truth()
        was_killed = self._kill(command, is_late=is_late)
        found = state(self.program.database)
        check = {"reload": self._check_reload, "harvest": self._check_harvest}[command]
        outcome = f"{command}{' at its end' if is_late else ''}: {check(before, found, after)}"
        if was_killed:
            self.outcomes.append(outcome)
        self._repair()
        assert _compared(state(self.program.database)) == _compared(after)

    def _repair(self) -> None:
        """The next run: it says nothing, and tells how many requests a run has."""
        sent = len(self.program.sandbox.requests)
        assert self.program.run("reload", "-q") == Output(0, "", "")
        self.requests = len(self.program.sandbox.requests) - sent

    def _reload(self, database: Path) -> None:
        """A reload in this process."""
        settings = load_settings(self.program.config, database, {})
        with session(settings, Clock(), "reload") as work:
            assert reload(work, Trigger(), max_delete_percent=100).exit_code == 0

    def _kill(self, command: str, *, is_late: bool) -> bool:
        """Kill a run at one of its requests, or after the last one; whether it still lived."""
        first = self.requests // 2 if command == "harvest" else 1
        kill = Kill(self.requests if is_late else self.chance.randint(first, self.requests - 1))
        self.program.sandbox.fault = kill
        process = self.program.start(command, "-q")
        while process.poll() is None and not kill.reached.wait(0.02):
            pass
        if is_late:
            self._wait_for_the_swap(process)
        process.send_signal(signal.SIGKILL)
        answer = ended(process)
        self.program.sandbox.fault = None
        assert answer.exit_code in (-signal.SIGKILL, 0), answer.err
        return answer.exit_code != 0

    def _wait_for_the_swap(self, process: subprocess.Popen[str]) -> None:
        """Until the log grows, or a random moment within what a swap takes."""
        log = self.program.database.with_name("worksupport.db-wal")
        size, is_aimed = _size(log), self.chance.random() < 0.6
        for _ in range(self.chance.randint(1, 60)):
            if process.poll() is not None or (is_aimed and _size(log) != size):
                return
            Clock().sleep(0.001)

    def _truth(self) -> State:
        """What a database that never saw a kill has after the same data."""
        self._reload(self.reference)
        return state(self.reference)

    def _check_reload(self, before: State, found: State, after: State) -> str:
        if found == before:
            return "before"
        assert _compared(found) == _compared(after)
        kept = found.keys() & before.keys()
        assert {key: found[key]["id"] for key in kept} == {key: before[key]["id"] for key in kept}
        return "after"

    def _check_harvest(self, before: State, found: State, after: State) -> str:
        old, new, now = _compared(before), _compared(after), _compared(found)
        assert old.keys() <= now.keys()
        for source_id, row in now.items():
            gone = source_id not in new and {**row, "missing_since": None} == old.get(source_id)
            assert row in (old.get(source_id), new.get(source_id)) or gone
        return "before" if now == old else "after" if new.items() <= now.items() else "between"


def state(database: Path) -> State:
    """Every issue with its side tables, by source and id; the database is sound.

    Looked at in a copy: opening it would already repair what a crash has left.
    """
    copy = database.with_name("copy.db")
    for suffix in ("", "-wal"):
        if (file := database.with_name(database.name + suffix)).exists():
            shutil.copy(file, copy.with_name(copy.name + suffix))
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(_SQL)]
    return {f"{row['source']} {row['source_id']}": row for row in rows}


def _compared(found: State) -> State:
    return {key: {name: row[name] for name in row if name not in _OWN} for key, row in found.items()}


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


@pytest.mark.long
def test_no_kill_loses_anything_or_needs_a_hand(tmp_path: Path) -> None:
    """Two lanes side by side, one a processor."""
    with ThreadPoolExecutor(2) as pool:
        lanes = [Lane(tmp_path / str(seed), seed) for seed in range(2)]
        outcomes = [
            outcome for found in pool.map(Lane.kill_often, lanes, [_KILLS // 2] * 2) for outcome in found
        ]
    print(Counter(outcomes))
    assert len(outcomes) == _KILLS
    assert {"reload: before", "harvest: before"} & set(outcomes)

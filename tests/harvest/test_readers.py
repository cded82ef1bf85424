"""`tree` and `keys` in a loop while reloads replace everything: old or new, never a mix, never a failure."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.harvest.program import Program
from tests.harvest.shaken_world import grown_world
from worksupport.clock import Clock
from worksupport.model.filters import Filters
from worksupport.queries.keys import issue_keys
from worksupport.queries.reader import answer, data_version
from worksupport.queries.tree import TreeQuestion, tree_document
from worksupport.sandbox.server import running
from worksupport.sandbox.world import World


class Reader(threading.Thread):
    """Asks for the keys and the tree, in turn, until it is stopped; notes what it saw.

    `waits`: seconds until the database let it in, by a question that takes no time itself; `idles`: the same
    of a copy that nobody writes, so what the machine itself takes.
    """

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True)
        self.database = database
        self.stopped = threading.Event()
        self.keys: set[int] = set()
        self.trees: set[tuple[str, ...]] = set()
        self.copy = Path(shutil.copy(database, database.with_suffix(".copy")))
        self.waits: list[float] = []
        self.idles: list[float] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stopped.is_set():
                self._ask()
                Clock().sleep(0.01)
        except BaseException as error:
            self.error = error

    def wait_for_one_more(self) -> None:
        """Return when a read that began after this call has ended."""
        read = len(self.waits)
        while len(self.waits) < read + 2 and self.is_alive():
            Clock().sleep(0.005)

    def _ask(self) -> None:
        self.idles.append(_seconds_of(self.copy))
        wait = _seconds_of(self.database)
        keys = answer(self.database, lambda found: issue_keys(found, Filters()))
        tree = answer(self.database, lambda found: tree_document(found, TreeQuestion()))
        self.keys.add(len(keys))
        self.trees.add(tuple(sorted(_generations(tree))))
        self.waits.append(wait)


def _seconds_of(database: Path) -> float:
    began = Clock().monotonic()
    answer(database, data_version)
    return Clock().monotonic() - began


def _generations(tree: dict[str, Any]) -> set[str]:
    """Which states of the service the titles of a tree are from."""
    found, waiting = set(), list(tree["hierarchy"])
    while waiting:
        node = waiting.pop()
        found.add(node["summary"])
        waiting += node["children"]
    return found


def _renew(world: World, generation: int) -> None:
    """Every title changes, and a story comes or goes."""
    for issue in world.jira_issues.values():
        issue["fields"]["summary"] = f"generation {generation}"
    if generation % 2:
        feature = next(i for i in world.jira_issues.values() if i["fields"]["issuetype"]["name"] == "Feature")
        world.add_jira_issue("IAIPORT", "Story", parent=feature, summary=f"generation {generation}")
    else:
        world.delete_jira_issue(list(world.jira_issues)[-1])


def _read_during(tmp_path: Path, reloads: int, versions: int) -> Reader:
    """What a reader saw during a number of reloads, each of another state of the service."""
    world = grown_world(versions)
    _renew(world, 1)
    with running(world) as sandbox:
        program = Program(tmp_path, sandbox)
        assert program.run("reload", "-q").exit_code == 0
        count = json.loads(program.run("keys", "--json").out)["total_count"]
        reader = Reader(program.database)
        reader.start()
        reader.wait_for_one_more()
        for generation in range(2, 2 + reloads):
            _renew(world, generation)
            assert program.run("reload", "-q").exit_code == 0
            reader.wait_for_one_more()
        reader.stopped.set()
        reader.join(60)
    assert reader.error is None
    assert reader.keys == {count - 1, count}
    return reader


@pytest.mark.long
def test_readers_see_the_old_or_the_new(tmp_path: Path) -> None:
    reader = _read_during(tmp_path, reloads=3, versions=4)
    assert reader.trees == {(f"generation {number}",) for number in range(1, 5)}


@pytest.mark.long
def test_readers_do_not_wait(tmp_path: Path) -> None:
    """A thousand issues; one read in a hundred may be slow because the machine does other things."""
    reader = _read_during(tmp_path, reloads=15, versions=40)
    assert {len(titles) for titles in reader.trees} == {1}
    slowest = [sorted(each)[len(each) * 99 // 100] for each in (reader.waits, reader.idles)]
    print(f"{len(reader.waits)} reads; {slowest} s, the second with nobody who writes")
    assert slowest[0] < slowest[1] + 0.1

"""Kept answers: bounded, shared, and never older than the question."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.filled_database import fill
from worksupport.errors import ConfigurationError
from worksupport.server import cache
from worksupport.server.cache import Answers, Make


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return fill(tmp_path / "team.db")


def raise_version(path: Path) -> None:
    """As every write does that changes an answer."""
    with closing(sqlite3.connect(path)) as writer, writer:
        writer.execute("UPDATE data_state SET data_version = data_version + 1")


def made(answers: Answers, question: str, text: str) -> list[str]:
    """What was made to answer; empty if nothing had to be."""
    makings: list[str] = []

    def make(_: sqlite3.Connection) -> str:
        makings.append(question)
        return text

    assert answers.answer("/route", question, "", make).body == text.encode()
    return makings


def slowly(text: str, begun: threading.Event, go_on: threading.Event) -> Make:
    """Makes this text, but tells when it has begun, and waits until it may go on."""

    def make(_: sqlite3.Connection) -> str:
        begun.set()
        assert go_on.wait(20)
        return text

    return make


def test_an_answer_is_made_once_for_one_state_of_the_data(database: Path) -> None:
    answers = Answers(database)
    assert made(answers, "a", "one") == ["a"]
    assert made(answers, "a", "one") == []
    raise_version(database)
    assert made(answers, "a", "two") == ["a"]


def test_while_a_run_changes_the_data_an_answer_is_made_once_a_second(database: Path) -> None:
    """Who asks meanwhile gets the one before; when the run is over, what is new at once."""
    clock, runs = FakeClock(), [True]
    answers = Answers(database, clock=clock, is_changing=lambda: runs[0])
    assert made(answers, "a", "one") == ["a"]
    raise_version(database)
    assert made(answers, "a", "one") == []
    clock.elapsed += 1
    assert made(answers, "a", "two") == ["a"]
    raise_version(database)
    assert made(answers, "a", "two") == []
    runs[0] = False
    assert made(answers, "a", "three") == ["a"]


def test_who_asks_while_the_next_answer_is_made_gets_the_one_before(database: Path) -> None:
    clock, begun, go_on = FakeClock(), threading.Event(), threading.Event()
    answers = Answers(database, clock=clock, is_changing=lambda: True)
    made(answers, "a", "one")
    raise_version(database)
    clock.elapsed += 3

    with ThreadPoolExecutor(1) as pool:
        next_one = pool.submit(lambda: answers.answer("/route", "a", "", slowly("two", begun, go_on)).body)
        assert begun.wait(20)
        assert made(answers, "a", "one") == []
        go_on.set()
        assert next_one.result(20) == b"two"


def test_nobody_gets_an_answer_of_an_earlier_run(database: Path) -> None:
    """While another answer of the route is made, too."""
    clock, runs, begun, go_on = FakeClock(), [True], threading.Event(), threading.Event()
    answers = Answers(database, clock=clock, is_changing=lambda: runs[0])
    made(answers, "a", "one")
    for _ in range(3):
        raise_version(database)
        clock.elapsed += 7200

    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(lambda: answers.answer("/route", "b", "", slowly("other", begun, go_on)).body)
        assert begun.wait(20)
        again = pool.submit(lambda: made(answers, "a", "two"))
        go_on.set()
        assert (other.result(20), again.result(20)) == (b"other", ["a"])


def test_many_long_questions_are_bounded(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_KEPT", 50)
    answers = Answers(database)
    for number in range(70):
        answers.answer("/route", f"{number}" + "x" * 8000, "", lambda _: "text")
    assert len(answers._kept) == 50
    assert max(map(len, answers._kept)) < 100


def test_answers_of_data_that_is_gone_are_forgotten(database: Path) -> None:
    """Also those that nobody asks for again."""
    answers = Answers(database)
    for question in ("a", "b", "c"):
        made(answers, question, "x" * 1000)
    assert answers.size == 3000
    raise_version(database)
    made(answers, "d", "x" * 1000)
    assert answers.size == 1000


def test_the_oldest_answers_make_room(database: Path) -> None:
    answers = Answers(database, capacity=10)
    for question in ("a", "b"):
        made(answers, question, "12345")
    made(answers, "a", "12345")
    made(answers, "c", "12345")
    assert made(answers, "a", "12345") == []
    assert made(answers, "b", "12345") == ["b"]


def test_an_answer_larger_than_all_room_is_not_kept(database: Path) -> None:
    answers = Answers(database, capacity=10)
    made(answers, "a", "12345")
    assert made(answers, "b", "x" * 11) == ["b"]
    assert made(answers, "b", "x" * 11) == ["b"]
    assert made(answers, "a", "12345") == []


def test_who_asks_at_the_same_time_shares_one_making(database: Path) -> None:
    """Sixteen at once: the first makes it, the others wait and find it."""
    answers, together, makings = Answers(database), threading.Barrier(16), []

    def make(_: sqlite3.Connection) -> str:
        makings.append(1)
        return "text"

    def ask(_: int) -> bytes:
        together.wait(20)
        return answers.answer("/route", "a", "", make).body

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {b"text"}
    assert len(makings) == 1


def test_a_question_asked_after_a_write_sees_it(database: Path) -> None:
    """Also while others ask without a pause, whose looks at the data version it may share."""
    answers, ended = Answers(database), threading.Event()

    def version(connection: sqlite3.Connection) -> str:
        return str(connection.execute("SELECT data_version FROM data_state").fetchone()[0])

    def ask_on(_: int) -> None:
        while not ended.is_set():
            answers.answer("/route", "version", "", version)

    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(ask_on, number) for number in range(4)]
        for expected in range(2, 60):
            raise_version(database)
            assert answers.answer("/route", "version", "", version).body == str(expected).encode()
        ended.set()
        assert [other.result(20) for other in others] == [None] * 4


def test_a_database_that_went_away_is_noticed_each_time(database: Path) -> None:
    answers = Answers(database)
    made(answers, "a", "one")
    database.rename(database.with_name("aside.db"))
    for _ in range(3):
        with pytest.raises(ConfigurationError):
            made(answers, "a", "one")
    database.with_name("aside.db").rename(database)
    assert made(answers, "a", "one") == []

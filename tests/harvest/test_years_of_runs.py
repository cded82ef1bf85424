"""A record of years: old harvests are forgotten, what is freed is given back, and nothing else is lost."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.conftest import Answer, Moving
from tests.harvest.conftest import small_world
from worksupport.clock import utc_text
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def rows(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def test_harvests_of_long_ago_are_forgotten(run: Run, configured: Callable[[Sandbox, str], Path]) -> None:
    """By the service's clock; reloads stay, and so does what the record of changes begins with."""
    clock = Moving(NOW - timedelta(days=500))
    with running(small_world(), clock=clock) as site:
        path = configured(site, "")
        assert run("harvest", "-q", clock=clock).exit_code == 0
        first = rows(path, "SELECT source, run_id, began_at FROM source_results ORDER BY source")
        clock.moment += timedelta(days=1)
        assert run("harvest", "-q", clock=clock).exit_code == 0
        assert run("reload", "-q", clock=clock).exit_code == 0
        clock.moment += timedelta(days=398)
        assert run("harvest", "-q", clock=clock).exit_code == 0
        assert len(rows(path, "SELECT 1 FROM harvest_jobs")) == 3
        clock.moment = NOW
        assert run("harvest", "-q", clock=clock).exit_code == 0
    begun = {str(began) for (began,) in rows(path, "SELECT started_at FROM harvest_jobs")}
    assert begun == {utc_text(NOW - timedelta(days=days)) for days in (500, 101, 0)}
    assert len(rows(path, "SELECT 1 FROM reload_tracking")) == 1
    left = "SELECT source, run_id, began_at FROM source_results ORDER BY data_version, source LIMIT 2"
    assert rows(path, left) == first
    runs = rows(path, "SELECT count(DISTINCT run_id) FROM source_results")
    assert runs == [(4,)]  # the first, the reload, the two that are left


def test_the_age_of_a_source_that_fails_for_years_stays_known(
    run: Run, configured: Callable[[Sandbox, str], Path]
) -> None:
    clock = Moving(NOW - timedelta(days=500))
    with running(small_world(), clock=clock) as site:
        path = configured(site, "")
        for _ in range(3):
            assert run("harvest", "-q", clock=clock).exit_code == 0
            clock.moment += timedelta(hours=2)
        ages = dict(rows(path, _AGES))
        clock.moment = NOW
        assert run("harvest", "-q", "--source", "jira", clock=clock).exit_code == 0
    assert dict(rows(path, _AGES))["github"] == ages["github"]
    assert len(rows(path, "SELECT 1 FROM harvest_jobs")) == 3  # the first, GitHub's newest, Jira's


_AGES = "SELECT source, max(ended_at) FROM source_results WHERE stored = 1 GROUP BY source"


def test_a_clock_that_runs_ahead_forgets_nothing(
    run: Run, configured: Callable[[Sandbox, str], Path]
) -> None:
    there, here = Moving(NOW), Moving(NOW)
    with running(small_world(), clock=there) as site:
        path = configured(site, "")
        assert run("harvest", "-q", clock=here).exit_code == 0
        here.moment += timedelta(days=4000)
        there.moment += timedelta(hours=1)
        assert run("harvest", "-q", clock=here).exit_code == 0
    assert len(rows(path, "SELECT 1 FROM harvest_jobs")) == 2


def test_a_reload_gives_back_what_it_needed(run: Run, configured: Callable[[Sandbox, str], Path]) -> None:
    world = small_world()
    feature = world.jira_issues["IAIPORT-2"]
    for number in range(2000):
        world.add_jira_issue("IAIPORT", "Story", parent=feature, summary=f"Story {number} " + "x" * 200)
    with running(world) as site:
        path = configured(site, "changes.from_services = false\n")
        assert run("reload", "-q").exit_code == 0
        assert run("reload", "-q").exit_code == 0
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.stat().st_size
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert before <= 1.1 * path.stat().st_size
    assert rows(path, "SELECT count(*) FROM issues WHERE missing_since IS NULL") == [(2007,)]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]

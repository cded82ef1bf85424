"""How old the data is said to be."""

from pathlib import Path
from typing import Any

import pytest

from tests.filled_database import fill, result
from worksupport.queries.reader import age, answer


def job(run_id: str, completed_at: str | None, status: str = "completed") -> dict[str, Any]:
    """A harvest job."""
    return {"run_id": run_id, "completed_at": completed_at, "status": status}


def ages(path: Path) -> tuple[str | None, str | None, str | None]:
    """`harvested_at` and the times of jira and github."""
    found = answer(path, age)
    return found["harvested_at"], found["sources"]["jira"], found["sources"]["github"]


def test_nothing_harvested(tmp_path: Path) -> None:
    assert answer(fill(tmp_path / "db"), age) == {
        "harvested_at": None,
        "sources": {"jira": None, "github": None},
    }


def test_newest_of_harvests_and_reloads(tmp_path: Path) -> None:
    path = fill(
        tmp_path / "db",
        harvests=[job("h1", "2026-01-01T10:00:00.000Z"), job("h2", "2026-01-01T12:00:00.000Z")],
        reloads=[job("r1", "2026-01-01T11:00:00.000Z")],
        results=[result(run, "jira", ended_at="2026-01-01T09:00:00.000Z") for run in ("h1", "h2", "r1")],
    )
    assert ages(path) == ("2026-01-01T12:00:00.000Z", "2026-01-01T09:00:00.000Z", None)


def test_a_run_that_skipped_a_source_counts_for_the_other_only(tmp_path: Path) -> None:
    """`harvest --source jira` at noon: Jira is of noon, the whole of the morning."""
    noon = "2026-01-01T12:00:00.000Z"
    morning = "2026-01-01T09:00:00.000Z"
    path = fill(
        tmp_path / "db",
        harvests=[job("both", morning), job("jira only", noon)],
        results=[
            result("both", "jira", ended_at=morning),
            result("both", "github", ended_at=morning),
            result("jira only", "jira", ended_at=noon),
            result("jira only", "github", asked=0, stored=0, status="skipped"),
        ],
    )
    assert ages(path) == (morning, noon, morning)


def test_a_source_that_was_off_does_not_matter(tmp_path: Path) -> None:
    noon = "2026-01-01T12:00:00.000Z"
    off = result("h1", "github", is_on=0, asked=0, stored=0, status="off")
    results = [result("h1", "jira", ended_at=noon), off]
    assert ages(fill(tmp_path / "db", harvests=[job("h1", noon)], results=results)) == (noon, noon, None)


@pytest.mark.parametrize("status", ["failed", "running"])
def test_a_failed_run_counts_only_for_the_source_that_was_stored(tmp_path: Path, status: str) -> None:
    noon = "2026-01-01T12:00:00.000Z"
    results = [
        result("h1", "jira", status="failed", stored=0, ended_at=noon),
        result("h1", "github", ended_at=noon),
    ]
    path = fill(tmp_path / "db", harvests=[job("h1", noon, status)], results=results)
    assert ages(path) == (None, None, noon)

"""A harvest of Jira, from the command line to the rows."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from tests.harvest.truth import jira_truth
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
Configured = Callable[..., Path]


def _harvest(run: Run, *options: str, clock: FakeClock | None = None) -> Answer:
    return run("harvest", "--source", "jira", *options, clock=clock or FakeClock())


def test_every_issue_of_the_made_up_site_arrives_as_it_is(
    made_up: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(made_up)
    answer = _harvest(run)
    assert answer.exit_code == 0, answer.err
    found = rows("SELECT issue_key, issue_type_id, parent_key, labels FROM issues")
    assert {
        key: (type_id, parent, frozenset(json.loads(labels))) for key, type_id, parent, labels in found
    } == (jira_truth(made_up.world))


def test_the_small_site_is_read_back_by_keys_and_tree(
    site: Sandbox, configured: Configured, run: Run
) -> None:
    configured(site)
    assert _harvest(run).exit_code == 0
    assert run("keys").out.split() == [f"IAIPORT-{number}" for number in range(1, 8)]
    tree = json.loads(run("tree", "--json").out)
    assert [root["issue_key"] for root in tree["hierarchy"]] == ["IAIPORT-1", "IAIPORT-6"]
    assert (tree["hierarchy"][0]["done"], tree["hierarchy"][0]["total"]) == (1, 4)
    assert tree["outside"] == 1


def test_a_second_harvest_changes_nothing_and_says_so(
    site: Sandbox, configured: Configured, run: Run
) -> None:
    configured(site)
    assert _harvest(run, "--exit-code").exit_code == 0
    assert _harvest(run, "--exit-code").exit_code == 9


def test_json_tells_how_the_source_fared(site: Sandbox, configured: Configured, run: Run) -> None:
    configured(site)
    document = json.loads(_harvest(run, "--json").out)
    assert document["status"] == "completed"
    assert document["records_processed"] == 7
    assert document["sources"]["jira"] == {
        "status": "completed",
        "issues": 7,
        "new": 7,
        "changed": 0,
        "missing": 0,
        "requests": document["requests"],
        "error_message": None,
    }
    assert document["sources"]["github"]["status"] == "skipped"


def test_requests_are_counted_and_few(made_up: Sandbox, configured: Configured, run: Run) -> None:
    """One page of roots, a batch for each level's set of child types, one label query, six others at most."""
    configured(made_up)
    _harvest(run)
    made_up.requests.clear()
    _harvest(run)
    searches = made_up.asked("/search/jql")
    others = len(made_up.requests) - len(searches) - len(made_up.asked("/user/search"))
    assert others <= 4


def test_a_quiet_harvest_prints_nothing(site: Sandbox, configured: Configured, run: Run) -> None:
    configured(site)
    answer = _harvest(run, "-q")
    assert (answer.exit_code, answer.out, answer.err) == (0, "", "")


def test_an_issue_that_is_gone_is_marked_missing_and_comes_back(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(site)
    _harvest(run)
    gone = site.world.jira_issues.pop("IAIPORT-5")
    answer = _harvest(run, "--json")
    assert json.loads(answer.out)["sources"]["jira"]["missing"] == 1
    assert "IAIPORT-5" not in run("keys").out
    assert run("keys", "--missing").out == "IAIPORT-5\n"
    site.world.jira_issues["IAIPORT-5"] = gone
    _harvest(run)
    assert "IAIPORT-5" in run("keys").out


def test_what_is_missing_past_the_retention_is_removed_by_a_run_that_again_did_not_find_it(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(site, "\nharvest.retention_days = 90\n")
    clock = site.clock = FakeClock()
    _harvest(run, clock=clock)
    site.world.delete_jira_issue("IAIPORT-5")
    _harvest(run, clock=clock)
    clock.elapsed += 89 * 86_400
    _harvest(run, clock=clock)
    assert rows("SELECT count(*) FROM issues") == [(7,)]
    clock.elapsed += 2 * 86_400
    _harvest(run, clock=clock)
    assert rows("SELECT count(*) FROM issues") == [(6,)]


@pytest.mark.parametrize("tells_the_time", [True, False])
def test_a_clock_of_ours_that_runs_ahead_deletes_nothing(
    site: Sandbox, configured: Configured, run: Run, rows: Rows, tells_the_time: bool
) -> None:
    """The days of retention are those of the service; of one that tells no time nothing is deleted."""
    configured(site)
    clock, site.clock = FakeClock(), FakeClock()
    if not tells_the_time:
        site.fault = lambda _, answer: replace(answer, headers={**answer.headers, "Date": "yesterday"})
    _harvest(run, clock=clock)
    site.world.delete_jira_issue("IAIPORT-5")
    clock.elapsed += 4000 * 86_400
    for _ in range(2):
        assert _harvest(run, clock=clock).exit_code == 0
        clock.elapsed += 4000 * 86_400
    assert rows("SELECT issue_key FROM issues WHERE missing_since > ''") == [("IAIPORT-5",)]


def test_a_clock_set_back_deletes_nothing(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(site)
    clock = FakeClock()
    _harvest(run, clock=clock)
    clock.elapsed -= 3600
    _harvest(run, clock=clock)
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NULL") == [(7,)]


def test_an_expired_token_is_exit_4_and_removes_nothing(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    """Jira answers 200 and no issues to it."""
    configured(site)
    _harvest(run)
    site.world.jira_token = "another"
    site.requests.clear()
    answer = _harvest(run)
    assert answer.exit_code == 4
    assert site.world.jira_email in answer.err
    # Every one of them counts as a failed log-in.
    assert len(site.asked("/rest/api/")) == 4
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NULL") == [(7,)]


def test_the_brake_keeps_everything_when_too_much_would_disappear(
    made_up: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(made_up)
    _harvest(run)
    ((before,),) = rows("SELECT count(*) FROM issues")
    kept = list(made_up.world.jira_issues.items())[:40]
    made_up.world.jira_issues.clear()
    made_up.world.jira_issues.update(kept)
    answer = _harvest(run)
    assert answer.exit_code == 6
    assert "worksupport reload --max-delete 100" in answer.err
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NULL") == [(before,)]


def test_no_root_where_there_were_some_is_a_brake(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(site)
    _harvest(run)
    for key in ("IAIPORT-1", "IAIPORT-6"):
        site.world.jira_issues[key]["fields"]["labels"] = []
    answer = _harvest(run)
    assert answer.exit_code == 6
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NULL") == [(7,)]


def test_a_moved_issue_keeps_its_row(site: Sandbox, configured: Configured, run: Run, rows: Rows) -> None:
    configured(site)
    _harvest(run)
    before = rows("SELECT id FROM issues WHERE issue_key = 'IAIPORT-2'")
    site.world.move_jira_issue("IAIPORT-2", "AIMP")
    _harvest(run)
    assert rows("SELECT id FROM issues WHERE issue_key = 'AIMP-1'") == before
    assert rows("SELECT DISTINCT parent_key FROM issues WHERE issue_key IN ('IAIPORT-4', 'IAIPORT-5')") == [
        ("AIMP-1",)
    ]


def test_a_member_is_named_as_configured(site: Sandbox, configured: Configured, run: Run, rows: Rows) -> None:
    """Also where the member is configured by an e-mail address that the site hides."""
    configured(site)
    site.world.team[0] = site.world.team[0]
    _harvest(run)
    assert rows("SELECT assignee FROM issues WHERE issue_key = 'IAIPORT-7'") == [(site.world.team[0].name,)]


def test_an_address_is_resolved_once(made_up: Sandbox, configured: Configured, run: Run) -> None:
    configured(made_up)
    _harvest(run)
    asked = len(made_up.asked("/user/search"))
    _harvest(run)
    assert asked > 0
    assert len(made_up.asked("/user/search")) == asked


def test_a_dry_run_prints_the_queries_and_sends_nothing(
    site: Sandbox, configured: Configured, run: Run
) -> None:
    configured(site)
    _harvest(run)
    before = len(site.requests)
    answer = run("harvest", "--dry-run")
    assert answer.exit_code == 0
    assert 'parent IN ("IAIPORT-1", "IAIPORT-6")' in answer.out
    assert len(site.requests) == before


def test_a_type_that_the_site_lacks_is_left_out_with_near_names(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(site)
    _harvest(run)
    for issue_type in site.world.types:
        if issue_type["name"] == "Feature":
            issue_type["name"] = issue_type["untranslatedName"] = "Features"
    answer = _harvest(run)
    assert answer.exit_code == 0
    assert "'Feature'" in answer.err
    assert "Features" in answer.err
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NULL") == [(7,)]


def test_no_root_type_on_the_site_is_exit_3(site: Sandbox, configured: Configured, run: Run) -> None:
    configured(site)
    site.world.types[:] = [t for t in site.world.types if t["name"] != "Product Version"]
    answer = _harvest(run)
    assert answer.exit_code == 3
    assert "Product Version" in answer.err


def test_two_at_once_the_second_is_told_who_works(
    site: Sandbox, configured: Configured, run: Run, tmp_path: Path
) -> None:
    from worksupport.store.lock import exclusive_lock

    database = configured(site)
    clock = FakeClock()
    with exclusive_lock(database, clock, command="harvest", run_id="abc"):
        answer = _harvest(run)
    assert answer.exit_code == 11
    assert "run abc" in answer.err


def test_a_flagged_issue_is_blocked(site: Sandbox, configured: Configured, run: Run) -> None:
    """By the site's own field, whatever the language of the account."""
    configured(site)
    site.world.jira_issues["IAIPORT-5"]["fields"]["customfield_10021"] = [{"value": "Impediment"}]
    assert run("harvest", "-q").exit_code == 0
    assert "IAIPORT-5" in run("keys", "--state", "blocked").out.split()

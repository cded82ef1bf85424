"""One cause is told once and by its name; what Jira or GitHub pass over in silence is found out."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from worksupport.sandbox import exchange
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]
Configured = Callable[..., Path]

STRANGER = "712020:b0a1ccd0-8831-d843-65ff-7c59652a564f"


def _harvest(run: Run, *options: str, seconds: float = 0) -> Answer:
    return run("harvest", "--json", *options, clock=_clock(seconds))


def _clock(seconds: float) -> FakeClock:
    clock = FakeClock()
    clock.elapsed = seconds
    return clock


def _change(tmp_path: Path, old: str, new: str) -> None:
    config = tmp_path / "team.properties"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """GitHub with one labelled issue for each of three people."""
    world = empty_site()
    world.team = [person for person in made_up_world().team if person.login][:3]
    for person in world.team:
        add_github_issue(world, "acme/app", "Work", labels=[world.github_label], assignees=[person.login])
    with running(world) as sandbox:
        yield sandbox


@pytest.mark.parametrize("answers", ["in bulk", "alone"])
def test_an_account_that_nobody_has_is_left_out_by_name_and_keeps_its_issues(
    site: Sandbox, configured: Configured, run: Run, rows: Rows, tmp_path: Path, answers: str
) -> None:
    person = site.world.team[1]
    site.world.add_jira_issue("IAIPORT", "Bug", labels=[site.world.jira_label], assignee=person)
    configured(site)
    assert _harvest(run).exit_code == 0
    _change(tmp_path, f"jira_id = {person.account_id}", f"jira_id = {STRANGER}")
    if answers == "alone":
        site.fault = _Without("user/bulk")
    for seconds in (10, 20):
        answer = _harvest(run, seconds=seconds)
        assert answer.exit_code == 0
        (warning,) = [text for text in json.loads(answer.out)["warnings"] if "left out" in text]
        assert warning.startswith(f"jira: account {STRANGER} left out: nobody on the site has this")
        assert person.name in warning
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NOT NULL") == [(0,)]
    assert STRANGER in run("check", "--offline").out
    run("reload", clock=FakeClock())
    assert rows("SELECT count(*) FROM issues WHERE issue_key = 'IAIPORT-8'") == [(1,)]


def test_an_account_that_nothing_proves_is_told_and_not_the_brake(
    site: Sandbox, configured: Configured, run: Run, tmp_path: Path
) -> None:
    """Where the brake would hold as well, what it advises would lose the issues."""
    person = site.world.team[1]
    for _ in range(40):
        site.world.add_jira_issue("IAIPORT", "Bug", labels=[site.world.jira_label], assignee=person)
    site.fault = _Without("/user")
    configured(site)
    assert _harvest(run, "--source", "jira").exit_code == 0
    _change(tmp_path, f"jira_id = {person.account_id}", f"jira_id = {STRANGER}")
    answer = _harvest(run, "--source", "jira", seconds=10)
    assert answer.exit_code == 0, answer.err
    (warning,) = json.loads(answer.out)["warnings"]
    assert warning.startswith(f"jira: account {STRANGER} left out")


def test_what_is_left_out_again_still_counts_in_check(hub: Sandbox, configured: Configured, run: Run) -> None:
    configured(hub)
    hub.world.hidden_logins.add(hub.world.team[0].login or "")
    for seconds in (0, 10):
        clock = _clock(seconds)
        run("harvest", "--source", "github", clock=clock)
        checks = json.loads(run("check", "--offline", "--json", clock=clock).out)["checks"]
        (left_out,) = [check for check in checks if check["name"] == "left out"]
        assert f"login {hub.world.team[0].login} left out" in left_out["detail"]
        assert left_out["fix"]


def test_where_the_site_does_not_tell_its_people_nobody_is_suspected(
    site: Sandbox, configured: Configured, run: Run
) -> None:
    site.fault = _Without("/user")
    configured(site)
    answer = _harvest(run, "--source", "jira")
    assert (answer.exit_code, json.loads(answer.out)["warnings"]) == (0, [])


def test_where_the_site_does_not_tell_its_people_stored_issues_do(
    site: Sandbox, configured: Configured, run: Run, rows: Rows, tmp_path: Path
) -> None:
    person = site.world.team[1]
    site.world.add_jira_issue("IAIPORT", "Bug", labels=[site.world.jira_label], assignee=person)
    site.fault = _Without("/user")
    configured(site)
    assert _harvest(run, "--source", "jira").exit_code == 0
    _change(tmp_path, f"jira_id = {person.account_id}", f"jira_id = {STRANGER}")
    for seconds in (10, 20):
        answer = _harvest(run, "--source", "jira", seconds=seconds)
        (warning,) = json.loads(answer.out)["warnings"]
        assert warning.startswith(f"jira: account {STRANGER} left out: no issue and no answer shows this")
        assert person.name in warning
    run("reload", clock=FakeClock())
    assert rows("SELECT count(*) FROM issues WHERE issue_key = 'IAIPORT-8'") == [(1,)]


def test_accounts_are_proven_once(site: Sandbox, configured: Configured, run: Run) -> None:
    configured(site)
    for _ in range(3):
        _harvest(run, "--source", "jira")
    assert len(site.asked("user/bulk")) == 1
    assert len(site.asked("user/search")) == 1


def test_a_scope_that_the_token_cannot_search_is_told_once_and_fails(
    hub: Sandbox, configured: Configured, run: Run
) -> None:
    configured(hub, "github.search_scope = org:no-such-org-xyz\n")
    for _ in range(2):
        answer = run("harvest", "--source", "github", clock=FakeClock())
        assert answer.exit_code == 3
        assert "github.search_scope 'org:no-such-org-xyz'" in answer.err
        assert answer.err.count("left out") == 0
    assert run("check", "--offline", "--source", "github").exit_code != 0
    online = run("check", "--source", "github")
    assert "github.search_scope 'org:no-such-org-xyz'" in online.out


def test_logins_that_are_all_refused_are_one_fault(hub: Sandbox, configured: Configured, run: Run) -> None:
    for person in hub.world.team:
        hub.world.hidden_logins.add(person.login or "")
    configured(hub)
    answer = run("harvest", "--source", "github", clock=FakeClock())
    assert answer.exit_code == 3
    assert "any of the 3 logins" in answer.err
    assert "left out" not in answer.err


def test_one_refused_login_among_good_ones_is_left_out(
    hub: Sandbox, configured: Configured, run: Run
) -> None:
    hub.world.hidden_logins.add(hub.world.team[0].login or "")
    configured(hub, "github.search_scope = org:acme\n")
    answer = _harvest(run, "--source", "github")
    assert answer.exit_code == 0
    (warning,) = [text for text in json.loads(answer.out)["warnings"] if "left out" in text]
    assert f"login {hub.world.team[0].login} left out" in warning


def test_parents_that_are_all_refused_are_one_fault(site: Sandbox, configured: Configured, run: Run) -> None:
    configured(site)
    site.fault = _Refusing("parent IN")
    answer = run("harvest", "--source", "jira", clock=FakeClock())
    assert answer.exit_code == 1
    assert "Jira refuses to search for the children of any issue" in answer.err
    assert "left out" not in answer.err


def test_the_built_in_ids_are_not_taken_on_a_stranger_s_site(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    """10004 is Bug in any language; the id of the built-in hierarchy means something on one site only."""
    names = {"Product Version": "Fehler", "Story": "Geschichte", "Task": "Aufgabe", "Feature": "Epos"}
    for issue_type in site.world.types:
        issue_type["name"] = names.get(issue_type["name"], issue_type["name"])
        issue_type.pop("untranslatedName", None)
        if issue_type["name"] == "Fehler":
            issue_type["id"] = "10004"
    configured(site)
    answer = run("harvest", "--source", "jira", clock=FakeClock())
    assert answer.exit_code == 3
    assert "no issue type 'Product Version'" in answer.err
    assert rows("SELECT count(*) FROM issues") == [(0,)]


def test_types_are_found_by_names_in_either_unicode_form(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    names = {"Product Version": "Produit fini\u00a0", "Feature": normalize("NFD", "Évolution")}
    for issue_type in site.world.types:
        issue_type["name"] = names.get(issue_type["name"], issue_type["name"])
        issue_type.pop("untranslatedName", None)
    types = {"1.name": "PRODUIT FINI", "1.child_type_ids": "2", "2.name": "évolution"}
    root = "jira.root_jql = issuetype = 10000 OR labels = SE_product_family\n"
    configured(site, root + "".join(f"issue_type.{key} = {value}\n" for key, value in types.items()))
    answer = run("harvest", "--source", "jira", clock=FakeClock())
    assert (answer.exit_code, "no issue type named" in answer.err) == (0, False)
    assert rows("SELECT DISTINCT issue_type_id FROM issues ORDER BY 1") == [(-1,), (1,), (2,)]


def test_a_label_that_nothing_has_is_a_warning(
    hub: Sandbox, configured: Configured, run: Run, tmp_path: Path
) -> None:
    configured(hub)
    _change(tmp_path, "github.issue_label = ", "github.issue_label = nope-")
    answer = run("harvest", "--source", "github", clock=FakeClock())
    assert answer.exit_code == 0
    assert "no issue of the team's has the label 'nope-" in answer.err


def test_a_root_query_that_finds_nothing_is_a_warning(configured: Configured, run: Run) -> None:
    with running(empty_site()) as sandbox:
        configured(sandbox)
        answer = run("harvest", "--source", "jira", clock=FakeClock())
    assert answer.exit_code == 0
    assert "the root query found no Product Version" in answer.err
    assert "set jira.root_jql" in answer.err


class _Without:
    """A site that answers 404 wherever the path has this in it."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __call__(self, request: Request, answer: exchange.Answer) -> exchange.Answer:
        missing = replace(answer, status=404, document={"errorMessages": ["Not Found"], "errors": {}})
        return missing if self._part in request.path else answer


class _Refusing:
    """A site that refuses every search with this in its JQL."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __call__(self, request: Request, answer: exchange.Answer) -> exchange.Answer:
        if "/search/jql" not in request.path or self._part not in request.text:
            return answer
        return replace(answer, status=400, document={"errorMessages": ["No."], "errors": {}})


def test_a_refused_token_is_one_sentence_and_the_next_step(
    site: Sandbox, configured: Configured, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the account; on a terminal without run id and time; and `check` then says the same step."""
    configured(site)
    site.world.jira_token = "expired"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    answer = run("harvest", "--source", "jira", clock=FakeClock())
    assert answer.exit_code == 4
    sentence, step, summary = answer.err.splitlines()
    assert sentence.startswith(f"❌ jira failed: Jira refused {site.world.jira_email}: ")
    assert step.startswith("  make a new token at ")
    assert summary.startswith("❌ harvest failed: ")
    assert "run=" not in answer.err
    checks = json.loads(run("check", "--offline", "--json", clock=FakeClock()).out)["checks"]
    (newest,) = [check for check in checks if check["name"] == "newest run"]
    assert newest["fix"].startswith("make a new token at ")
    assert not any("harvest -v" in check["fix"] for check in checks)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_demo_whose_services_are_gone_says_how_to_bring_them_back(
    site: Sandbox,
    configured: Configured,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_terminal: bool,
) -> None:
    """Where somebody waits it gives up soon: what is not there now will not be there in a minute."""
    # One request after another: several would move the one clock, and give up by each other's waits.
    configured(site, "harvest.concurrency = 1")
    _change(tmp_path, site.jira_url, "http://127.0.0.1:9")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.setenv("TERM", "dumb")
    answer = run("harvest", "--source", "jira", clock=FakeClock())
    assert answer.exit_code == 5
    assert ("gave up after 2 tries" in answer.err) == is_terminal
    assert "worksupport demo --keep brings its services back" in answer.err

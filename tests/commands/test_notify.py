"""`worksupport notify` from the outside, to channels that hold the vendors' limits."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.channels import Channel
from tests.commands.hostile import TITLES, is_clean
from tests.commands.test_changes import clock, harvest, site, story
from tests.conftest import Answer, Moving
from tests.filled_database import fill, issue, result
from tests.web import serve
from worksupport.clock import utc_text
from worksupport.model.tracked import NUMBERS
from worksupport.sandbox.past import change_jira
from worksupport.sandbox.server import Sandbox
from worksupport.store.lock import exclusive_lock
from worksupport.store.notices import told_by_one

Run = Callable[..., Answer]
__all__ = ["clock", "harvest", "serve", "site"]  # the fixtures
# A Thursday morning.
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
_CHANGE = """
INSERT INTO changes (id, issue, field, old, new, at, seen_at, origin) VALUES (
    max(?1, coalesce((SELECT max(id) + 1 FROM changes), 0)), ?2, ?3, ?4, ?5, ?6, ?6, 1)
"""


class Team:
    """A configured database whose record grows, the clock, and both channels."""

    def __init__(self, run: Run, folder: Path, serve: Callable[..., str], titles: dict[str, str]) -> None:
        self.clock = Moving(NOW)
        self.slack, self.teams = Channel(serve, is_slack=True), Channel(serve, is_slack=False)
        self.database = folder / "worksupport.db"
        self._run = run
        self.config = folder / "team.properties"
        self.config.write_text(
            "jira.base_url = https://acme.example\njira.email = a@acme.example\njira.api_token = j1r4-t0ken\n"
            "database.path = worksupport.db\n"
            f"notify.slack_url = {self.slack.url}\nnotify.teams_url = {self.teams.url}\n",
            "utf-8",
        )
        self.config.chmod(0o600)
        top = issue("A-1", "Product Version", summary="Portal 4.2")
        rows = [issue(key, parent="A-1", summary=title) for key, title in titles.items()]
        end = utc_text(NOW - timedelta(hours=1))
        fill(
            self.database,
            [top, *rows],
            harvests=[{"run_id": "h1", "status": "completed", "completed_at": end}],
            results=[result("h1", "jira", ended_at=end)],
        )
        with self.connection() as connection:
            named = [("1", "To Do", "new"), ("2", "In Progress", "indeterminate"), ("3", "Done", "done")]
            connection.executemany("INSERT INTO names VALUES ('jira', 'status', ?, ?, ?)", named)
            connection.execute("UPDATE data_state SET interval_hours = 9000")

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            yield connection

    def change(self, key: str, status: int, at: datetime, field: str = "status") -> None:
        """A harvest has recorded it at that moment."""
        with self.connection() as connection:
            ((number,),) = connection.execute("SELECT id FROM issues WHERE issue_key = ?", [key])
            milliseconds = int(at.timestamp() * 1000)
            values = [NUMBERS[field], f'"{status - 1}"', f'"{status}"']
            connection.execute(_CHANGE, [milliseconds, number, *values, utc_text(at)])

    def notify(self, *arguments: object) -> Answer:
        return self._run("notify", "--config", self.config, *arguments, clock=self.clock)

    @property
    def seen(self) -> list[int]:
        """How many messages are in each channel."""
        return [len(self.slack.seen), len(self.teams.seen)]


@pytest.fixture
def team(
    run: Run, tmp_path: Path, serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Team]:
    """A-2 and A-3 below A-1, of which A-2 was done yesterday."""
    monkeypatch.setenv("TZ", "UTC")
    made = Team(run, tmp_path, serve, {"A-2": "Pay by phone", "A-3": "Pay <!channel> by *fax*"})
    made.change("A-2", 3, NOW - timedelta(hours=18))
    yield made
    for text in (Channel.secret, "j1r4-t0ken"):
        with made.connection() as connection:
            assert text not in "".join(connection.iterdump())


def test_both_get_the_digest_since_yesterday_and_then_only_what_is_new(team: Team) -> None:
    answer = team.notify("-q")
    assert answer == Answer(0, "", "")
    text = (
        "1 change from Wed 25 Nov 00:00 to Thu 26 Nov 08:00\n"
        "A-1 Portal 4.2\n"
        "\u2022 A-2 Pay by phone: In Progress \u2192 Done, Wed 14:00\n"
        "harvested 07:00, 1 hour ago\n"
    )
    assert [team.slack.seen[0].text.replace("*", ""), team.teams.seen[0].text] == [text, text]
    links = [("A-2", "https://acme.example/browse/A-2")]
    assert [team.slack.seen[0].links, team.teams.seen[0].links] == [links, links]
    team.clock.moment += timedelta(days=1)
    told = team.notify()
    assert told.exit_code == 0
    assert "nothing to tell Slack: no change since Thu 26 Nov 08:00" in told.err
    team.change("A-3", 2, team.clock.moment + timedelta(hours=1))
    team.change("A-3", 3, team.clock.moment + timedelta(hours=2))
    team.clock.moment += timedelta(days=3)
    assert team.notify("-q").exit_code == 0
    assert team.seen == [2, 2]
    assert "1 change from Fri 27 Nov 08:00 to Mon 30 Nov 08:00" in team.teams.seen[1].text
    assert "A-3 Pay <!channel> by *fax*: To Do \u2192 Done" in team.teams.seen[1].text
    assert "A-2" not in team.slack.seen[1].text


def test_what_a_harvest_records_is_told(
    run: Run,
    site: Sandbox,
    clock: Moving,
    harvest: Callable[[datetime], None],
    serve: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not what is told of the time before the record; net, and by the issue on top."""
    channel = Channel(serve, is_slack=True)
    monkeypatch.setenv("WORKSUPPORT_NOTIFY_SLACK_URL", channel.url)
    assert run("notify", "-q", clock=clock) == Answer(0, "", "")
    assert channel.asked == 0
    morning = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    for status, hours in (("In Progress", 0), ("Done", 1), ("In Progress", 2)):
        change_jira(site.world, story(site, 3), "status", status, morning + timedelta(hours=hours))
    change_jira(site.world, story(site, 4), "summary", "By <fax>", morning)
    harvest(morning + timedelta(hours=4))
    assert run("notify", "-q", "--open", clock=clock) == Answer(0, "", "")
    assert channel.seen[0].text.splitlines() == [
        "*2 changes from Wed 25 Nov 00:00 to Thu 26 Nov 13:00 (open)*",
        "*IAIPORT-1* Portal 4.2",
        "\u2022 IAIPORT-4 By <fax>: renamed, 09:00",
        "\u2022 IAIPORT-3 By phone: To Do \u2192 In Progress, 11:00",
        "harvested 13:00, just now",
    ]
    for status, hours in (("Done", 5), ("In Review", 6), ("Done", 7), ("In Progress", 8), ("To Do", 9)):
        change_jira(site.world, story(site, 3), "status", status, morning + timedelta(hours=hours))
    change_jira(site.world, story(site, 4), "status", "Done", morning + timedelta(hours=5))
    change_jira(site.world, story(site, 4), "status", "To Do", morning + timedelta(hours=6))
    harvest(morning + timedelta(hours=10))
    assert run("notify", "-q", "--open", clock=clock) == Answer(0, "", "")
    lines = [line for line in channel.seen[1].text.splitlines() if line.startswith("\u2022")]
    assert lines == ["\u2022 IAIPORT-3 By phone: In Progress \u2192 To Do, 18:00"]


def test_one_that_fails_stops_not_the_other_and_loses_nothing(team: Team) -> None:
    team.slack.is_down = True
    answer = team.notify()
    assert (answer.exit_code, team.seen) == (5, [0, 1])
    assert answer.err.endswith(
        f"Slack at {team.slack.url.partition('/services')[0]}/: it answered 503 Service Unavailable; gave up"
        " after 5 tries\n  nothing is lost: the next worksupport notify tells it\n"
    )
    team.slack.is_down = False
    # So long that yesterday would be too late, had its beginning not been noted.
    team.clock.moment += timedelta(days=4)
    assert team.notify("-q").exit_code == 0
    assert team.seen == [1, 1]
    assert "A-2 Pay by phone" in team.slack.seen[0].text


def test_a_service_that_limits_us_is_waited_for(team: Team) -> None:
    team.slack.answers = [(429, "", {"Retry-After": "30"}), (500, "rollup_error", {})]
    assert team.notify("-q").exit_code == 0
    assert team.seen == [1, 1]
    assert sum(team.clock.waits) >= 30


def test_where_an_answer_is_lost_it_is_told_twice_and_never_not_at_all(team: Team) -> None:
    team.teams.answers_lost = 1
    assert team.notify("-q").exit_code == 0
    assert team.seen == [1, 2]
    team.teams.answers_lost, team.clock.moment = 9, NOW + timedelta(hours=2)
    team.change("A-3", 2, NOW + timedelta(hours=1))
    assert team.notify("-q").exit_code == 5
    team.teams.answers_lost = 0
    assert team.notify("-q").exit_code == 0
    assert team.seen == [2, 8]
    assert "A-3" in team.teams.seen[-1].text


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_who_is_ended_while_posting_leaves_it_to_the_next(team: Team, number: signal.Signals) -> None:
    """At once, though the service takes its time; meanwhile no other posts the same."""
    team.change("A-3", 2, datetime.now(UTC))
    team.slack.may_answer.clear()
    command = [sys.executable, "-m", "worksupport", "notify", "-q", "--config", str(team.config)]
    # A shell's background jobs ignore SIGINT, and so would what they start.
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert team.slack.is_asked.wait(30)
    assert team.notify("-q").exit_code == 11
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    assert (process.returncode in (130, -number), told) == (True, "")
    team.slack.may_answer.set()
    assert subprocess.run(command, check=True).returncode == 0
    assert "A-3" in team.slack.seen[-1].text


PAGE = "<!doctype html><title>Log in</title>"


@pytest.mark.parametrize(
    ("status", "body", "code", "told"),
    [
        (400, "invalid_blocks", 1, "refused the message: it answered 400 Bad Request: invalid_blocks"),
        (
            403,
            "invalid_token",
            4,
            "takes nothing at notify.slack_url: it answered 403 Forbidden: invalid_token",
        ),
        (404, "no_service", 3, "takes nothing at notify.slack_url: it answered 404 Not Found: no_service"),
        (410, "channel_is_archived", 3, "it answered 410 Gone: channel_is_archived"),
        (404, f"no /services/T0/B0/{Channel.secret}", 3, "Not Found: no /services/T0/B0/***"),
        (302, "", 3, "a redirect to elsewhere.example, which we do not follow"),
        (200, PAGE, 3, "it answered 200 OK: a web page (Log in)"),
    ],
)
def test_what_will_not_do_is_told_with_its_cause(
    team: Team, status: int, body: str, code: int, told: str
) -> None:
    location = {"Location": f"https://elsewhere.example/{Channel.secret}"} if status == 302 else {}
    team.slack.answers = [(status, body, location)]
    answer = team.notify("-vv", "--json")
    assert (answer.exit_code, team.slack.asked, team.seen) == (code, 1, [0, 1])
    assert told in answer.err
    assert re.search(
        r"\n  (make an incoming webhook|is notify.slack_url right|worksupport notify --dry-run)", answer.err
    )
    slack, teams = json.loads(answer.out)["notices"]
    assert (slack["status"], teams["status"], teams["error"]) == ("failed", "sent", None)
    assert told in slack["error"]
    assert Channel.secret not in answer.out + answer.err


def test_two_that_fail_are_both_told(team: Team) -> None:
    team.slack.answers, team.teams.answers = [(403, "no", {})], [(404, "gone", {})]
    answer = team.notify("-q")
    assert answer.exit_code == 3
    assert "Slack takes nothing" in answer.err
    assert "Teams takes nothing" in answer.err


def test_a_dry_run_prints_what_would_be_posted_and_does_nothing(team: Team, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir()), team.database.read_bytes()
    slack, teams = json.loads(team.notify("--dry-run").out)["notices"]
    assert (slack["service"], slack["status"], slack["changes"]) == ("slack", "dry-run", 1)
    assert slack["payload"]["text"] == "1 change from Wed 25 Nov 00:00 to Thu 26 Nov 08:00"
    assert "Pay by phone" in json.dumps(teams["payload"])
    assert (slack["since"], slack["until"]) == ("2026-11-25T00:00:00.000Z", "2026-11-26T08:00:00.000Z")
    assert (sorted(tmp_path.iterdir()), team.database.read_bytes()) == before
    assert (team.slack.asked, team.teams.asked) == (0, 0)


def test_without_an_address_a_dry_run_shows_both_and_else_nobody_can_be_told(team: Team) -> None:
    lines = team.config.read_text("utf-8").splitlines(keepends=True)
    team.config.write_text("".join(line for line in lines if "notify" not in line), "utf-8")
    assert len(json.loads(team.notify("--dry-run").out)["notices"]) == 2
    answer = team.notify("-q")
    assert (answer.exit_code, answer.out) == (3, "")
    assert (
        "neither notify.slack_url nor notify.teams_url is set\n  worksupport notify --dry-run" in answer.err
    )


def test_each_choice_of_issues_has_its_own_cursor(team: Team) -> None:
    with team.connection() as connection:
        ((number,),) = connection.execute("SELECT id FROM issues WHERE issue_key = 'A-2'")
        connection.execute("INSERT INTO issue_assignees VALUES (?, 'acc1', 'Ann', 'ann')", [number])
        member = "INSERT INTO team_members (member_id, name, jira_id, github_id, teams) VALUES "
        connection.execute(f"{member} ('1', 'Ann', 'acc1', '', '[\"portal\"]')")
    team.change("A-3", 2, NOW - timedelta(hours=2))
    assert team.notify("-q", "--team", "Portal").exit_code == 0
    assert "1 change from Wed 25 Nov 00:00 to Thu 26 Nov 08:00 (team Portal)" in team.slack.seen[0].text
    assert "A-3" not in team.slack.seen[0].text
    assert team.notify("-q").exit_code == 0
    assert "2 changes" in team.slack.seen[1].text
    answer = team.notify("--team", "portl")
    assert answer.exit_code == 0
    assert "no issue is of the team 'portl'\n  near: portal\n" in answer.err
    assert team.notify("--changed-since", "2d").exit_code == 2


def test_it_waits_for_no_run_and_two_never_tell_at_once(team: Team) -> None:
    with exclusive_lock(team.database, team.clock, command="harvest", run_id="h2"):
        assert team.notify("-q").exit_code == 0
    team.change("A-3", 2, NOW)
    with told_by_one(team.database, team.clock, 0):
        answer = team.notify("-q")
    assert (answer.exit_code, team.seen) == (11, [1, 1])
    assert "another notify is at work on this database" in answer.err


def test_those_of_two_teams_that_cron_starts_at_once_tell_one_after_the_other(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as other:
        other.enter_context(told_by_one(team.database, team.clock, 0))
        monkeypatch.setattr(team.clock, "sleep", lambda seconds: other.close())
        assert team.notify("-q").exit_code == 0
    assert team.seen == [1, 1]


def test_the_same_filters_in_another_order_and_case_have_the_same_cursor(team: Team) -> None:
    with team.connection() as connection:
        connection.execute("INSERT INTO issue_labels SELECT id, 'Web', 'web' FROM issues")
    for labels in (["Web", "api"], ["API", "web", "WEB"]):
        assert team.notify("-q", "--open", *(f"--label={label}" for label in labels)).exit_code == 0
    assert team.seen == [1, 1]


@pytest.mark.parametrize("status", [201, 204])
def test_what_was_taken_in_other_words_is_not_posted_again(team: Team, status: int) -> None:
    team.slack.answers, team.teams.answers = [(status, "", {})] * 5, [(status, "", {})] * 5
    answer = team.notify("-q")
    assert (answer.exit_code, team.slack.asked, team.teams.asked) == (3, 1, 1)
    assert f"it answered {status}" in answer.err
    assert "which is not how Slack takes a message\n  is notify.slack_url right?" in answer.err
    assert "Teams" not in answer.err


def test_a_clock_that_was_set_back_repeats_and_loses_nothing(team: Team) -> None:
    assert team.notify("-q").exit_code == 0
    team.clock.moment -= timedelta(days=40)
    team.change("A-3", 2, team.clock.moment)
    assert team.notify("-q").exit_code == 0
    assert team.notify("-q").exit_code == 0
    assert team.seen == [2, 2]
    assert "A-3" in team.slack.seen[1].text
    assert "A-2" not in team.slack.seen[1].text


def test_what_an_older_version_wrote_is_not_upgraded_beside_a_run(team: Team) -> None:
    with team.connection() as connection:
        connection.execute("DROP TABLE notices")
        connection.execute("PRAGMA user_version = 8")
    answer = team.notify("-q")
    assert (answer.exit_code, team.seen) == (1, [0, 0])
    assert "worksupport harvest makes one" in answer.err
    assert team.notify("--dry-run").exit_code == 0


@pytest.mark.long
def test_ten_thousand_changes_are_one_message_within_the_limits(
    run: Run, tmp_path: Path, serve: Callable[..., str]
) -> None:
    many = Team(run, tmp_path, serve, {f"B-{n}": f"Thing {n} <!here> & more" for n in range(10_000)})
    with many.connection() as connection:
        first, at = int(NOW.timestamp() * 1000) - 3_600_000, utc_text(NOW - timedelta(hours=1))
        issues = connection.execute(
            "SELECT id FROM issues WHERE parent_key IS NOT NULL ORDER BY id"
        ).fetchall()
        values = (
            (first + n, number, NUMBERS["status"], '"1"', f'"{2 + n % 2}"' if n % 3 else f'"x{n}"', at)
            for n, (number,) in enumerate(issues)
        )
        connection.executemany(_CHANGE, values)
    assert many.notify("-q") == Answer(0, "", "")
    for channel in (many.slack, many.teams):
        (seen,) = channel.seen
        assert "10000 changes from" in seen.text
        told = seen.text.count("\u2022")
        (left,) = re.findall(r"^(\d+) more$", seen.text, re.MULTILINE)
        grouped = sum(int(n) - 1 for n in re.findall(r"\u2022 (\d+) stories", seen.text))
        assert told + grouped + int(left) == 10_000
        assert told > 40


@pytest.mark.parametrize("name", TITLES)
def test_hostile_titles(run: Run, tmp_path: Path, serve: Callable[..., str], name: str) -> None:
    hostile = Team(run, tmp_path, serve, {"A-2": TITLES[name]})
    hostile.change("A-2", 3, NOW - timedelta(hours=2))
    assert hostile.notify("-q") == Answer(0, "", "")
    for channel in (hostile.slack, hostile.teams):
        (seen,) = channel.seen
        assert is_clean(seen.text.replace("\u200d", ""))


def test_check_tells_up_to_when_each_was_told(run: Run, team: Team) -> None:
    def told() -> str:
        answer = run("check", "--offline", "--json", "--config", team.config, clock=team.clock)
        assert Channel.secret not in answer.out + answer.err
        (found,) = [check for check in json.loads(answer.out)["checks"] if check["name"] == "notices"]
        assert found["ok"]
        return str(found["detail"])

    assert told() == "Slack: nothing told yet\nTeams: nothing told yet"
    team.notify("-q")
    assert told() == "Slack: told up to Thu 26 Nov 08:00\nTeams: told up to Thu 26 Nov 08:00"

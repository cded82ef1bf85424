"""Every rule of the configuration, through `load_settings`."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from worksupport.config import keys
from worksupport.config.settings import GitHubSettings, JiraSettings, Member, ServeSettings, Settings
from worksupport.model.definitions import LINT_RULES
from worksupport.model.hierarchy import DEFAULT_TYPES, UNKNOWN_TYPE_ID
from worksupport.model.times import WEEKDAYS

_JIRA = "jira.base_url=https://jira.example\njira.email=ann@x.example\njira.api_token=jira-token\n"
_GITHUB = "github.api_token=github-token\ngithub.issue_label=work-support\n"
_ANN = "team.member.ann.name=Ann\nteam.member.ann.jira_id=ann@x.example\nteam.member.ann.github_id=ann-x\n"
Load = Callable[..., Settings]
Problems = Callable[..., list[str]]


def test_a_whole_configuration_is_understood(load: Load) -> None:
    settings = load(
        "team.member.john.doe.name=John Doe\n"
        "team.member.john.doe.jira_id=john.doe@company.com\n"
        "team.member.john.doe.github_id=john-doe\n"
        "jira.base_url=https://other.atlassian.net/\n"
        "jira.api_token=t1  \n"
        "jira.email=me@company.com\n"
        "jira.issue_label=work-support\n"
        "github.api_token=t2\n"
        "github.issue_label=work-support\n"
        "harvest.interval_hours=2\n"
        "harvest.retention_days=90\n"
    )
    assert settings.members == (Member("john.doe", "John Doe", "john.doe@company.com", "john-doe"),)
    assert settings.jira == JiraSettings(
        "https://other.atlassian.net", "t1", "me@company.com", "work-support", None
    )
    assert settings.github == GitHubSettings("t2", "work-support")
    assert (settings.interval_hours, settings.retention_days) == (2, 90)
    assert settings.hierarchy.types == DEFAULT_TYPES
    assert settings.warnings == settings.notes == ()


def test_what_is_not_given_has_its_default(load: Load, config_file: Path) -> None:
    settings = load(_JIRA)
    given = {"path": config_file, "jira": settings.jira, "members": (), "github": None}
    assert {name: getattr(settings, name) for name in given} == given
    optional = [field for field in fields(Settings) if field.default is not MISSING and field.name != "notes"]
    assert {f.name: getattr(settings, f.name) for f in optional} == {f.name: f.default for f in optional}


_GIVEN = {
    "jira.base_url": ("https://j.example/jira/", "https://j.example/jira"),
    "jira.email": ("bob@x.example", "bob@x.example"),
    "jira.api_token": ("other=", "other="),
    "jira.issue_label": ("Ünïcode", "Ünïcode"),
    "jira.root_jql": ("project = X", "project = X"),
    "github.api_token": ("other", "other"),
    "github.issue_label": ("two words", "two words"),
    "github.base_url": ("https://ghe.example/api/v3/", "https://ghe.example/api/v3"),
    "github.search_scope": ("org:acme", "org:acme"),
    "harvest.interval_hours": ("0.5", 0.5),
    "harvest.full_every_hours": ("12", 12),
    "harvest.retention_days": ("0", 0),
    "harvest.concurrency": ("64", 64),
    "me": ("Ann", None),
    "harvest.descriptions": ("False", False),
    "state.blocked": ("On Hold, waits ", ("On Hold", "waits")),
    "state.dropped": ("", ()),
    "lint.ignore": ("orphan, overdue:A-1", ("orphan", "overdue:A-1")),
    "weekend": ("Friday, saturday", ("friday", "saturday")),
    "http.timeout_seconds": ("0.1", 0.1),
    "http.max_wait_seconds": ("0", 0),
    "reload.max_delete_percent": ("100", 100),
    "database.path": ("/data/x.db", Path("/data/x.db")),
    "serve.host": ("::", "::"),
    "serve.port": ("0", 0),
    "serve.token": ("s3rve-us1", "s3rve-us1"),
    "serve.rate_limit_per_minute": ("0", 0),
    "webhook.jira_secret": ("some-long-secret", "some-long-secret"),
    "webhook.github_secret": ("another-secret", "another-secret"),
    "changes.from_services": ("false", False),
    "changes.authors": ("false", False),
    "changes.keep_days": ("365", 365),
    "serve.public_url": ("http://work.corp.example/", "http://work.corp.example"),
    "notify.slack_url": ("https://hooks.example/services/T/B/x", "https://hooks.example/services/T/B/x"),
    "notify.teams_url": ("https://flow.example/x?sig=y", "https://flow.example/x?sig=y"),
    "monitor.ping_url": ("https://hc.example/uuid?x=1", "https://hc.example/uuid?x=1"),
}


def _setting(settings: Settings, key: str) -> object:
    section, _, field = key.partition(".")
    if section in ("changes", "lint"):
        return getattr(settings, f"{section}_{field}")
    if section == "webhook":
        return getattr(settings.serve, field)
    if section in ("jira", "github", "serve", "notify"):
        return getattr(getattr(settings, section), field)
    return getattr(settings, "database_path" if key == "database.path" else field or section)


def test_the_table_above_has_every_key() -> None:
    assert _GIVEN.keys() == keys.BY_NAME.keys()


@pytest.mark.parametrize("key", [key for key in _GIVEN if key != "me"])
def test_each_key_is_read_from_the_file_and_beaten_by_its_variable(load: Load, key: str) -> None:
    text, expected = _GIVEN[key]
    others = "".join(f"{line}\n" for line in (_JIRA + _GITHUB).split("\n") if not line.startswith(f"{key}="))
    assert _setting(load(f"{others}{key} = {text}  \n"), key) == expected
    variable = "WORKSUPPORT_" + key.upper().replace(".", "_")
    assert _setting(load(f"{others}{key} = wrong://\n", **{variable: text}), key) == expected


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("harvest.interval_hours", "0", "expected a number above 0, at most 8784; found '0'"),
        ("harvest.interval_hours", "nan", "expected a number above 0, at most 8784; found 'nan'"),
        ("harvest.interval_hours", "", "expected a number above 0, at most 8784; found ''"),
        ("harvest.interval_hours", "two", "expected a number above 0, at most 8784; found 'two'"),
        ("serve.token", "1234567", "expected 8 characters or more (the value is not shown)"),
        ("harvest.retention_days", "-1", "expected a number from 0 to 36600; found '-1'"),
        ("harvest.retention_days", "9e9", "expected a number from 0 to 36600; found '9e9'"),
        ("harvest.concurrency", "0", "expected a whole number from 1 to 64; found '0'"),
        ("harvest.concurrency", "65", "expected a whole number from 1 to 64; found '65'"),
        ("harvest.concurrency", "1.5", "expected a whole number from 1 to 64; found '1.5'"),
        ("harvest.concurrency", "٣", "expected a whole number from 1 to 64; found '٣'"),
        ("harvest.concurrency", "9" * 30, "expected a whole number from 1 to 64"),
        (
            "lint.ignore",
            "orphan, nosuch:A-1",
            f"'nosuch:A-1' is no rule; expected some of {', '.join(LINT_RULES)}; found 'orphan, nosuch:A-1'",
        ),
        ("weekend", "Sun", f"expected some of {', '.join(WEEKDAYS)}; found 'Sun'"),
        ("http.timeout_seconds", "0", "expected a number above 0, at most 3600; found '0'"),
        ("http.max_wait_seconds", "1_0", "expected a number from 0 to 86400; found '1_0'"),
        ("reload.max_delete_percent", "100.1", "expected a number from 0 to 100; found '100.1'"),
        ("serve.port", "65536", "expected a whole number from 0 to 65535; found '65536'"),
        ("serve.rate_limit_per_minute", "-1", "expected a whole number from 0 to 10000000; found '-1'"),
        ("serve.host", "", "expected a host name or an IP address; found ''"),
        ("serve.host", "http://x", "expected a host name or an IP address; found 'http://x'"),
    ],
)
def test_numbers_and_hosts_out_of_bounds(problems: Problems, key: str, value: str, expected: str) -> None:
    assert problems(f"{_JIRA}{key}={value}\n") == [f"{key} (line 4): {expected}"]
    variable = "WORKSUPPORT_" + key.upper().replace(".", "_")
    assert problems(_JIRA, **{variable: value}) == [f"{key} ({variable}): {expected}"]


_ADDRESS = "expected an https:// address with a host name"
_HTTPS = "expected https: over http to another machine everybody on the way reads the token"


@pytest.mark.parametrize("key", ["jira.base_url", "github.base_url"])
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("jira.example", f"{_ADDRESS}; found 'jira.example'"),
        ("ftp://x.example", f"{_ADDRESS}; found 'ftp://x.example'"),
        ("https://", f"{_ADDRESS}; found 'https://'"),
        ("https://:443/x", f"{_ADDRESS}; found 'https://:443/x'"),
        ("https://x:99999", f"{_ADDRESS}; found 'https://x:99999'"),
        ("https://[::1", f"{_ADDRESS}; found 'https://[::1'"),
        ("https://x .example", f"{_ADDRESS}, without blanks; found 'https://x .example'"),
        ("https://x\\n.example", f"{_ADDRESS}, without blanks; found 'https://x\\n.example'"),
        ("https://x/?a=b", "expected an address without ? and #; found 'https://x/?a=b'"),
        ("https://x/#a", "expected an address without ? and #; found 'https://x/#a'"),
        ("http://x.example", f"{_HTTPS}; found 'http://x.example'"),
        ("http://127.0.0.1.x.example", f"{_HTTPS}; found 'http://127.0.0.1.x.example'"),
        ("http://localhost.example", f"{_HTTPS}; found 'http://localhost.example'"),
        ("http://192.168.0.1", f"{_HTTPS}; found 'http://192.168.0.1'"),
        (
            "https://ann:SECRET@x.example",
            "expected an address without user name and password (the value is not shown)",
        ),
        ("ann:SECRET@x.example", _ADDRESS),
        ("ATATT3xFfGF0SECRETSECRET=12", _ADDRESS),
    ],
)
def test_wrong_addresses(problems: Problems, key: str, address: str, expected: str) -> None:
    others = "jira.api_token=t\ngithub.api_token=t\ngithub.issue_label=x\n"
    base = "" if key == "jira.base_url" else "jira.base_url=https://x\n"
    assert problems(f"{key}={address}\n{base}{others}") == [f"{key} (line 1): {expected}"]


@pytest.mark.parametrize("host", ["localhost:8080", "LOCALHOST", "127.0.0.1:1", "127.1.2.3", "[::1]:80"])
def test_http_to_loopback_is_fine(load: Load, host: str) -> None:
    settings = load(f"jira.base_url=http://{host}/\njira.api_token=t\n")
    assert settings.jira
    assert settings.jira.base_url == f"http://{host}"


@pytest.mark.parametrize(
    "url", ["http://hc.example/SECRET", "https://a:SECRET@x/", "SECRET", "https://x/ SECRET"]
)
def test_a_wrong_ping_address_is_not_shown(problems: Problems, url: str) -> None:
    told = problems(f"{_JIRA}monitor.ping_url={url}")
    assert len(told) == 1
    assert told[0].startswith("monitor.ping_url (line 4): expected ")
    assert "SECRET" not in told[0]


@pytest.mark.parametrize("token", ["two SECRETs", "SECRET\\nX-Header: 1", "SECRÉT"])
@pytest.mark.parametrize("key", ["jira.api_token", "github.api_token", "serve.token"])
def test_a_token_that_cannot_be_one_is_not_shown(problems: Problems, key: str, token: str) -> None:
    told = problems(f"jira.base_url=https://x\ngithub.issue_label=x\n{key}={token}")
    assert told[0].startswith(f"{key} (line 3): expected a token: ASCII without blanks or line breaks")
    assert "SECR" not in str(told)


def test_all_problems_are_told_at_once_in_the_order_of_the_file(load: Load, problems: Problems) -> None:
    told = problems(
        "harvest.concurrency=x\n# a note\nteam.member.bob.jira_id=bob\ngithub.api_token=t\n"
        "serve.port=\\u1\njira.email=a@x\nserve.port=1\n\njira.email=b@x\n",
        WORKSUPPORT_HTTP_TIMEOUT_SECONDS="soon",
    )
    assert [line.split(": ")[0] for line in told] == [
        "harvest.concurrency (line 1)",
        "team.member.bob.name (line 3)",
        "line 5",
        "jira.email (line 6)",
        "http.timeout_seconds (WORKSUPPORT_HTTP_TIMEOUT_SECONDS)",
        "github.issue_label",
    ]


def test_the_first_line_names_the_file_and_the_count(load: Load, config_file: Path) -> None:
    from worksupport.errors import ConfigurationError

    with pytest.raises(ConfigurationError) as refused:
        load(f"{_JIRA}serve.port=x\nserve.host=\n")
    assert refused.value.message.startswith(f"the configuration {config_file} has 2 problems:\n  serve.port")
    with pytest.raises(ConfigurationError, match="has 1 problem:"):
        load(f"{_JIRA}serve.port=x\n")


@pytest.mark.parametrize("key", ["jira.email", "team.member.ann.name", "issue_type.1.name", "no.such.key"])
def test_a_doubled_key_is_refused_with_all_its_lines(problems: Problems, key: str) -> None:
    told = problems(f"{key}=a\njira.base_url=https://x\n{key}=a\njira.api_token=t\n{key}=b\n")
    assert f"{key} (line 1): expected once; it stands on lines 1 and 3 and 5" in told


def test_a_doubled_secret_is_not_shown(problems: Problems) -> None:
    told = problems(f"{_JIRA}jira.api_token=SECRET")
    assert told == ["jira.api_token (line 3): expected once; it stands on lines 3 and 4"]


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("jira.apitoken=SECRET", "unknown key 'jira.apitoken' (line 4) (did you mean jira.api_token?)"),
        ("JIRA.Email=x", "unknown key 'JIRA.Email' (line 4) (did you mean jira.email?)"),
        ("smtp.host=x", "unknown key 'smtp.host' (line 4)"),
        (
            "team.member.a.b.nmae=x",
            "unknown key 'team.member.a.b.nmae' (line 4) (did you mean team.member.a.b.name?)",
        ),
        (
            "team.member.name=x",
            "unknown key 'team.member.name' (line 4) (did you mean team.member.<id>.name?)",
        ),
        ("issue_type.1.children=x", "unknown key 'issue_type.1.children' (line 4)"),
        ("ghp_0123SECRET", "line 4 is not understood: expected a known key, = and a value"),
        ("ATATT3xSECRET=12AB", "line 4 is not understood: expected a known key, = and a value"),
        ("=SECRET", "line 4 is not understood"),
    ],
)
def test_unknown_keys_are_warned_of_without_their_value(load: Load, line: str, warning: str) -> None:
    warnings = load(f"{_JIRA}{line}\n").warnings
    assert len(warnings) == 1
    assert warnings[0].startswith(warning)
    assert "SECRET" not in warnings[0]


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("WORKSUPPORT_JIRA_TOKEN", " (did you mean WORKSUPPORT_JIRA_API_TOKEN?)"),
        ("WORKSUPPORT_DBB", " (did you mean WORKSUPPORT_DB?)"),
        ("worksupport_db", " (did you mean WORKSUPPORT_DB?)"),
        ("WORKSUPPORT_JIRA_EMAIL_FILE", " (did you mean WORKSUPPORT_JIRA_EMAIL?)"),
        ("WORKSUPPORT_TEAM", ""),
    ],
)
def test_unknown_variables_are_warned_of(load: Load, name: str, warning: str) -> None:
    assert load(_JIRA, **{name: "SECRET"}).warnings == (f"unknown variable '{name}'{warning}",)


def test_variables_of_others_and_the_known_ones_are_not_warned_of(load: Load, tmp_path: Path) -> None:
    variables = {
        "WORKSUPPORT_DB": "/x.db",
        "WORKSUPPORT_CONFIG": "x",
        "PATH": "/bin",
        "_WORKSUPPORT_COMPLETE": "1",
    }
    assert load(_JIRA, **variables).warnings == ()


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True), (0o644, True)])
def test_a_file_with_a_token_that_others_can_read_is_warned_of(
    load: Load, config_file: Path, monkeypatch: pytest.MonkeyPatch, mode: int, warned: bool
) -> None:
    monkeypatch.setattr(Path, "chmod", lambda path, _mode: __import__("os").chmod(path, mode))
    expected = f"{config_file} holds a token and other accounts can read it; chmod 600 {config_file}"
    assert load(_JIRA).warnings == ((expected,) if warned else ())
    without = "jira.base_url=https://x\nserve.token=\ngithub.api_token=your_github_personal_access_token\n"
    assert load(without, WORKSUPPORT_JIRA_API_TOKEN="t").warnings == ()


@pytest.mark.parametrize(
    ("text", "jira", "github", "notes"),
    [
        (_JIRA + _GITHUB, True, True, ()),
        (_JIRA, True, False, ("github is off: github.api_token is not set",)),
        (_GITHUB, False, True, ("jira is off: jira.api_token is not set",)),
        (
            f"{_GITHUB}jira.base_url=https://x\njira.issue_label=y\n",
            False,
            True,
            ("jira is off: jira.api_token is not set",),
        ),
        (
            f"{_JIRA}github.issue_label=x\ngithub.api_token=your_github_personal_access_token",
            True,
            False,
            ("github is off: github.api_token is not set",),
        ),
        (
            f"{_GITHUB}jira.base_url=https://x\njira.email=a@x\njira.api_token=\n",
            False,
            True,
            ("jira is off: jira.api_token is empty",),
        ),
    ],
)
def test_a_source_without_credentials_is_off(
    load: Load, text: str, jira: bool, github: bool, notes: tuple[str, ...]
) -> None:
    settings = load(text)
    assert (settings.jira is not None, settings.github is not None) == (jira, github)
    assert settings.notes == notes


def test_an_empty_variable_turns_a_source_off(load: Load) -> None:
    settings = load(_JIRA + _GITHUB, WORKSUPPORT_JIRA_API_TOKEN="")
    assert settings.jira is None
    assert settings.notes == ("jira is off: jira.api_token is empty",)


@pytest.mark.parametrize("text", ["", "# nothing\n", "jira.base_url=https://x\n", "github.issue_label=x\n"])
def test_no_source_on_is_refused(problems: Problems, text: str) -> None:
    assert problems(text) == ["jira.api_token, github.api_token: expected at least one; no source is on"]


_SITE = "expected the site, such as https://company.atlassian.net; found"
_LABEL = "expected a label (without one every issue would be fetched); found"
_OWNER = "expected the account that the token belongs to, or on Data Center no such line; found"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jira.api_token=t", f"jira.base_url: {_SITE} nothing"),
        ("jira.base_url=\njira.api_token=t", f"jira.base_url (line 1): {_SITE} nothing"),
        (
            "jira.base_url=https://company.atlassian.net/\njira.api_token=t",
            f"jira.base_url (line 1): {_SITE} the example's placeholder",
        ),
        (
            "jira.base_url=https://x\njira.api_token=t\njira.email=your_email@company.com",
            f"jira.email (line 3): {_OWNER} the example's placeholder",
        ),
        (
            "jira.base_url=https://x\njira.email=a@x",
            "jira.api_token: expected a token, because jira.email (line 2) is set; found nothing "
            "(set WORKSUPPORT_JIRA_API_TOKEN to nothing to turn jira off)",
        ),
        (
            "jira.base_url=https://x\njira.email=a@x\njira.api_token=your_jira_api_token",
            "jira.api_token (line 3): expected a token, because jira.email (line 2) is set; found the "
            "example's placeholder (set WORKSUPPORT_JIRA_API_TOKEN to nothing to turn jira off)",
        ),
        ("github.api_token=t", f"github.issue_label: {_LABEL} nothing"),
        ("github.api_token=t\ngithub.issue_label=  ", f"github.issue_label (line 2): {_LABEL} nothing"),
    ],
)
def test_a_half_configured_source_is_refused(problems: Problems, text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_a_data_center_token_needs_no_email(load: Load) -> None:
    settings = load("jira.base_url=https://x\njira.api_token=t\n")
    assert settings.jira
    assert settings.jira.email is None


@pytest.mark.parametrize("line", ["", "jira.issue_label=", "jira.issue_label=   "])
def test_without_a_jira_label_there_is_no_label_query(load: Load, line: str) -> None:
    settings = load(_JIRA + line)
    assert settings.jira
    assert settings.jira.issue_label is None


@pytest.mark.parametrize(
    ("lines", "member"),
    [
        ("a.b.c.name=Ann\nteam.member.a.b.c.jira_id=x", Member("a.b.c", "Ann", "x", None)),
        ("a.name=Ann\nteam.member.a.github_id=g", Member("a", "Ann", None, "g")),
        ("a.name=Ann\nteam.member.a.github_id=g\nteam.member.a.jira_id= ", Member("a", "Ann", None, "g")),
        (
            "a.name=Ann\nteam.member.a.github_id=g\nteam.member.a.jira_id=your_email@company.com",
            Member("a", "Ann", None, "g"),
        ),
        ("name.name=Ann\nteam.member.name.jira_id=x", Member("name", "Ann", "x", None)),
        ("ünï.name=Ünï Ç\nteam.member.ünï.jira_id=x", Member("ünï", "Ünï Ç", "x", None)),
    ],
)
def test_members(load: Load, lines: str, member: Member) -> None:
    assert load(f"{_JIRA}team.member.{lines}\n").members == (member,)


def test_members_keep_the_order_of_the_file_and_may_share_a_name(load: Load) -> None:
    settings = load(
        f"{_JIRA}team.member.z.name=Ann\nteam.member.a.jira_id=2\nteam.member.z.jira_id=1\nteam.member.a.name=Ann\n"
    )
    assert [(member.id, member.name) for member in settings.members] == [("z", "Ann"), ("a", "Ann")]
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (".jira_id=x", ".name (line 4): expected the person's name; it is missing"),
        (".name=\nteam.member.a.b.jira_id=x", ".name (line 4): expected the person's name; it is missing"),
        (
            ".jira_id=x\nteam.member.a.b.name=Your Name",
            ".name (line 5): expected the person's name; found the example's placeholder",
        ),
        (
            ".name=Ann",
            " (line 4): expected team.member.a.b.jira_id, team.member.a.b.github_id or both; found neither",
        ),
    ],
)
def test_members_that_are_refused(problems: Problems, lines: str, expected: str) -> None:
    assert problems(f"{_JIRA}team.member.a.b{lines}") == [f"team.member.a.b{expected}"]


def test_two_members_of_one_account_are_warned_of(load: Load) -> None:
    settings = load(f"{_JIRA}{_ANN}team.member.bob.name=Bob\nteam.member.bob.github_id=ANN-X\n")
    assert settings.warnings == ("members ann and bob have the same github_id",)


def test_github_without_any_login_is_warned_of(load: Load) -> None:
    assert load(_GITHUB).warnings == ("no member has a github_id: nothing will be asked of GitHub",)


def test_issue_types_replace_the_default_and_keep_the_unknown_type(load: Load) -> None:
    hierarchy = load(
        f"{_JIRA}issue_type.7.name=Epic\nissue_type.7.child_type_ids=8, 9, 8\nissue_type.7.url=https://x/i.png\n"
        "issue_type.8.name=Story\nissue_type.9.name=Task\n"
    ).hierarchy
    assert [(t.id, t.name, t.url, t.child_type_ids) for t in hierarchy.types[:-1]] == [
        (7, "Epic", "https://x/i.png", (8, 9)),
        (8, "Story", "", ()),
        (9, "Task", "", ()),
    ]
    assert hierarchy.types[-1] == DEFAULT_TYPES[-1]


def test_the_unknown_type_can_be_renamed(load: Load) -> None:
    hierarchy = load(f"{_JIRA}issue_type.-1.name=Other\nissue_type.1.name=Epic\n").hierarchy
    assert [(t.id, t.name) for t in hierarchy.types] == [(UNKNOWN_TYPE_ID, "Other"), (1, "Epic")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("1.url=https://x", "issue_type.1.name (line 4): expected the type's name in Jira; it is missing"),
        ("one.name=A", "issue_type.one (line 4): expected whole numbers; found 'one'"),
        (
            "1.name=A\nissue_type.1.child_type_ids=2,x",
            "issue_type.1.child_type_ids (line 5): expected whole numbers; found 'x'",
        ),
        (
            "1.name=A\nissue_type.1.child_type_ids=2",
            "issue_type.* (line 4): issue type 1 (A) has the unknown child type id 2",
        ),
        (
            "1.name=A\nissue_type.2.name=a",
            "issue_type.* (line 4): issue types 1 and 2 are both named 'a'",
        ),
        (
            "1.name=A\nissue_type.1.child_type_ids=1",
            "issue_type.* (line 4): issue types form a cycle, none of them can be the root: A",
        ),
        (
            "-1.name=A",
            "issue_type.* (line 4): no issue type can be the root: configure at least one issue_type.<id>",
        ),
    ],
)
def test_issue_types_that_are_refused(problems: Problems, lines: str, expected: str) -> None:
    assert problems(f"{_JIRA}issue_type.{lines}\n") == [expected]


def test_serve_settings(load: Load) -> None:
    assert load(f"{_JIRA}serve.port=9000\nserve.token=12345678 ").serve == ServeSettings(
        port=9000, token="12345678"
    )


def test_wrong_bytes_are_one_problem_with_a_line(problems: Problems) -> None:
    assert problems(_JIRA.encode() + b"team.member.a.name=M\xfcller\nteam.member.a.jira_id=x\n") == [
        "line 4: not UTF-8 text: save the file as UTF-8"
    ]

"""Values as people write them in other kinds of files: refused with key and line, or understood."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer
from worksupport.config.settings import Settings
from worksupport.errors import ConfigurationError

Run = Callable[..., Answer]
Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

_JIRA = "jira.base_url=https://jira.example\njira.email=ann@x.example\njira.api_token=jira-token\n"
_GITHUB = "github.api_token=github-token\ngithub.issue_label=work-support\n"
_ANN = "team.member.ann.name=Ann\n"


@pytest.mark.parametrize(
    "line",
    [
        'jira.issue_label="work-support"',
        "jira.issue_label='work-support'",
        "jira.issue_label=“work-support”",
        "jira.issue_label=„work-support“",
        "jira.issue_label=work-support # the team's",
        "jira.issue_label=work-support  // the team's",
        "jira.issue_label=work support",
        "jira.email=ann@x.example # mine",
        'github.issue_label="work-support"',
        "github.issue_label=work support # two words",
        "github.search_scope='org:acme'",
        "github.search_scope=org:acme # all of ours",
        'github.api_token="abc"',
        "github.api_token='abc'",
        'team.member.bo.name="Bo"',
        "team.member.bo.jira_id='712020:b0a1ccd0'",
        "team.member.bo.jira_id=712020:b0a1ccd0 # Bo",
        "team.member.bo.jira_id=712020:\u200bb0a1ccd0",
        'team.member.bo.github_id="bo-x"',
        "team.member.bo.github_id=bo-x # Bo",
        "team.member.bo.github_id=Bo Example",
        "team.member.bo.github_id=https://github.com/bo-x",
        'issue_type.10100.name="Feature"',
        "jira.issue_label=»work-support«",
        "jira.issue_label=\u201awork-support\u2018",
        "jira.issue_label=”work-support”",
        "jira.issue_label=「work-support」",
        'jira.issue_label="work-support',
        'jira.issue_label="work-support",',
        "jira.issue_label=work\u00a0support",
        "github.issue_label=work-support\u200b",
        "github.issue_label=work\u00a0support",
        "github.search_scope=org:acme\u200b",
        "team.member.bo.name=Bo\u202eBo",
        "team.member.bo.name=Bo\u00a0Bo",
        "team.member.bo.github_id=bо-x",  # noqa: RUF001 - a letter of another script
        "state.dropped='Won't Do'",
        'serve.host="127.0.0.1"',
        "me='Bo'",
        'database.path="work.db"',
        "database.path=work.db # on this disk",
    ],
)
def test_quotation_marks_and_comments_are_no_part_of_a_value(problems: Problems, line: str) -> None:
    key = line.partition("=")[0]
    others = {"team.member.bo.name": "team.member.bo.jira_id=b1\n"}.get(key, "")
    if key.startswith("team.member.bo.") and not others:
        others = "team.member.bo.name=Bo\n"
    rest = [row for row in (_JIRA + _GITHUB + others).splitlines() if not row.startswith(f"{key}=")]
    (problem,) = problems("\n".join([line, *rest]))
    assert problem.startswith(f"{key} (line 1): expected ")
    assert ("found" in problem) == ("token" not in key)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("github.issue_label=priority #1", "priority #1"),
        ("github.issue_label=good first issue", "good first issue"),
        ("github.issue_label=C# and F#", "C# and F#"),
        ('github.issue_label=say "hi" twice', 'say "hi" twice'),
        ("github.issue_label=Won't Do", "Won't Do"),
        ("github.issue_label=👨\u200d👩\u200d👧 team", "👨\u200d👩\u200d👧 team"),
        ("github.issue_label=نمی\u200cشود", "نمی\u200cشود"),
    ],
)
def test_what_can_be_meant_is_taken_as_it_is(load: Load, line: str, value: str) -> None:
    settings = load(_JIRA + "github.api_token=t\n" + line)
    assert settings.github
    assert settings.github.issue_label == value


def test_names_and_labels_of_other_scripts_are_as_they_are_written(load: Load) -> None:
    name, label = "山田\u3000太郎", "نمی\u200cشود"
    text = _JIRA + f"jira.issue_label={label}\nteam.member.y.name={name}\nteam.member.y.jira_id=y1\n"
    settings = load(text)
    assert settings.jira
    assert (settings.jira.issue_label, settings.members[0].name) == (label, name)


def test_quotation_marks_belong_to_jql_and_to_search_qualifiers(load: Load) -> None:
    jql = '"Epic Link" = X-1 AND summary ~ "a # b"'
    scope = 'label:"a b" project:"c d"'
    settings = load(_JIRA + _GITHUB + f"jira.root_jql={jql}\ngithub.search_scope={scope}\n")
    assert settings.jira
    assert settings.github
    assert (settings.jira.root_jql, settings.github.search_scope) == (jql, scope)


def test_a_public_address_is_taken_as_browsers_write_it(load: Load) -> None:
    for given, meant in (
        ("https://Bücher.Example:8443/", "https://xn--bcher-kva.example:8443"),
        ("https://work.пример:8443", "https://work.xn--e1afmkfd:8443"),
        ("https://work.example:443", "https://work.example"),
        ("http://[::1]",) * 2,
        ("http://[::1]:8443",) * 2,
    ):
        assert load(_JIRA + f"serve.public_url={given}\n").serve.public_url == meant


def test_an_at_sign_is_no_part_of_a_login(load: Load) -> None:
    (member,) = load(_JIRA + _GITHUB + _ANN + "team.member.ann.github_id=@ann-x\n").members
    assert member.github_id == "ann-x"


def test_unknown_keys_are_told_together_with_the_problems(problems: Problems) -> None:
    found = problems(
        "jira.base_url=https://j.example\njira.email=a@x.example\njira.token=abc\n", with_warnings=True
    )
    assert [line.partition(":")[0] for line in found] == ["jira.api_token", "warning"]
    assert "unknown key 'jira.token' (line 3) (did you mean jira.api_token?)" in found[1]


def test_unknown_variables_are_told_together_with_the_problems(problems: Problems) -> None:
    text = "jira.base_url=https://j.example\njira.email=a@x.example\n"
    found = problems(text, with_warnings=True, WORKSUPPORT_JIRA_API_TOKN="abc")
    assert any("did you mean WORKSUPPORT_JIRA_API_TOKEN?" in line for line in found)
    found = problems(text, with_warnings=True, worksupport_jira_api_token="abc")
    assert any("did you mean WORKSUPPORT_JIRA_API_TOKEN?" in line for line in found)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("team.members.ann.name", "team.member.ann.name"),
        ("team.ann.github_id", "team.member.<id>.github_id"),
        ("issue_types.10000.name", "issue_type.10000.name"),
        ("WORKSUPPORT_JIRA_API_TOKEN", "jira.api_token"),
    ],
)
def test_a_key_that_is_misspelt_at_its_beginning_is_understood(load: Load, written: str, meant: str) -> None:
    warnings = load(_JIRA + f"{written}=abc\n").warnings
    assert warnings == (f"unknown key '{written}' (line 4) (did you mean {meant}?)",)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_a_file_saved_as_unicode_is_one_sentence(run: Run, tmp_path: Path, encoding: str, mark: str) -> None:
    text = "# saved by an editor\njira.email = a@x.example\nteam.member.j.name = Jürgen\n"
    config = tmp_path / "team.properties"
    config.write_bytes((mark + text).encode(encoding))
    for command in (["check", "--offline"], ["harvest"], ["keys"]):
        answer = run(*command, "--config", config)
        assert answer.exit_code == 3
        assert "save the file as UTF-8" in answer.err + answer.out
        assert "\\x00" not in answer.err + answer.out
        assert len(answer.err.splitlines()) <= 4


@pytest.mark.parametrize(
    "data",
    [
        ("# " + "山田太郎" * 200 + "\njira.email = a@x.example\n").encode("utf-16-le"),
        _JIRA.encode() + "state.blocked = Waiting\r\n".encode("utf-16-le"),  # as PowerShell adds a line
    ],
)
def test_what_is_only_in_part_like_utf_16_is_that_sentence_too(load: Load, data: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"is not UTF-8 text but UTF-16 or the like") as refused:
        load(data)
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    "path",
    [
        "$HOME/w.db",
        "${DATA}/w.db",
        "$(pwd)/w.db",
        "`pwd`/w.db",
        "~nobody-here/w.db",
        "%HOME%/w.db",
        "$1/w.db",
        "{{ home }}/w.db",
        "file:w.db",
        "FILE:w.db",
        "sqlite:///w.db",
        "C:/data/w.db",
    ],
)
def test_shell_writing_in_a_path_is_refused(run: Run, tmp_path: Path, path: str) -> None:
    config = tmp_path / "team.properties"
    config.write_text(f"{_JIRA}database.path = {path}\n", encoding="utf-8")
    for command in ("harvest", "keys", "tree"):
        answer = run(command, "--config", config)
        assert answer.exit_code == 3
        assert "database.path" in answer.err
        assert "line 4" in answer.err
        assert path in answer.err
    config.write_text(_JIRA, encoding="utf-8")
    for name in ("WORKSUPPORT_DB", "WORKSUPPORT_DATABASE_PATH"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(name, path)
            for command in ("harvest", "keys"):
                answer = run(command, "--config", config)
                assert (answer.exit_code, name in answer.err, path in answer.err) == (3, True, True)
    assert {entry.name for entry in tmp_path.iterdir()} == {"team.properties", "home"}


def test_a_tilde_is_the_home_folder_wherever_a_path_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "home" / "team.properties"
    config.write_text(_JIRA, encoding="utf-8")
    expected = f"no database at {tmp_path}/home/w.db"
    assert expected in run("keys", "--db", "~/w.db").err
    monkeypatch.setenv("WORKSUPPORT_DB", "~/w.db")
    assert expected in run("keys").err
    assert expected in run("tree").err
    monkeypatch.setenv("WORKSUPPORT_CONFIG", "~/team.properties")
    assert "no configuration file" not in run("check", "--offline").err

"""The starter configuration says what is true."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from worksupport.config import keys
from worksupport.config.settings import Settings
from worksupport.config.starter import starter_text

TEXT = starter_text()
_EXAMPLE = Path(__file__).parents[2] / "config" / "team_members.properties.example"
_CREDENTIALS = {
    "https://company.atlassian.net": "https://jira.example",
    "your_email@company.com": "ann@x.example",
    "your_jira_api_token": "t1",
    "your_github_personal_access_token": "t2",
    "your_github_login": "ann",
    "Your Name": "Ann",
}


def _filled() -> str:
    text = TEXT
    for placeholder, value in _CREDENTIALS.items():
        text = text.replace(placeholder, value)
    return text


def _uncommented(text: str) -> str:
    """With every commented-out key in force."""
    return re.sub(r"^# (?=[a-z_]+\.[\w.]+=|weekend=|  AND)", "", text, flags=re.MULTILINE)


def test_the_example_in_the_repository_is_the_starter() -> None:
    assert _EXAMPLE.read_text(encoding="utf-8") == TEXT


def test_every_key_is_in_it() -> None:
    present = re.findall(r"^(?:# )?([a-z_]+\.[a-z_]+|me|weekend)=", TEXT, re.MULTILINE)
    assert set(present) == set(keys.BY_NAME)


def test_the_placeholders_are_those_that_count_as_missing() -> None:
    assert _CREDENTIALS.keys() == keys._PLACEHOLDERS


def test_unchanged_it_is_refused_with_what_to_fill_in(problems: Callable[..., list[str]]) -> None:
    assert [line.split(" ")[0] for line in problems(TEXT)] == [
        "team.member.jane.doe.name",
        "team.member.jane.doe",
        "jira.api_token,",
    ]


def test_filled_in_it_loads_without_a_warning(load: Callable[..., Settings]) -> None:
    settings = load(_filled())
    assert settings.warnings == settings.notes == ()
    assert settings.jira
    assert settings.github
    assert settings.members[0].id == "jane.doe"


def test_what_is_commented_out_are_the_defaults(load: Callable[..., Settings]) -> None:
    defaults = load(_filled())
    whole = load(_uncommented(_filled()).replace("url=https://...", "url="))
    assert whole.jira
    assert "Product Version" in (whole.jira.root_jql or "")
    bare = [replace(t, url="") for t in defaults.hierarchy.types[:-1]]
    assert list(whole.hierarchy.types[:-1]) == bare
    assert replace(whole, jira=defaults.jira, hierarchy=defaults.hierarchy) == defaults

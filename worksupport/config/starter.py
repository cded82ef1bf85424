"""The starter configuration of `init`; `config/team_members.properties.example` has the same text."""

from worksupport.config.keys import MEMBER_PLACEHOLDERS, MEMBER_PREFIX, SECTIONS, Key

_WIDTH = 100
_HEAD = """\
# worksupport: who is in the team, and how to reach Jira and GitHub.
#
# One "key=value" a line, UTF-8; a line that starts with # is a comment. Write a backslash as two.
# Fill in what reads "your..." and "Your...". Lines that are commented out show the default.
# Every key outside "Team" and "Issue types" can also come from the environment, which beats this file:
# jira.api_token from WORKSUPPORT_JIRA_API_TOKEN, or, for a secret, from the file that
# WORKSUPPORT_JIRA_API_TOKEN_FILE names or the command that WORKSUPPORT_JIRA_API_TOKEN_COMMAND names.
"""
_TEAM = """\
# team.member.<id>.name       as shown in answers; the id is yours to choose and may hold dots
# team.member.<id>.jira_id    an e-mail address or an accountId (Data Center: a user name)
# team.member.<id>.github_id  a GitHub login
# team.member.<id>.teams      words of your choice, separated by commas (may be left out)
# Either jira_id or github_id may be left out. Repeat the lines for each person.
"""
_TYPES = """\
# The levels of the tree. One issue_type key is enough to replace the whole default, which is:
# issue_type.10004.name=Product Version
# issue_type.10004.child_type_ids=10000, 11140
# issue_type.10000.name=Feature
# issue_type.10000.child_type_ids=10101, 10104
# issue_type.11140.name=Customer Adoption
# issue_type.11140.child_type_ids=10101
# issue_type.10101.name=Story
# issue_type.10104.name=Task
# An icon may be added to each: issue_type.<id>.url=https://...
"""


def starter_text() -> str:
    """The whole file, with a line for each key of the table."""
    member = "".join(
        f"{MEMBER_PREFIX}jane.doe.{field}={text}\n" for field, text in MEMBER_PLACEHOLDERS.items()
    )
    sections = {
        "Team": _TEAM + member,
        **{title: "".join(map(_entry, keys)) for title, keys in SECTIONS.items()},
        "Issue types": _TYPES,
    }
    return "\n".join([_HEAD, *(f"{_heading(title)}\n{text}" for title, text in sections.items())])


def _heading(title: str) -> str:
    return f"# --- {title} ".ljust(_WIDTH, "-")


def _entry(key: Key) -> str:
    about = "".join(f"# {line}\n" for line in key.about.splitlines())
    written = key.placeholder or key.sample
    return f"{about}{key.name}={written}\n" if written else f"{about}# {key.name}={key.default}\n"

"""The table of configuration keys: what each must look like, what it fills, and what the starter says of it.

Variables, `Settings`, the starter file and `worksupport help environment` follow from it.
"""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from worksupport.config import parsers
from worksupport.config.locate import CONFIG_VARIABLE, DATABASE_VARIABLE

VARIABLE_PREFIX = "WORKSUPPORT_"
# Not a key: who reads the tree says what pages it.
PAGER_VARIABLE = "WORKSUPPORT_PAGER"
SECRET_ENDINGS = ("_FILE", "_COMMAND")


@dataclass(frozen=True)
class Key:
    """One key that is not a member's or an issue type's.

    `fills`: the attribute of `Settings`, `jira.email` that of its `jira`; '' for what is no setting. `about`:
    the comment in the starter, which has one of these values: a `placeholder`, which counts as missing, a
    `sample`, or, commented out, the `default`.
    """

    name: str
    parse: Callable[[str], object]
    fills: str
    about: str = ""
    default: str = ""
    placeholder: str = ""
    sample: str = ""
    is_secret: bool = False

    @property
    def may_be_empty(self) -> bool:
        """Whether empty means "not given"; for the others it is a wrong value."""
        return self.parse in parsers.TEXTS or self.name.endswith("_url")


JIRA = (
    Key(
        "jira.base_url",
        parsers.base_url,
        "jira.base_url",
        placeholder="https://company.atlassian.net",
    ),
    Key(
        "jira.email",
        parsers.word,
        "jira.email",
        "The account that the token belongs to. Data Center: leave it out, the token says it all.",
        placeholder="your_email@company.com",
    ),
    Key(
        "jira.api_token",
        parsers.token,
        "jira.api_token",
        "From https://id.atlassian.com/manage-profile/security/api-tokens (secret)",
        placeholder="your_jira_api_token",
        is_secret=True,
    ),
    Key(
        "jira.issue_label",
        parsers.word,
        "jira.issue_label",
        "Also harvest the members' issues with this label, in any project; empty: none of them.",
        sample="work-support",
    ),
    Key(
        "jira.root_jql",
        parsers.query,
        "jira.root_jql",
        "Where the hierarchy starts. The default, with the type as your site calls it:",
        'project in (IAIPORT, AIPRDV, AIMP, IACU) AND type = "Product Version" \\\n'
        "#   AND labels = SE_product_family",
    ),
)
GITHUB = (
    Key(
        "github.api_token",
        parsers.token,
        "github.api_token",
        "From https://github.com/settings/tokens, with the right to read the repositories' issues (secret)",
        placeholder="your_github_personal_access_token",
        is_secret=True,
    ),
    Key(
        "github.issue_label",
        parsers.plain,
        "github.issue_label",
        "Harvest the members' issues with this label. Needed: without it every issue would be fetched.",
        sample="work-support",
    ),
    Key(
        "github.base_url",
        parsers.base_url,
        "github.base_url",
        "The root of the API; GitHub Enterprise: https://your-server/api/v3",
        "https://api.github.com",
    ),
    Key(
        "github.search_scope",
        parsers.plain,
        "github.search_scope",
        "More search qualifiers, such as org:acme",
    ),
)
HARVEST = (
    Key(
        "harvest.interval_hours",
        parsers.number_above_zero(8784),
        "interval_hours",
        "How often cron runs it (hours); data that is older counts as stale.",
        "2",
    ),
    Key(
        "harvest.full_every_hours",
        parsers.number_above_zero(8784),
        "full_every_hours",
        "How long `harvest --quick` may go on without asking for everything (hours).",
        "24",
    ),
    Key(
        "harvest.retention_days",
        parsers.number(0, 36600),
        "retention_days",
        "Issues that the services no longer show are removed after this many days.",
        "90",
    ),
    Key(
        "harvest.concurrency",
        parsers.whole_number(1, 64),
        "concurrency",
        "Jira queries in flight at once (1 to 64).",
        "8",
    ),
    Key(
        "harvest.descriptions",
        parsers.yes_or_no,
        "descriptions",
        "Whether descriptions are stored, for `show` and for words; false leaves them out.",
        "true",
    ),
    Key(
        "http.timeout_seconds",
        parsers.number_above_zero(3600),
        "timeout_seconds",
        "A request that takes longer has failed (seconds).",
        "60",
    ),
    Key(
        "http.max_wait_seconds",
        parsers.number(0, 86400),
        "max_wait_seconds",
        "The longest wait that a service may ask for before the run gives up (seconds).",
        "300",
    ),
    Key(
        "reload.max_delete_percent",
        parsers.number(0, 100),
        "max_delete_percent",
        "A run that would remove more of a source than this stops instead (percent).",
        "50",
    ),
)
STATES = (
    Key(
        "state.blocked",
        parsers.words,
        "blocked",
        "Statuses and labels that mean: blocked.",
        "Blocked, On Hold, Waiting, Impeded",
    ),
    Key(
        "state.dropped",
        parsers.words,
        "dropped",
        "Statuses and resolutions that mean: it will not be done.",
        "Won't Do, Won't Fix, Cancelled, Rejected, Declined, Duplicate",
    ),
)
REVIEWS = (
    Key(
        "lint.ignore",
        parsers.lint_rules,
        "lint_ignore",
        "What `worksupport lint` leaves out: rules, or a rule for one issue, such as overdue:ABC-12.",
    ),
)
TIMES = (
    Key(
        "weekend",
        parsers.weekdays,
        "weekend",
        "The days that are no workdays, for the time `last-workday`.",
        "saturday, sunday",
    ),
)
DATABASE_AND_SERVER = (
    Key("me", parsers.plain, "", "Who @me is: your name, e-mail address or login (see also WORKSUPPORT_ME)."),
    Key(
        "database.path",
        parsers.path,
        "",  # `locate` finds the database, for readers too, who need no valid configuration
        "The database file, relative to this file's folder. Empty: worksupport/worksupport.db in your data\n"
        "folder (~/.local/share, or XDG_DATA_HOME).",
    ),
    Key("serve.host", parsers.host, "serve.host", default="127.0.0.1"),
    Key("serve.port", parsers.whole_number(0, 65535), "serve.port", default="8000"),
    Key(
        "serve.token",
        parsers.serve_token,
        "serve.token",
        "Needed as soon as serve.host is not loopback (secret); 8 characters or more. To make one:\n"
        'python3 -c "import secrets; print(secrets.token_urlsafe())"',
        is_secret=True,
    ),
    Key(
        "serve.public_url",
        parsers.public_url,
        "serve.public_url",
        "The address that people use, where a proxy stands in front: https://work.company.com",
    ),
    Key(
        "serve.rate_limit_per_minute",
        parsers.whole_number(0, 10_000_000),
        "serve.rate_limit_per_minute",
        "Requests per address and minute; 0 = no limit.",
        "6000",
    ),
    Key(
        "webhook.jira_secret",
        parsers.serve_token,
        "serve.jira_secret",
        "What Jira and GitHub sign webhooks with (secrets): then `serve` harvests what changes at once.",
        is_secret=True,
    ),
    Key("webhook.github_secret", parsers.serve_token, "serve.github_secret", is_secret=True),
)
MONITORING = (
    Key(
        "monitor.ping_url",
        parsers.secret_url,
        "ping_url",
        "An address to call at the start and the end of each run, as healthchecks.io gives them (secret).",
        is_secret=True,
    ),
)
NOTICES = (
    Key(
        "notify.slack_url",
        parsers.secret_url,
        "notify.slack_url",
        "Where `worksupport notify` posts what has changed (secrets): an incoming webhook of Slack, and the\n"
        "address of a workflow of Teams that posts to a channel when a webhook request is received.",
        is_secret=True,
    ),
    Key("notify.teams_url", parsers.secret_url, "notify.teams_url", is_secret=True),
)
# By the heading of the starter under which they stand.
CHANGES = (
    Key(
        "changes.from_services",
        parsers.yes_or_no,
        "changes_from_services",
        "Whether the services' own histories are read: they tell exact times. false: only what harvests see.",
        "true",
    ),
    Key(
        "changes.authors",
        parsers.yes_or_no,
        "changes_authors",
        "Whether it is kept which member made a change; false forgets what is kept.",
        "true",
    ),
    Key(
        "changes.keep_days",
        parsers.whole_number(0, 36_500),
        "changes_keep_days",
        "Forget the changes of issues that are gone, or done, for so many days; 0 = never.",
        "0",
    ),
)
SECTIONS = {
    "Jira (leave jira.api_token and jira.email out if you do not use it)": JIRA,
    "GitHub (leave github.api_token out if you do not use it)": GITHUB,
    "Harvest": HARVEST,
    "The record of changes": CHANGES,
    "What the statuses mean": STATES,
    "Reviews": REVIEWS,
    "Times": TIMES,
    "Database and server": DATABASE_AND_SERVER,
    "Notices": NOTICES,
    "Monitoring": MONITORING,
}
KEYS = tuple(key for section in SECTIONS.values() for key in section)
BY_NAME = {key.name: key for key in KEYS}

MEMBER_PREFIX = "team.member."
MEMBER_FIELDS = ("name", "jira_id", "github_id", "teams")
TYPE_PREFIX = "issue_type."
TYPE_FIELDS = ("name", "url", "child_type_ids")
_FAMILIES = ((MEMBER_PREFIX, MEMBER_FIELDS), (TYPE_PREFIX, TYPE_FIELDS))

# What the starter says of a member where a person must write something.
MEMBER_PLACEHOLDERS = {
    "name": "Your Name",
    "jira_id": "your_email@company.com",
    "github_id": "your_github_login",
}
# As a value each of these counts as missing.
_PLACEHOLDERS = frozenset(
    {*MEMBER_PLACEHOLDERS.values(), *(key.placeholder for key in KEYS if key.placeholder)}
)


def is_placeholder(text: str) -> bool:
    """Whether a value still is the starter's."""
    return text.rstrip("/") in _PLACEHOLDERS


def variable(name: str) -> str:
    """The environment variable that beats a key: `jira.api_token` -> `WORKSUPPORT_JIRA_API_TOKEN`."""
    return VARIABLE_PREFIX + name.upper().replace(".", "_")


def known_variables() -> set[str]:
    """Every WORKSUPPORT_ variable that means something."""
    secret = {variable(key.name) + ending for key in KEYS if key.is_secret for ending in SECRET_ENDINGS}
    return {CONFIG_VARIABLE, DATABASE_VARIABLE, PAGER_VARIABLE, *map(variable, BY_NAME), *secret}


def split_family(name: str, prefix: str, fields: tuple[str, ...]) -> tuple[str, str] | None:
    """(id, field) of a key such as `team.member.<id>.name`, whose id may hold dots; None if it is none."""
    identifier, _, field = name.removeprefix(prefix).rpartition(".")
    if name.startswith(prefix) and identifier and field in fields:
        return identifier, field
    return None


def is_known(name: str) -> bool:
    """Whether a key means something in the file."""
    return name in BY_NAME or any(split_family(name, *family) for family in _FAMILIES)


def nearest_key(name: str) -> str:
    """` (did you mean ...?)` for an unknown key, or nothing where none is near."""
    name = name.removeprefix(VARIABLE_PREFIX)
    parts, candidates = name.split("."), list(BY_NAME)
    for prefix, fields in _FAMILIES:
        identifier = ".".join(parts[prefix.count(".") : -1]) or "<id>"
        family = [f"{prefix}{identifier}.{field}" for field in fields]
        candidates = family if name.casefold().startswith(prefix) else [*candidates, *family]
    near = _nearest(name, candidates)
    return f" (did you mean {near}?)" if near else ""


def nearest_variable(name: str) -> str:
    """` (did you mean ...?)` for an unknown variable, or nothing where none is near."""
    # Without the prefix that all of them share, which would make everything look near.
    names = {known.removeprefix(VARIABLE_PREFIX): known for known in known_variables()}
    near = _nearest(name.upper().removeprefix(VARIABLE_PREFIX), names)
    return f" (did you mean {names[near]}?)" if near else ""


def _nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate nearest to `word` without regard to case, or nothing."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else ""

"""The keys that a configuration may hold, what each must look like, and its environment variable."""

import difflib
from collections.abc import Callable, Iterable

from worksupport.config import parsers
from worksupport.config.locate import CONFIG_VARIABLE, DATABASE_VARIABLE

VARIABLE_PREFIX = "WORKSUPPORT_"
# Not a key: who reads the tree says what pages it.
PAGER_VARIABLE = "WORKSUPPORT_PAGER"

PARSERS: dict[str, Callable[[str], object]] = {
    "jira.base_url": parsers.base_url,
    "jira.email": parsers.text,
    "jira.api_token": parsers.token,
    "jira.issue_label": parsers.text,
    "jira.root_jql": parsers.text,
    "github.api_token": parsers.token,
    "github.issue_label": parsers.text,
    "github.base_url": parsers.base_url,
    "github.search_scope": parsers.text,
    "harvest.interval_hours": parsers.number_above_zero(8784),
    "harvest.retention_days": parsers.number(0, 36600),
    "harvest.concurrency": parsers.whole_number(1, 64),
    "http.timeout_seconds": parsers.number_above_zero(3600),
    "http.max_wait_seconds": parsers.number(0, 86400),
    "reload.max_delete_percent": parsers.number(0, 100),
    "database.path": parsers.text,
    "serve.host": parsers.host,
    "serve.port": parsers.whole_number(0, 65535),
    "serve.token": parsers.token,
    "serve.rate_limit_per_minute": parsers.whole_number(0, 10_000_000),
    "monitor.ping_url": parsers.ping_url,
}
# Where empty means "not given"; for the others it is a wrong value.
MAY_BE_EMPTY = frozenset(
    key for key, parse in PARSERS.items() if parse in (parsers.text, parsers.token) or key.endswith("_url")
)
SECRETS = frozenset({"jira.api_token", "github.api_token", "serve.token", "monitor.ping_url"})

MEMBER_PREFIX = "team.member."
MEMBER_FIELDS = ("name", "jira_id", "github_id")
TYPE_PREFIX = "issue_type."
TYPE_FIELDS = ("name", "url", "child_type_ids")

# What the example says where a person must write something; as a value it counts as missing.
PLACEHOLDERS = frozenset(
    {
        "https://company.atlassian.net",
        "your_email@company.com",
        "your_jira_api_token",
        "your_github_personal_access_token",
        "your_github_login",
        "Your Name",
    }
)


def is_placeholder(text: str) -> bool:
    """Whether a value still is the example's."""
    return text.rstrip("/") in PLACEHOLDERS


def variable(key: str) -> str:
    """The environment variable that beats `key`: `jira.api_token` -> `WORKSUPPORT_JIRA_API_TOKEN`."""
    return VARIABLE_PREFIX + key.upper().replace(".", "_")


def known_variables() -> set[str]:
    """Every WORKSUPPORT_ variable that means something."""
    secret = {variable(key) + ending for key in SECRETS for ending in ("_FILE", "_COMMAND")}
    return {CONFIG_VARIABLE, DATABASE_VARIABLE, PAGER_VARIABLE, *map(variable, PARSERS), *secret}


def split_family(key: str, prefix: str, fields: tuple[str, ...]) -> tuple[str, str] | None:
    """(id, field) of a key such as `team.member.<id>.name`, whose id may hold dots; None if it is none."""
    identifier, _, field = key.removeprefix(prefix).rpartition(".")
    if key.startswith(prefix) and identifier and field in fields:
        return identifier, field
    return None


def is_known(key: str) -> bool:
    """Whether `key` means something in the file."""
    return key in PARSERS or any(split_family(key, *family) for family in _FAMILIES)


def nearest_key(key: str) -> str:
    """` (did you mean ...?)` for an unknown key, or nothing where none is near."""
    candidates = list(PARSERS)
    for prefix, fields in _FAMILIES:
        if key.casefold().startswith(prefix):
            identifier = key[len(prefix) :].rpartition(".")[0] or "<id>"
            candidates = [f"{prefix}{identifier}.{field}" for field in fields]
    near = _nearest(key, candidates)
    return f" (did you mean {near}?)" if near else ""


def nearest_variable(name: str) -> str:
    """` (did you mean ...?)` for an unknown variable, or nothing where none is near."""
    # Without the prefix that all of them share, which would make everything look near.
    names = {known.removeprefix(VARIABLE_PREFIX): known for known in known_variables()}
    near = _nearest(name.removeprefix(VARIABLE_PREFIX), names)
    return f" (did you mean {names[near]}?)" if near else ""


def _nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate nearest to `word` without regard to case, or nothing."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else ""


_FAMILIES = ((MEMBER_PREFIX, MEMBER_FIELDS), (TYPE_PREFIX, TYPE_FIELDS))

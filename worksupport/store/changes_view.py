"""The record of changes for strangers: what `queries/changes.py` makes of it, in SQL alone."""

from collections.abc import Iterable

from worksupport.model.names import CHANGE_FIELDS, EVENTS
from worksupport.model.tracked import NAMED, NUMBERS, ORIGINS, SETS
from worksupport.store.view import View


def _of_issue(column: str) -> str:
    """Of an issue that is gone, what its tombstone says."""
    return f"coalesce(issues.{column}, json_extract(gone.issue, '$.{column}'))"


_SOURCE = _of_issue("source")
_KINDS = " ".join(f"WHEN {NUMBERS[field]} THEN '{kind}'" for field, kind in NAMED.items())


def _numbers(fields: Iterable[str]) -> str:
    return ", ".join(map(str, sorted(NUMBERS[field] for field in fields)))


def _words(column: str, names: Iterable[str]) -> str:
    cases = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(names))
    return f"CASE {column} {cases} END"


def _name(value: str) -> str:
    """What an id is called now; one that nobody has named stands for itself."""
    return f"""coalesce((
            SELECT name FROM names
            WHERE names.source = {_SOURCE} AND kind = CASE field {_KINDS} END AND names.id = {value}
        ), {value})"""


_MEMBER = f"""(
            SELECT name FROM team_members
            WHERE {_SOURCE} = 'jira' AND field = {NUMBERS["assignees"]}
            AND coalesce(jira_account_id, jira_id) = each.value ORDER BY id DESC LIMIT 1
        )"""


def _key(source_id: str) -> str:
    """The key of an issue by its service's id, of one that is gone as well."""
    return f"""coalesce((
            SELECT other.issue_key FROM issues AS other
            WHERE other.source = {_SOURCE} AND other.source_id = {source_id}
        ), (
            SELECT json_extract(other.issue, '$.issue_key') FROM gone_issues AS other
            WHERE other.source = {_SOURCE} AND other.source_id = {source_id}
        ), {source_id})"""


def _value(column: str) -> str:
    """`old` or `new` as people read them."""
    value = f"json_extract(changes.{column}, '$')"
    return f"""CASE
        WHEN changes.{column} IS NULL OR changes.{column} = 'null' THEN NULL
        WHEN field IN ({_numbers(SETS)}) THEN (
            SELECT json_group_array(coalesce({_MEMBER}, {_name("each.value")}))
            FROM json_each(changes.{column}) AS each
        )
        WHEN field IN ({_numbers(NAMED.keys() - SETS)}) THEN {_name(value)}
        WHEN field = {NUMBERS["parent"]} THEN {_key(value)}
        WHEN field = {NUMBERS["flagged"]} THEN changes.{column}
        ELSE {value}
    END"""


V_CHANGES = View(
    "v_changes",
    "one row a recorded change, those of `changes --raw`",
    {
        "id": ("changes.id", "what is recorded later has a higher one"),
        "issue_key": (_of_issue("issue_key"), "as it is now; also of an issue that is gone"),
        "field": (_words("field", CHANGE_FIELDS), f"{', '.join(EVENTS)} are of the whole issue"),
        "old": (_value("old"), "as people read it; sets are JSON arrays"),
        "new": (_value("new"), "likewise; of missing and gone the reason"),
        "happened_at": ("coalesce(at, seen_at)", "the time to go by: at, else seen_at"),
        "at": ("at", "exact; null where the service tells none"),
        "not_before": ("not_before", "without `at`, it lies after this"),
        "seen_at": ("seen_at", "and not after this"),
        "author": ("author", "a member's id, automation, other; null: unknown"),
        "author_name": (
            "coalesce((SELECT name FROM team_members WHERE member_id = author), author)",
            "the member's name, else as author",
        ),
        "origin": (_words("origin", ORIGINS), "observed by comparing; service: it told"),
        "is_past": ("is_past", "1: old when it was recorded; feeds leave it out"),
        "source": (_SOURCE, "of the issue, as all below"),
        "summary": (_of_issue("summary"), "as it is now"),
        "issue_type": ("issue_types.name", "as in v_issues"),
        "parent_key": (_of_issue("parent_key"), "as in v_issues"),
        "url": (_of_issue("url"), "as in v_issues"),
    },
    f"""FROM changes LEFT JOIN issues ON issues.id = changes.issue
LEFT JOIN gone_issues AS gone ON gone.id = changes.issue
LEFT JOIN issue_types ON issue_types.id = {_of_issue("issue_type_id")}""",
    like={"happened_at": "created_at"},
    numbers=["id", "is_past"],
)

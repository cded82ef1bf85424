"""The table of issue fields: what is stored of an issue, how it is asked for, and what answers call it.

Every start of a reading command loads this: it imports little.
"""

from worksupport.model.names import SOURCES, STATES

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from typing import TypedDict

    class VendorType(TypedDict):
        """An issue's type as the service says."""

        id: str | None
        name: str | None

    class IssueRow(TypedDict):
        """One issue as we store it, a value for each column of `FIELDS`; times are UTC text, milliseconds."""

        source: str
        source_id: str
        issue_key: str
        summary: str | None
        assignee: str | None
        assignees: list[str]
        assignee_accounts: list[tuple[str, str]]
        status: str | None
        status_category: str | None
        state_reason: str | None
        labels: list[str]
        issue_type_id: int | None
        vendor_type: VendorType | None
        parent_key: str | None
        url: str | None
        created_at: str | None
        updated_at: str | None
        closed_at: str | None
        priority: str | None
        resolution: str | None
        reporter: str | None
        due_date: str | None
        fix_versions: list[str]
        flagged: bool
        named_keys: dict[str, list[str]] | None
        tracked: str
        description: str | None

else:
    IssueRow = VendorType = dict

DESCRIPTION = "description"


class Field:
    """One column of `issues`, which a migration of `store/schema.py` has created.

    `json`: the member's name in answers, where it is one, and `sql` what SQLite makes it of (default: the
    column). `jira`: the field of a Jira search that it is read from, where no row before it names the same.
    `holds`: 'text', or for what is stored as JSON text 'list', 'object' (of texts) or 'json'. `choices`: the
    closed list of its values, where there is one. `is_given`: whether every issue has a value. `place`:
    'issues', 'record' for what only the record of changes compares, 'texts' for a column of `issue_texts`, or
    'ours' for one of `issues` that no service tells.
    `is_added`: by a later migration, so null where nothing was read since.
    """

    __slots__ = ("choices", "column", "holds", "is_added", "is_given", "jira", "json", "place", "sql")

    def __init__(
        self,
        column: str,
        *,
        json: str = "",
        sql: str = "",
        jira: str = "",
        holds: str = "text",
        choices: "tuple[str, ...]" = (),
        is_given: bool = False,
        place: str = "issues",
        is_added: bool = False,
    ) -> None:
        self.column = column
        self.place = place
        self.is_added = is_added
        self.json = json
        self.sql = sql or column
        self.jira = jira
        self.holds = holds
        self.choices = choices
        self.is_given = is_given


# In the order in which answers have them.
FIELDS = (
    Field("issue_key", json="issue_key", is_given=True),
    Field("summary", json="summary", jira="summary"),
    # The configured type; -1 for one that is not.
    Field("issue_type_id", json="issue_type", sql="issue_types.name", jira="issuetype"),
    # The service's own name of it.
    Field("vendor_type", json="vendor_type", sql="json_extract(vendor_type, '$.name')", holds="object"),
    Field("state", json="state", choices=STATES, place="ours"),
    Field("status", json="status", jira="status"),
    Field("status_category", json="status_category", choices=("new", "indeterminate", "done")),
    # The member's name, else the first assignee's display name or login.
    Field("assignee", json="assignee", jira="assignee"),
    Field("assignees", json="assignees", sql="json(coalesce(assignees, '[]'))", holds="list"),  # names
    Field("labels", json="labels", sql="json(coalesce(labels, '[]'))", jira="labels", holds="list"),
    Field("source", json="source", choices=SOURCES, is_given=True),
    Field("url", json="url", sql="issues.url"),
    Field("parent_key", json="parent_key", jira="parent"),
    Field("priority", json="priority", jira="priority", is_added=True),
    Field("resolution", json="resolution", jira="resolution", is_added=True),
    Field("reporter", json="reporter", jira="reporter", is_added=True),
    Field("due_date", json="due_date", jira="duedate", is_added=True),
    Field(
        "fix_versions",
        json="fix_versions",
        sql="json(coalesce(fix_versions, '[]'))",
        jira="fixVersions",
        holds="list",
        is_added=True,
    ),
    Field("created_at", json="created_at", sql="issues.created_at", jira="created"),
    Field("updated_at", json="updated_at", jira="updated"),
    Field("closed_at", json="closed_at", jira="resolutiondate"),
    # Why it is no longer found.
    Field("missing_reason", json="missing_reason", place="ours", is_added=True),
    Field("source_id"),  # the vendor's immutable id
    Field("assignee_accounts", holds="list"),  # pairs of account id or login ('' if unknown), and name shown
    Field("state_reason"),
    Field("flagged", is_added=True),
    Field("named_keys", holds="json", is_added=True),  # of Jira, by place: see model/links.py
    Field("tracked", place="record", is_added=True),  # see model/tracked.py
    Field(DESCRIPTION, jira=DESCRIPTION, place="texts"),
)

# What a Jira search is asked for: only what we store, for more would make every answer bigger.
JIRA_FIELDS = tuple(field.jira for field in FIELDS if field.jira)
# An issue in an answer, as arguments of SQLite's json_object; it knows `issues` and `issue_types`.
JSON_ARGUMENTS = ", ".join(f"'{field.json}', {field.sql}" for field in FIELDS if field.json)

# Keys sort naturally: by what stands before their last number, then by that number (`P-2` before `P-10`). The
# indexes of store/schema.py are made of this very text.
KEY_ORDER = (
    "rtrim(issue_key, '0123456789'), "
    "CAST(substr(issue_key, length(rtrim(issue_key, '0123456789')) + 1) AS INTEGER), "
    "issue_key"
)

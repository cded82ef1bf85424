"""The table of filters: which there are, what each keeps, and how it is called at every door.

Options, routes, `openapi.json`, completion, hints and queries read it. Every start of a reading command loads
this: it imports little.
"""

from worksupport.errors import UsageError
from worksupport.model.definitions import STALE_DAYS
from worksupport.model.names import OPEN_STATES, SOURCES, STATES

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Filter:
    """One filter.

    `name`: the parameter of routes; the option is the same with dashes. `short` and `also` are further flags
    of the option. `keeps`: the SQL condition on `issues`, in which `:name` is a value (folded, see `fold`).
    `holds`: 'text', 'time' (UTC text by the time it gets here), 'flag', 'days' (a flag whose value is the
    time `days` ago, UTC text), or 'choice' of `choices`. `completes`: the kind of name that a shell completes
    it to (`queries/names.py`). `nobody`: what is said of a value that no issue has; '' for nothing. `words`:
    values with a condition of their own. `about`: the tracked fields (`model/names.py`) that decide it: a
    change of one of them passes by its old value as well. `kept`: the condition on a row of the past, where
    `keeps` asks for more than the row itself says.
    """

    __slots__ = (
        *("about", "also", "choices", "completes", "days", "help", "holds", "keeps", "kept", "metavar"),
        *("name", "nobody", "short", "words"),
    )

    def __init__(
        self,
        name: str,
        metavar: str,
        help: str,
        keeps: str = "",
        *,
        short: str = "",
        also: "tuple[str, ...]" = (),
        holds: str = "text",
        days: int = 0,
        choices: "tuple[str, ...]" = (),
        completes: str = "",
        nobody: str = "",
        words: "dict[str, str] | None" = None,
        about: "tuple[str, ...]" = (),
        kept: str = "",
    ) -> None:
        self.name = name
        self.metavar = metavar
        self.help = help
        self.keeps = keeps
        self.short = short
        self.also = also
        self.holds = holds
        self.days = days
        self.choices = choices
        self.completes = completes
        self.nobody = nobody
        self.words = words or {}
        self.about = about
        self.kept = kept or keeps

    @property
    def option(self) -> str:
        """`--changed-since`."""
        return "--" + self.name.replace("_", "-")

    @property
    def flags(self) -> "tuple[str, ...]":
        """All that the option is called, the short one first."""
        return (*((self.short,) if self.short else ()), *self.also, self.option)


# A row that an older worksupport stored has no state yet.
STATE = (
    "coalesce(state, CASE status_category WHEN 'done' THEN 'done' WHEN 'indeterminate' THEN 'doing'"
    " ELSE 'todo' END)"
)
_IS_OPEN = f"{STATE} IN ({', '.join(repr(state) for state in OPEN_STATES)})"
# The tracked fields that a state is made of (`model/state.py`).
STATE_FIELDS = ("status", "labels", "resolution", "flagged", "state_reason")
ME = "@me"
_NOBODY = "id NOT IN (SELECT issue_id FROM issue_assignees)"
FILTERS = (
    Filter(
        "assignee",
        "NAME",
        "Only issues of this person; @me, none.",
        "id IN (SELECT issue_id FROM issue_assignees WHERE folded = :assignee)",
        short="-a",
        completes="assignee",
        nobody="is assigned to",
        words={"none": _NOBODY, "unassigned": _NOBODY},
        about=("assignees",),
    ),
    Filter(
        "state",
        "STATE",
        "todo, doing, blocked, done, dropped, or open.",
        f"{STATE} = :state",
        holds="choice",
        choices=(*STATES, "open"),
        completes="state",
        words={"open": _IS_OPEN},
        about=STATE_FIELDS,
    ),
    Filter("open", "", "Only what is to be done.", _IS_OPEN, holds="flag", about=STATE_FIELDS),
    Filter(
        "status",
        "NAME",
        "Only issues of this status.",
        "casefold(status) = :status",
        short="-s",
        completes="status",
        nobody="has the status",
        about=("status",),
    ),
    Filter(
        "issue_type",
        "NAME",
        "Only issues of this type.",
        # The configured name, or the service's, which people see where no type is configured.
        """(issue_type_id IN (SELECT id FROM issue_types WHERE casefold(name) = :issue_type)
        OR vendor_type IN (
            SELECT sent FROM (SELECT DISTINCT vendor_type AS sent FROM issues)
            WHERE casefold(json_extract(sent, '$.name')) = :issue_type
        ))""",
        short="-t",
        also=("--type",),
        completes="issue_type",
        nobody="is of the type",
        about=("type",),
    ),
    Filter(
        "label",
        "LABEL",
        "Only issues with this label.",
        "id IN (SELECT issue_id FROM issue_labels WHERE folded = :label)",
        short="-l",
        completes="label",
        nobody="has the label",
        about=("labels",),
    ),
    Filter(
        "source",
        "jira|github",
        "Only this source.",
        "source = :source",
        holds="choice",
        choices=SOURCES,
        completes="source",
    ),
    Filter(
        "team",
        "TEAM",
        "Only issues of this team's people.",
        # By account, for people share names; by name too, for that has an index.
        """id IN (SELECT issue_id FROM issue_assignees WHERE (folded, account COLLATE NOCASE) IN (
            SELECT casefold(team_members.name), own.value FROM team_members, json_each(teams) AS word,
                json_each(json_array(coalesce(jira_account_id, jira_id), github_id)) AS own
            WHERE casefold(word.value) = :team AND own.value <> ''
        ))""",
        completes="team",
        nobody="is of the team",
        about=("assignees",),
    ),
    Filter(
        "under",
        "KEY",
        "Only this issue and all below it.",
        """id IN (
            WITH RECURSIVE below (id, issue_key, missing_since) AS (
                SELECT id, issue_key, missing_since FROM issues WHERE issue_key = :under COLLATE NOCASE
                UNION
                SELECT issues.id, issues.issue_key, issues.missing_since FROM below JOIN issues
                ON issues.parent_key = below.issue_key COLLATE NOCASE
                AND (below.missing_since IS NULL OR issues.missing_since IS NOT NULL)
            )
            SELECT id FROM below
        )""",
        completes="key",
        nobody="has the key",
        about=("parent",),
        # Down the tree of today, and through what is gone; whatever is missing of it was there.
        kept="""(issue_key = :under COLLATE NOCASE OR parent_key COLLATE NOCASE IN (
            WITH RECURSIVE gone (issue_key, parent_key) AS (
                SELECT json_extract(issue, '$.issue_key'), json_extract(issue, '$.parent_key')
                FROM gone_issues
            ), below (issue_key) AS (
                SELECT :under
                UNION
                SELECT each.issue_key FROM below JOIN main.issues AS each
                ON each.parent_key = below.issue_key COLLATE NOCASE
                UNION
                SELECT gone.issue_key FROM below JOIN gone ON gone.parent_key = below.issue_key COLLATE NOCASE
            )
            SELECT issue_key FROM below
        ))""",
    ),
    Filter(
        "parent_key",
        "KEY",
        "Only issues directly below this one.",
        "parent_key = :parent_key COLLATE NOCASE",
        also=("--parent",),
        completes="key",
        nobody="has the parent",
        about=("parent",),
    ),
    # Values come folded; the T and Z of a stored time are capitals.
    Filter(
        "changed_since",
        "TIME",
        "Only issues changed since: 5h, 2d, monday.",
        "updated_at >= upper(:changed_since)",
        holds="time",
    ),
    Filter(
        "changed_before",
        "TIME",
        "Only issues not changed since.",
        "updated_at < upper(:changed_before)",
        holds="time",
    ),
    Filter(
        "created_since",
        "TIME",
        "Only issues created since.",
        "issues.created_at >= upper(:created_since)",
        holds="time",
    ),
    Filter(
        "stale",
        "",
        f"Only what is open and unchanged for {STALE_DAYS} days.",
        f"({_IS_OPEN} AND updated_at < upper(:stale))",
        holds="days",
        days=STALE_DAYS,
    ),
    # Every other answer leaves these out: what it keeps is the other half.
    Filter(
        "missing",
        "",
        "Those a harvest no longer found.",
        "missing_since IS NOT NULL",
        holds="flag",
        kept="true",
    ),
)
# By what groups of people work on: what counts finished work takes no other, least of all a person.
GROUP_FILTERS = tuple(row for row in FILTERS if row.name in ("issue_type", "label", "source", "team"))
# What is no longer found is not reviewed.
PRESENT_FILTERS = tuple(row for row in FILTERS if row.name != "missing")
# What means the same whenever it is asked.
LASTING_FILTERS = tuple(row for row in PRESENT_FILTERS if row.holds not in ("time", "days"))
NO_PEOPLE = "worksupport counts no finished work per person"
_BY_NAME = {row.name: row for row in FILTERS}


class Filters:
    """The filters of one question; different ones must all fit, of one filter's values any.

    Equal and printed by its values. Not a dataclass: to load those takes half as long as a whole Python
    program that asks SQLite.
    """

    __slots__ = ("_given",)

    def __init__(self, **given: "str | bool | Sequence[str] | None") -> None:
        """Each filter's value or values as given. Raises UsageError for one outside a closed list."""
        if unknown := given.keys() - _BY_NAME.keys():
            raise TypeError(f"there is no filter {', '.join(unknown)}")
        # In the order of the table, so that equal ones print alike.
        values = {name: _values(given.get(name)) for name in _BY_NAME}
        self._given = {name: each for name, each in values.items() if each}
        for name, value in self.texts():
            choices = _BY_NAME[name].choices
            if choices and fold(value) not in choices:
                raise UsageError(f"the {name} is {value!r}; it must be one of {', '.join(choices)}")

    def __repr__(self) -> str:
        return f"Filters({self._given!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filters) and self._given == other._given

    def __hash__(self) -> int:
        return hash(repr(self))

    @property
    def folded(self) -> str:
        """The same text for filters of the same values, in whatever order and case."""
        given = {
            name: sorted({fold(value) if isinstance(value, str) else "" for value in values})
            for name, values in self._given.items()
        }
        return repr(given)

    @property
    def missing(self) -> bool:
        """Whether those are asked for that a harvest no longer found."""
        return bool(self._given.get("missing"))

    @property
    def words(self) -> str:
        """As people read them: `team portal, open`."""
        given = ((name.replace("_", " "), value) for name, values in self._given.items() for value in values)
        return ", ".join(name if value is True else f"{name} {value}" for name, value in given)

    def under(self, key: str) -> "Filters":
        """The same, of this issue and all below it alone."""
        given: dict[str, Sequence[str | bool] | str] = {**self._given, "under": key}
        return Filters(**given)  # type: ignore[arg-type]

    def texts(self) -> "Iterator[tuple[str, str]]":
        """Name and value of each text that a filter was given, in the order of the table."""
        for name, values in self._given.items():
            for value in values:
                if isinstance(value, str):
                    yield name, value

    def times(self) -> "Iterator[tuple[str, str]]":
        """`changed since` and the moment, UTC text, of each time that a filter was given."""
        for name, value in self.texts():
            if _BY_NAME[name].holds == "time":
                yield name.replace("_", " "), value

    def conditions(self) -> "tuple[list[str], dict[str, str]]":
        """The SQL conditions on `issues`, all of which must hold, and their parameters.

        Whether an issue is missing is not among them. Raises UsageError for a value that is no text.
        """
        given, parameters = self.of_changes()
        return [today for row, today, _ in given if row.name != "missing"], parameters

    def of_changes(self) -> "tuple[list[tuple[Filter, str, str]], dict[str, str]]":
        """Each filter with its condition on `issues` and the one on a row of the past; their parameters.

        Raises UsageError for a value that is no text.
        """
        conditions, parameters = [], {}
        for name, values in self._given.items():
            row, today, then = _BY_NAME[name], list[str](), list[str]()
            for value in values:
                parameter = f"{name}_{len(today)}" if today else name
                keeps, kept = row.keeps, row.kept
                if isinstance(value, str):
                    wanted = fold(value)
                    if wanted in row.words:
                        keeps = kept = row.words[wanted]
                    else:
                        parameters[parameter] = wanted
                today.append(keeps.replace(f":{name}", f":{parameter}"))
                then.append(kept.replace(f":{name}", f":{parameter}"))
            conditions.append((row, _any(today), _any(then)))
        return conditions, parameters


def _any(alternatives: "list[str]") -> str:
    return alternatives[0] if len(alternatives) == 1 else f"({' OR '.join(alternatives)})"


def _values(given: "str | bool | Sequence[str] | None") -> "tuple[str | bool, ...]":
    """Each value once, in the order given."""
    if given is None or given is False:
        return ()
    return (given,) if isinstance(given, str | bool) else tuple(dict.fromkeys(given))


def fold(name: str) -> str:
    """`name` as filters compare it: whole values, without regard to case and to the form of accents.

    Raises UsageError for bytes of a command line that are not UTF-8 text: SQLite could not be asked for them.
    """
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{name!r} is not UTF-8 text: nothing in the database is called that") from error
    return folded(name)


def folded(text: str) -> str:
    """`text` in NFC and folded, as the `folded` columns have it; SQL calls this `casefold`."""
    if not text.isascii():
        from unicodedata import normalize  # only now: nearly all names are ASCII

        text = normalize("NFC", text)
    return text.casefold()


def folded_or_null(value: object) -> "str | None":
    """`folded`, as SQL calls it: null for null."""
    return folded(value) if isinstance(value, str) else None

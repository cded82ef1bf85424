"""The tables of options and of commands: what the command line takes, as plain data.

`application` turns the rows into Typer's parameters, `fast` answers some of them past Typer. Every start
loads this: it imports little.
"""

from worksupport.model.definitions import DEFAULT_WEEKS, LINT_RULES, MOST_WEEKS
from worksupport.model.filters import FILTERS as ALL_FILTERS
from worksupport.model.filters import GROUP_FILTERS, LASTING_FILTERS, NO_PEOPLE, PRESENT_FILTERS, Filter
from worksupport.model.names import CHANGE_FIELDS, SOURCES

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from typing import Any

RUN_STATUSES = ("running", "completed", "failed")
LOG_FORMATS = ("text", "json")
SHELLS = ("bash", "zsh", "fish")
TOPICS = (
    *("filters", "times", "definitions", "exit-codes", "environment", "json", "sql", "recipes", "scale"),
    *("cron", "webhooks", "fzf"),
)

_DEFAULTS = {"flag": False, "count": 0}


class Option:
    """One option, or argument where it has no `flags`, of one command or of several.

    `name`: the parameter of the command's body. `holds`: 'text', 'time' (UTC text by the time the body gets
    it), 'path', 'whole', 'number', 'flag' or 'count'; with `low` and `high` as its bounds, both included.
    What is 'refused' is in no help: whoever gives it is told why not.
    `completes`: what a shell completes it to: a closed list, or a kind of name (`queries/names.py`).
    `is_repeated`: given several times, the body gets all values, as a tuple.
    """

    __slots__ = (
        "completes",
        "default",
        "flags",
        "help",
        "high",
        "holds",
        "is_repeated",
        "is_required",
        "low",
        "metavar",
        "name",
    )

    def __init__(
        self,
        name: str,
        flags: "tuple[str, ...]",
        help: str,
        metavar: str = "",
        holds: str = "text",
        *,
        default: object = None,
        low: "float | None" = None,
        high: "float | None" = None,
        completes: "str | tuple[str, ...]" = "",
        is_required: bool = False,
        is_repeated: bool = False,
    ) -> None:
        self.name = name
        self.flags = flags
        self.help = help
        self.metavar = metavar
        self.holds = holds
        self.default = _DEFAULTS.get(holds, () if is_repeated else default)
        self.low = low
        self.high = high
        self.completes = completes
        self.is_required = is_required
        self.is_repeated = is_repeated


class Command:
    """One command: the heading it stands under, what it takes, and which of that are filters.

    Its body is the function of its name in the module of its name, its help the text file of its name. The
    body is called with the context, with `filters` where it takes any, and with every other option by name.
    """

    __slots__ = ("filters", "heading", "name", "options")

    def __init__(self, name: str, heading: str, *options: Option) -> None:
        self.name = name
        self.heading = heading
        self.filters: tuple[Filter, ...] = ()
        self.options: tuple[Option, ...] = ()
        for option in options:
            rows = _FILTERS.get(option)
            self.filters = rows or self.filters
            self.options += (option,) if rows is None else tuple(map(_of_filter, rows))
            self.options += (_NO_PERSON,) if option is GROUPS else ()

    @property
    def own(self) -> "tuple[Option, ...]":
        """What it takes beside filters."""
        names = {row.name for row in self.filters}
        return tuple(o for o in self.options if o.name not in names and o.holds != "refused")

    @property
    def defaults(self) -> "dict[str, Any]":
        """What the body is called with when nothing is given, `filters` apart."""
        return {option.name: option.default for option in self.own}


def _of_filter(row: Filter) -> Option:
    holds = "flag" if row.holds in ("flag", "days") else "text"
    return Option(
        row.name,
        row.flags,
        row.help,
        row.metavar,
        holds,
        completes=row.choices or row.completes,
        is_repeated=holds == "text",
    )


# Stand in a command's row where its filters go: all of them, all but the missing, those of them that mean the
# same at any time, or those by groups alone.
FILTERS = Option("filters", (), "")
PRESENT = Option("present", (), "")
LASTING = Option("lasting", (), "")
GROUPS = Option("groups", (), "")
_FILTERS = {FILTERS: ALL_FILTERS, PRESENT: PRESENT_FILTERS, LASTING: LASTING_FILTERS, GROUPS: GROUP_FILTERS}
_NO_PERSON = Option("assignee", ("-a", "--assignee"), NO_PEOPLE, "NAME", "refused")

GLOBAL = (
    Option(
        "config",
        ("--config",),
        "Configuration file (WORKSUPPORT_CONFIG).",
        "PATH",
        "path",
    ),
    Option("db", ("--db",), "Database file (WORKSUPPORT_DB).", "PATH", "path"),
    Option("verbose", ("-v", "--verbose"), "More on stderr; -vv for all.", holds="count"),
    Option("quiet", ("-q", "--quiet"), "Only errors on stderr.", holds="flag"),
    Option("log_format", ("--log-format",), "text or json.", "FORMAT", completes=LOG_FORMATS),
)

JSON = Option("as_json", ("--json",), "Print one JSON document.", holds="flag")
NDJSON = Option("ndjson", ("--ndjson",), "Print one JSON object a line.", holds="flag")
SOURCE = Option(
    "source", ("--source",), "Only this source.", "jira|github", completes=SOURCES, is_repeated=True
)
WAIT = Option(
    "wait",
    ("--wait",),
    "Wait this long for another run's lock.",
    "SECONDS",
    "number",
    default=0.0,
    low=0,
)

# By command; the first is for people.
FORMATS = {
    "tree": ("text", "markdown", "json", "ndjson"),
    "list": ("table", "plain", "csv", "markdown", "json", "ndjson"),
    "keys": ("lines", "json", "ndjson"),
    "show": ("text", "markdown", "json"),
    "changes": ("text", "csv", "markdown", "json", "ndjson"),
    "summary": ("text", "html", "markdown", "json"),
    "aging": ("text", "csv", "markdown", "json"),
    "forecast": ("text", "markdown", "json"),
    "flow": ("text", "csv", "markdown", "json"),
    "lint": ("text", "csv", "markdown", "json", "ndjson"),
}


def _format(command: str) -> Option:
    forms = FORMATS[command]
    return Option("format", ("--format",), f"{', '.join(forms)}.", "FORMAT", completes=forms)


AS_OF = Option("as_of", ("--as-of",), "As it was then: 2d, monday, 2026-11-01.", "TIME", "time")
_BELOW = Option("key", (), "Only this issue and what is below it.", "[KEY]", completes="key")
_EXIT_ZERO = Option("exit_zero", ("--exit-zero",), "Answer 0 instead of 8.", holds="flag")
KEY = Option("key", (), "Key, address, repo#12 or title.", "KEY", completes="key", is_required=True)
_LIST = (
    Option("words", (), "Words that they hold.", "[WORDS]", is_repeated=True),
    FILTERS,
    Option("fields", ("--fields",), "Which values, separated by commas.", "NAMES"),
    Option("sort", ("--sort",), "By which value.", "NAME"),
    Option("limit", ("-n", "--limit"), "At most this many.", "N", "whole", low=1),
    AS_OF,
    _format("list"),
    JSON,
    NDJSON,
)

COMMANDS = (
    Command(
        "tree",
        "Ask",
        Option("key", (), "Only what is below this issue.", "[KEY]", completes="key"),
        Option(
            "root_type",
            ("--root-type",),
            "Type at the top (default: Product Version).",
            "NAME",
            completes="issue_type",
        ),
        Option(
            "max_depth",
            ("--max-depth", "--depth"),
            "Levels to show; 1: the top only.",
            "1..100",
            "whole",
            default=5,
        ),
        FILTERS,
        AS_OF,
        Option("compare", ("--compare",), "Only what is different from then.", "TIME", "time"),
        Option("show_all", ("--all",), "Also below branches that are done.", holds="flag"),
        Option("wide", ("--wide",), "Titles whole, also on a terminal.", holds="flag"),
        Option("no_pager", ("--no-pager",), "Never through a pager.", holds="flag"),
        _format("tree"),
        JSON,
        NDJSON,
    ),
    Command("list", "Ask", *_LIST),
    Command("search", "Ask", *_LIST),
    Command(
        "show",
        "Ask",
        KEY,
        Option("full", ("--full",), "A long description whole.", holds="flag"),
        _format("show"),
        JSON,
    ),
    Command("open", "Ask", KEY),
    Command(
        "changes",
        "Ask",
        Option("key", (), "Only of this issue and what is below it.", "[KEY]", completes="key"),
        Option("since", ("--since",), "From then on; default: the last working day.", "TIME"),
        Option("until", ("--until",), "Until then; a day is included.", "TIME"),
        Option("after", ("--after",), "The log after this number (JSON: next).", "ID", "whole", low=0),
        Option(
            "field", ("--field",), "Only of this field.", "NAME", completes=CHANGE_FIELDS, is_repeated=True
        ),
        FILTERS,
        Option("raw", ("--raw",), "Each change, not the net of them.", holds="flag"),
        _format("changes"),
        JSON,
        NDJSON,
    ),
    Command("keys", "Ask", FILTERS, AS_OF, _format("keys"), JSON, NDJSON),
    Command("summary", "Review", _BELOW, GROUPS, _format("summary"), JSON),
    Command(
        "aging",
        "Review",
        PRESENT,
        Option("past", ("--past",), "Only what is older than 85 % of its type; exit 8.", holds="flag"),
        _EXIT_ZERO,
        _format("aging"),
        JSON,
    ),
    Command("forecast", "Review", KEY, GROUPS, _format("forecast"), JSON),
    Command(
        "flow",
        "Review",
        _BELOW,
        Option(
            "weeks",
            ("--weeks",),
            "How many, this one included.",
            "N",
            "whole",
            default=DEFAULT_WEEKS,
            low=1,
            high=MOST_WEEKS,
        ),
        GROUPS,
        _format("flow"),
        JSON,
    ),
    Command(
        "lint",
        "Review",
        PRESENT,
        Option("rule", ("--rule",), "Only this rule.", "NAME", completes=tuple(LINT_RULES), is_repeated=True),
        _EXIT_ZERO,
        _format("lint"),
        JSON,
        NDJSON,
    ),
    Command(
        "harvest",
        "Run",
        SOURCE,
        Option(
            "quick", ("--quick",), "Only what changed since the last run (every few minutes).", holds="flag"
        ),
        Option(
            "dry_run", ("--dry-run",), "Print the queries this would send, and send nothing.", holds="flag"
        ),
        Option("exit_code", ("--exit-code",), "Answer 9 instead of 0 when nothing changed.", holds="flag"),
        WAIT,
        JSON,
    ),
    Command(
        "reload",
        "Run",
        Option("force", ("--force",), "Ask a running reload to give way.", holds="flag"),
        Option("scheduled", ("--scheduled",), "Record the source 'scheduled' (for cron).", holds="flag"),
        Option("triggered_by", ("--triggered-by",), "Who asked for it; default: you.", "NAME"),
        Option(
            "max_delete",
            ("--max-delete",),
            "The brake, this once; 100 lets all go.",
            "PERCENT",
            "number",
            low=0,
            high=100,
        ),
        WAIT,
        JSON,
    ),
    Command(
        "recover",
        "Run",
        Option("no_reload", ("--no-reload",), "Only repair, never reload.", holds="flag"),
        WAIT,
        JSON,
    ),
    Command(
        "history",
        "Run",
        Option("run", (), "Only this one, in full: h57 is a harvest, r9 or 9 a reload.", "[ID]"),
        Option("limit", ("--limit",), "At most this many.", "1..100", "whole", default=10),
        Option(
            "status",
            ("--status",),
            "Only those of this status.",
            "running|completed|failed",
            completes=RUN_STATUSES,
        ),
        Option("reloads", ("--reloads",), "Only reloads.", holds="flag"),
        Option("harvests", ("--harvests",), "Only harvests.", holds="flag"),
        JSON,
    ),
    Command(
        "check",
        "Run",
        Option(
            "max_age", ("--max-age",), "Older data is too old: 5h, 90m, 2d; else 2 x interval + 1 h.", "AGE"
        ),
        SOURCE,
        Option("offline", ("--offline",), "Ask no service.", holds="flag"),
        JSON,
    ),
    Command(
        "backup",
        "Run",
        Option("folder", (), "Where the copies are kept.", "FOLDER", "path", is_required=True),
        Option("keep", ("--keep",), "Remove all copies but the newest N.", "N", "whole", low=1),
        Option("latest", ("--latest",), "Also keep the newest as latest.db, for readers.", holds="flag"),
        Option("mode", ("--mode",), "Who may read it, such as 0640; default: only you.", "MODE"),
    ),
    Command(
        "restore",
        "Run",
        Option("file", (), "A copy that backup has made.", "FILE", "path", is_required=True),
        WAIT,
    ),
    Command(
        "serve",
        "Share",
        Option("host", ("--host",), "Where to listen.  [default: 127.0.0.1]", "NAME"),
        Option(
            "port",
            ("--port",),
            "0: any free one.  [default: 8000]",
            "PORT",
            "whole",
            low=0,
            high=65535,
        ),
    ),
    Command(
        "notify",
        "Share",
        LASTING,
        Option("dry_run", ("--dry-run",), "Print what this would post, and post nothing.", holds="flag"),
        JSON,
    ),
    Command(
        "init",
        "Set up",
        Option(
            "file",
            (),
            "Where to write it, a file or a folder (default: your configuration folder).",
            "[FILE]",
            "path",
        ),
        Option("no_input", ("--no-input",), "Ask nothing: write a starter to fill in.", holds="flag"),
    ),
    Command(
        "demo",
        "Set up",
        Option(
            "folder",
            (),
            "Where to put configuration, database and log.",
            "[FOLDER]",
            "path",
            default="worksupport-demo",
        ),
        Option(
            "keep",
            ("--keep",),
            "Leave both services running, for harvest and reload, until Ctrl-C.",
            holds="flag",
        ),
    ),
    Command(
        "completion",
        "Set up",
        Option("shell", (), "Your shell.", "bash|zsh|fish", completes=SHELLS, is_required=True),
    ),
    Command(
        "help",
        "Set up",
        Option(
            "topic",
            (),
            "A command, or one of those that `worksupport help` lists.",
            "[TOPIC]",
            completes=TOPICS,
        ),
    ),
)
# The headings under which commands are only named.
SUMMED_UP = ("Set up",)
# What people type who know other programs, and what it is here.
GUESSES = {
    **dict.fromkeys(("ls", "issues"), "list"),
    **dict.fromkeys(("find", "grep"), "list WORDS"),
    **dict.fromkeys(("view", "cat"), "show KEY"),
    **dict.fromkeys(("sync", "pull", "fetch"), "harvest"),
    "browse": "open KEY",
    "diff": "changes",
    "doctor": "check",
    "hierarchy": "tree",
    "log": "changes",
    "status": "summary",
}
BY_NAME = {command.name: command for command in COMMANDS}

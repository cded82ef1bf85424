"""The table of what `serve` answers as JSON: each address with its parameters and its documents."""

from dataclasses import replace

from worksupport.model.definitions import DEFAULT_WEEKS, LINT_RULES, MOST_WEEKS
from worksupport.model.filters import FILTERS, GROUP_FILTERS, NO_PEOPLE, PRESENT_FILTERS
from worksupport.model.names import CHANGE_FIELDS, DEFAULT_DEPTH, DEFAULT_ROOT_TYPE, MAX_DEPTH, SOURCE_TITLES
from worksupport.model.times import until_moment
from worksupport.queries.history import KINDS, MAX_LIMIT, STATUSES, HistoryQuestion
from worksupport.server import parameters
from worksupport.server.exchange import HEALTH
from worksupport.server.openapi import Operation
from worksupport.server.webhooks import HOOKS, WEBHOOKS

ROW_FILTERS = tuple(map(parameters.of_filter, FILTERS))
KEYS = (
    *ROW_FILTERS,
    parameters.time("as_of", "As it was then; not with q, stale, missing, changed_since or changed_before."),
)
HIERARCHY = (
    parameters.text("key", "Only what is below this issue; not together with root_type."),
    parameters.text(
        "root_type",
        f"Type of the issues at the top; {DEFAULT_ROOT_TYPE} if neither this nor key is given.",
    ),
    parameters.whole_number("max_depth", "Levels to show; 1: the top only.", 1, MAX_DEPTH, DEFAULT_DEPTH),
    parameters.time("compare", "Only what is different from then; nodes have `change` and `was`."),
    *KEYS,
)
LIST = (
    parameters.text("q", "Words that they hold."),
    parameters.text("fields", "Which fields, separated by commas, in this order."),
    parameters.text("sort", "By which field."),
    parameters.whole_number("limit", "At most this many.", 1, 1_000_000, 1_000_000),
    parameters.choice("format", "JSON, or what `worksupport list --format csv` prints.", ("json", "csv")),
    *KEYS,
)
ISSUE = (parameters.text("key", "A key, in any case, a former key, or a page's address."),)
_HISTORY = (
    parameters.whole_number("limit", "At most this many.", 1, MAX_LIMIT, HistoryQuestion.limit),
    parameters.text("status", "Only those of this status.", {"type": "string", "enum": list(STATUSES)}),
)
CHANGES = (
    parameters.text("key", "Only of this issue and what is below it."),
    parameters.time("since", "From then on; the last working day if neither this nor after is given."),
    parameters.time("until", "Until then; a day is included.", until_moment),
    parameters.whole_number("after", "The log after this number.", 0, 999_999_999_999_999, 0),
    parameters.text("field", "Only of this field.", {"type": "string", "enum": list(CHANGE_FIELDS)}),
    parameters.boolean("raw", "Each change, not the net of them."),
    parameters.choice("format", "JSON, or what `--format csv` prints.", ("json", "csv")),
    *ROW_FILTERS,
)
GROUPS = (*map(parameters.of_filter, GROUP_FILTERS), parameters.refused("assignee", NO_PEOPLE))
BELOW = (parameters.text("key", "Only this issue and what is below it."), *GROUPS)
_FORECAST = (replace(BELOW[0], is_required=True), *GROUPS)
FLOW = (
    *BELOW,
    parameters.whole_number("weeks", "How many, this one included.", 1, MOST_WEEKS, DEFAULT_WEEKS),
)
_PRESENT = tuple(map(parameters.of_filter, PRESENT_FILTERS))
_AGING = (parameters.boolean("past", "Only what is older than 85 % of its type."), *_PRESENT)
_LINT = (
    parameters.text("rule", "Only this rule.", {"type": "string", "enum": list(LINT_RULES)}),
    *_PRESENT,
)
RUNS = (
    *_HISTORY,
    parameters.text("kind", "Only runs of this kind.", {"type": "string", "enum": list(KINDS)}),
)
_RELOAD = (parameters.boolean("force", "Make a running reload give way; waits 10 seconds for it at most."),)
RELOADS = "/api/harvest/reload"
RELOAD_STATUS = f"{RELOADS}/{{reload_id}}"

# By path and method: the operation, which names the method of `Routes` that answers.
ROUTES: dict[str, dict[str, Operation]] = {
    "/api/issues/keys": {
        "GET": Operation("keys", "Issue keys in natural order, as `worksupport keys --json`", KEYS, "Keys")
    },
    "/api/issues": {
        "GET": Operation(
            "list_issues", "Issues, as `worksupport list --json`", LIST, "Issues", media=("text/csv",)
        )
    },
    "/api/issue": {
        "GET": Operation(
            "show_issue",
            "One issue whole, as `worksupport show KEY --json`",
            ISSUE,
            "ShownIssue",
            refusals=("NotFound",),
        )
    },
    "/api/changes": {
        "GET": Operation(
            "list_changes",
            "What changed, as `worksupport changes --json`",
            CHANGES,
            "Changes",
            refusals=("NotFound",),
            media=("text/csv",),
        )
    },
    "/api/issues/hierarchy": {
        "GET": Operation(
            "hierarchy",
            "The hierarchy, as `worksupport tree --json`",
            HIERARCHY,
            "Hierarchy",
            refusals=("NotFound",),
        )
    },
    **{
        f"/api/{name}": {
            "GET": Operation(
                f"show_{name}",
                f"{about}, as `worksupport {name} --json`",
                given,
                schema,
                refusals=("NotFound",),
            )
        }
        for name, about, given, schema in (
            ("summary", "What is below each root, and what needs a look", BELOW, "Summary"),
            ("aging", "What has been in progress for long", _AGING, "Aging"),
            ("forecast", "When what is below an issue will be finished", _FORECAST, "Forecast"),
            ("flow", "What was finished each week, and how long it took", FLOW, "Flow"),
            ("lint", "What does not fit together", _LINT, "Lint"),
        )
    },
    RELOADS: {
        "GET": Operation(
            "reload_history",
            "Reloads, newest first, as `worksupport history --reloads --json`",
            _HISTORY,
            "[Reload]",
        ),
        "POST": Operation(
            "start_reload",
            "Start a full reload in the background",
            _RELOAD,
            "ReloadBegun",
            status=202,
            refusals=("Conflict",),
        ),
    },
    RELOAD_STATUS: {
        "GET": Operation(
            "reload_status",
            "One reload, as `worksupport history ID --reloads --json`",
            (),
            "Reload",
            refusals=("NotFound",),
        )
    },
    "/api/history": {
        "GET": Operation("run_history", "Runs, newest first, as `worksupport history --json`", RUNS, "[Run]")
    },
    HEALTH: {
        "GET": Operation(
            "health",
            "Whether the data is there and not too old; asks no service",
            (),
            "Health",
            has_etag=False,
        )
    },
    **{
        f"{WEBHOOKS}{name}": {
            "POST": Operation(
                f"ring_for_{name}",
                f"A webhook of {SOURCE_TITLES[name]}'s, signed: what changed is harvested soon",
                (),
                "",
                status=202,
                refusals=("NotFound",),
            )
        }
        for name in HOOKS
    },
    "/openapi.json": {"GET": Operation("description", "This description", (), "")},
}

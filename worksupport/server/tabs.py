"""The table of pages: each address with its tab, what it takes, and where the same is had in other forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from worksupport.model.filters import FILTERS
from worksupport.server import operations, parameters
from worksupport.server.parameters import Parameter

_PAGE = parameters.whole_number("page", "Which part of it.", 1, 1_000_000, 1)
# What the form of a page asks for, in this order, where the page takes it.
LABELS = {
    "q": "Words",
    "key": "Below (key)",
    "assignee": "Who",
    "team": "Team",
    "state": "State",
    "status": "Status",
    "issue_type": "Type",
    "label": "Label",
    "source": "Source",
    "since": "Since",
    "until": "Until",
    "field": "Field",
    "as_of": "As of",
    "weeks": "Weeks",
    "kind": "Kind",
}
COMPLETED = {row.name: row.completes for row in FILTERS if row.completes and not row.choices}


@dataclass(frozen=True)
class Page:
    """One page: its tab's title, what it takes, the method of `Pages` that draws it, and where the same is
    had in other forms.
    """

    title: str
    draw: str
    parameters: tuple[Parameter, ...]
    exports: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # (address, parameters to add)
    is_tab: bool = True


def _without(given: tuple[Parameter, ...], *names: str) -> tuple[Parameter, ...]:
    return tuple(each for each in given if each.name not in names)


PAGES = {
    "/": Page(
        "Tree",
        "tree",
        (*_without(operations.HIERARCHY, "compare"), _PAGE),
        {"JSON": ("/api/issues/hierarchy", "")},
    ),
    "/list": Page(
        "List",
        "list",
        (*_without(operations.LIST, "fields", "limit", "format"), _PAGE),
        {"CSV": ("/api/issues", "format=csv"), "JSON": ("/api/issues", "")},
    ),
    "/changes": Page(
        "Changes",
        "changes",
        _without(operations.CHANGES, "after", "raw", "format"),
        {"CSV": ("/api/changes", "format=csv"), "JSON": ("/api/changes", "")},
    ),
    "/summary": Page("Summary", "summary", operations.BELOW, {"JSON": ("/api/summary", "")}),
    "/flow": Page("Flow", "flow", operations.FLOW, {"JSON": ("/api/flow", "")}),
    "/runs": Page("Runs", "runs", _without(operations.RUNS, "limit"), {"JSON": ("/api/history", "")}),
    "/issue": Page("Issue", "issue", operations.ISSUE, {"JSON": ("/api/issue", "")}, is_tab=False),
}
TABS = {
    path.removeprefix("/"): (
        page.title if page.is_tab else "",
        frozenset(each.name for each in page.parameters if not each.is_refused),
    )
    for path, page in PAGES.items()
}


def address_of(path: str, more: str, asked: list[tuple[str, str]]) -> str:
    """The address of the same in another form, below that of `serve`, with what was asked."""
    takes = {each.name for each in operations.ROUTES[path]["GET"].parameters}
    query = urlencode([(name, value) for name, value in asked if name in takes])
    return path.removeprefix("/") + "?" * bool(query or more) + "&".join(filter(None, (query, more)))

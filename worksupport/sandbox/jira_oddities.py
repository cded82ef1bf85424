"""The awkward shapes that real sites send (sources/jira/README.md, "Issues"), each on a believable issue."""

from itertools import cycle
from typing import Any

from worksupport.sandbox.exchange import JIRA, Raw
from worksupport.sandbox.jql import search
from worksupport.sandbox.team import FORMER_USER, TEAM
from worksupport.sandbox.vocabulary import FLAG_FIELD
from worksupport.sandbox.world import World, parent_stub

# Project, type, and what is odd; each becomes a child of a feature.
_ODD_FIELDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("AIPRDV", "Story", {"summary": "\u200bSort claims by the date of the accident"}),
    ("AIPRDV", "Task", {}),  # no summary at all
    ("IAIPORT", "Story", {"summary": "دعم اللغة العربية في نموذج المطالبة"}),
    ("IAIPORT", "Story", {"summary": "Form label \u202eשם פרטי\u202c is drawn over its field"}),
    ("IAIPORT", "Story", {"summary": "🚗🪟 Windscreen photos: check before booking 👩‍🔧"}),
    ("AIMP", "Task", {"summary": "[bold]Important[/bold]: rename the export columns [/]"}),
    ("AIMP", "Task", {"summary": "Log viewer prints \x1b[31mred\x1b[0m instead of colours\x07"}),
    ("AIMP", "Task", {"summary": "Totals differ between\n\tlist and detail view\r\n"}),
    ("AIPRDV", "Story", {"summary": "四个排序图 测试覆盖度、复用度、模块性", "status": "已完成"}),
    ("AIPRDV", "Task", {"summary": '=HYPERLINK("claims.csv") is run by the spreadsheet | "quoted"'}),
    (
        "IAIPORT",
        "Task",
        {"summary": "@import of the old stylesheet", "labels": ["@import", "acs,ssl", "a: b"]},
    ),
    ("IAIPORT", "Story", {"summary": "Sort out what came in by fax", "status": "Triage"}),
    ("AIMP", "Task", {"summary": "Hand over the scheduler", "assignee": FORMER_USER}),
    ("AIMP", "Task", {"summary": "Imported from the Sydney site", "created": "2026-01-05T08:13:13.360+1100"}),
    (
        "AIMP",
        "Story",
        {"summary": "Imported from the Mumbai site", "updated": "2026-10-30T23:59:59.999+0530"},
    ),
    (
        "AIPRDV",
        "Story",
        {"summary": "Ask the fax vendor for a date", "priority": None, FLAG_FIELD: [{"value": "Impediment"}]},
    ),
    ("AIPRDV", "Story", {"summary": "  Leading blanks and a very long summary " + "about forms, " * 18}),
)


def add_oddities(world: World) -> None:
    """Add them below a feature in progress of each project, and those that stand outside any tree."""
    parents = {project: _feature_in_progress(world, project) for project, _, _ in _ODD_FIELDS}
    people = cycle(person for person in TEAM if person.has_jira)
    for project, type_name, given in _ODD_FIELDS:
        usual = {"parent": parents[project], "assignee": next(people)}
        world.add_jira_issue(project, type_name, **{**usual, **given})
    _orphan(world)
    _cycle(world)
    _parent_is_null(world)


def _feature_in_progress(world: World, project: str) -> Raw:
    return search(f'project = {project} AND type = Feature AND status = "In Progress"', world)[-1]


def _orphan(world: World) -> None:
    """A labelled sub-task whose parent lies in a project that nobody may see."""
    feature = _feature_in_progress(world, "AIPRDV")
    hidden = {**feature, "id": "99269", "key": "PROC-269", "self": f"{JIRA}/rest/api/3/issue/99269"}
    given = {"labels": [world.jira_label], "assignee": TEAM[3], "parent": hidden}
    world.add_jira_issue("AIPRDV", "Sub-task", summary="Ask procurement for the scanner lease", **given)


def _cycle(world: World) -> None:
    """Two labelled stories, each the other's parent, as an upstream edit once made them."""
    given = {"labels": [world.jira_label], "assignee": TEAM[4]}
    first = world.add_jira_issue("AIMP", "Story", summary="Decide who owns the drift alarm", **given)
    second = world.add_jira_issue("AIMP", "Story", summary="Write down who decides", parent=first, **given)
    first["fields"]["parent"] = parent_stub(second)


def _parent_is_null(world: World) -> None:
    """Null instead of a missing key: both mean no parent."""
    for issue in list(world.jira_issues.values())[:40]:
        if issue["fields"]["issuetype"]["name"] == "Product Version":
            issue["fields"].setdefault("parent", None)

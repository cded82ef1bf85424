"""The made-up Jira site without its issues: projects, issue types and statuses as the API shows them."""

from worksupport.sandbox.exchange import JIRA, Raw
from worksupport.sandbox.world import World

# Key, name, team-managed. The last two are neighbours that a harvest must not touch.
_PROJECTS = (
    ("IAIPORT", "Claims Portal", False),
    ("AIPRDV", "Document Reader", False),
    ("AIMP", "Model Platform", False),
    ("IACU", "Customer Adoption", True),
    ("DO", "Daily Operations", False),
    ("WEB", "Public Website", False),
)
# Site id, name, level. Some ids are other types' in the built-in hierarchy: 10004 is "Bug" on many sites.
_TYPES = (
    (10000, "Epic", 1),
    (10001, "Story", 0),
    (10002, "Task", 0),
    (10003, "Sub-task", -1),
    (10004, "Bug", 0),
    (10216, "Product Version", 2),
    (10217, "Feature", 1),
    (11140, "Customer Adoption", 1),
)
_TEAM_MANAGED_TYPES = ((10301, "Story", 0), (10302, "Task", 0))
_STATUSES = (
    ("To Do", 2, "new", "blue-gray"),
    ("In Progress", 4, "indeterminate", "yellow"),
    ("In Review", 4, "indeterminate", "yellow"),
    ("Blocked", 4, "indeterminate", "yellow"),
    ("Done", 3, "done", "green"),
    ("Won't Do", 3, "done", "green"),
    ("Triage", 1, "undefined", "medium-gray"),
    ("已完成", 2, "new", "blue-gray"),  # "done", in the wrong category: seen on a real site
)
_CATEGORY_NAMES = {1: "No Category", 2: "To Do", 3: "Done", 4: "In Progress"}


def empty_site() -> World:
    """A world with projects, types and statuses and no issue."""
    projects = {key: _project(10000 + n, *rest) for n, rest in enumerate(_PROJECTS) for key in rest[:1]}
    types = [_issue_type(*one) for one in _TYPES]
    for project in projects.values():
        if project["simplified"]:
            scope = {"type": "PROJECT", "project": {"id": project["id"]}}
            types += [{**_issue_type(*one), "scope": scope} for one in _TEAM_MANAGED_TYPES]
    statuses = {one[0]: _status(10010 + n, *one) for n, one in enumerate(_STATUSES)}
    return World(projects=projects, types=types, statuses=statuses)


def _project(project_id: int, key: str, name: str, team_managed: bool) -> Raw:
    return {
        "self": f"{JIRA}/rest/api/3/project/{project_id}",
        "id": str(project_id),
        "key": key,
        "name": name,
        "projectTypeKey": "software",
        "simplified": team_managed,
    }


def _issue_type(type_id: int, name: str, level: int) -> Raw:
    return {
        "self": f"{JIRA}/rest/api/3/issuetype/{type_id}",
        "id": str(type_id),
        "description": "",
        "iconUrl": f"{JIRA}/images/icons/issuetypes/{type_id}.svg",
        "name": name,
        "untranslatedName": name,
        "subtask": level < 0,
        "hierarchyLevel": level,
    }


def _status(status_id: int, name: str, category_id: int, category: str, color: str) -> Raw:
    return {
        "self": f"{JIRA}/rest/api/3/status/{status_id}",
        "description": "",
        "name": name,
        "id": str(status_id),
        "statusCategory": {
            "self": f"{JIRA}/rest/api/3/statuscategory/{category_id}",
            "id": category_id,
            "key": category,
            "colorName": color,
            "name": _CATEGORY_NAMES[category_id],
        },
    }

"""Where Data Center keeps an issue's parent: in `parent` for sub-tasks, else in the fields of two plugins.

Vendor facts: vendor-apis section 2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worksupport.clients.answers import is_list
from worksupport.clients.jira_search import Ask
from worksupport.clients.jql import quote
from worksupport.errors import ConfigurationError

# Epic Link and Parent Link by their plugins' keys: administrators rename fields.
_LINK_KEYS = (
    "com.pyxis.greenhopper.jira:gh-epic-link",
    "com.atlassian.jpo:jpo-custom-field-parent",
)
_NOT_ALLOWED = (401, 403, 404)


@dataclass(frozen=True)
class ParentLinks:
    """The fields that can hold an issue's parent; as they are by default, so they are on Cloud."""

    jql_names: tuple[str, ...] = ("parent",)
    field_ids: tuple[str, ...] = ()  # beside `parent`, such as customfield_10014


def ask_parent_links(ask: Ask) -> ParentLinks:
    """Find them on a Data Center site. Raises ConfigurationError if it has none above sub-tasks."""
    listed = ask("GET", "/rest/api/2/field", check=is_list).document
    fields = [field for key in _LINK_KEYS for field in listed if _custom_key(field) == key]
    if not fields:
        raise ConfigurationError(
            "this Jira has neither an Epic Link nor a Parent Link field, so there is no tree to harvest",
            "the account may lack the right to see them: log in as it and search for an Epic Link",
        )
    names = tuple(quote(field["name"]) for field in fields)
    return ParentLinks((*_sub_task_field(ask), *names), tuple(field["id"] for field in fields))


def _custom_key(field: Any) -> str | None:
    """The plugin's key of a field that has one and can be used; None for any other."""
    schema = field.get("schema") if isinstance(field, Mapping) else None
    usable = isinstance(schema, Mapping) and all(isinstance(field.get(name), str) for name in ("id", "name"))
    return str(schema.get("custom")) if usable and schema else None


def _sub_task_field(ask: Ask) -> tuple[str, ...]:
    """`parent`, unless sub-tasks are switched off: then JQL does not know that field."""
    answer = ask("GET", "/rest/api/2/configuration", accept=_NOT_ALLOWED)
    is_off = answer.status == 200 and answer.document.get("subTasksEnabled") is False
    return () if is_off else ("parent",)

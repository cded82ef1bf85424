"""Jira Data Center: its search by offset, and where it keeps an issue's parent (README.md, "Data Center").

Offsets shift while issues change, so each page begins with the last issue of the one before. If it does not,
issues in front of it have left the query meanwhile and others have moved up unseen: then we step back, and
from there on pages have more in common.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worksupport.errors import ConfigurationError
from worksupport.network.responses import Document, is_list, is_object
from worksupport.sources.jira import jql
from worksupport.sources.jira.search import Ask, BrokenPagingError, Page, WalkProgress, sent_id
from worksupport.text import visible

logger = logging.getLogger(__name__)

# Epic Link and Parent Link by their plugins' keys: administrators rename fields.
_LINK_KEYS = (
    "com.pyxis.greenhopper.jira:gh-epic-link",
    "com.atlassian.jpo:jpo-custom-field-parent",
)
_NOT_ALLOWED = (401, 403, 404)


@dataclass(frozen=True)
class DataCenter:
    """One Data Center site; parents stand in `parent` for sub-tasks, else in the fields of two plugins."""

    parent_fields: tuple[str, ...]  # such as customfield_10014
    parent_names: tuple[str, ...]  # the fields that can hold a parent, as JQL writes them
    api: str = "/rest/api/2"
    user_parameter: str = "username"
    account_parameter: str = "username"
    has_user_bulk: bool = False

    @classmethod
    def found(cls, ask: Ask) -> "DataCenter":
        """The site with its own fields. Raises ConfigurationError if it has none above sub-tasks."""
        listed = ask("GET", f"{cls.api}/field", check=is_list).document
        fields = [field for key in _LINK_KEYS for field in listed if _plugin_key(field) == key]
        if not fields:
            raise ConfigurationError(
                "this Jira has neither an Epic Link nor a Parent Link field, so there is no tree to harvest",
                "the account may lack the right to see them: log in as it and search for an Epic Link",
            )
        names = tuple(jql.quote(field["name"]) for field in fields)
        return cls(tuple(field["id"] for field in fields), (*_sub_task_field(ask, cls.api), *names))

    def children_jql(self, parents: Sequence[str], type_ids: Sequence[str]) -> str:
        """As `Deployment` says: by every field that can hold a parent."""
        return jql.children_jql(parents, type_ids, self.parent_names)

    def moment_jql(self, moment: datetime, now: datetime) -> str:
        """As `Deployment` says: minutes back from now, which no time zone changes; rather one too many."""
        return jql.quote(f"-{int((now - moment).total_seconds() // 60) + 1}m")

    def pages(self, ask: Ask, query: Document) -> Iterator[Page]:
        """As `Deployment` says: `POST /rest/api/2/search` by offset, from the query's `startAt` on."""

        def ask_from(start: int) -> Document:
            body = {**query, "startAt": start}
            document: Document = ask("POST", f"{self.api}/search", json=body, check=_has_issues).document
            for warning in document.get("warningMessages") or ():
                logger.warning(f"Jira: {visible(str(warning))}")
            return document

        return offset_pages(ask_from, query.get("startAt", 0))


def offset_pages(ask_from: Callable[[int], Document], start: int = 0) -> Iterator[Page]:
    """The pages of one walk from `start` on; `ask_from(start)` gets the one from that offset on.

    A page is as long as the server lets it be, whatever was asked for. Raises BrokenPagingError.
    """
    seen: set[object] = set()
    progress = WalkProgress()
    overlap = length = 0
    wanted = 1  # more with each step back: where much changes, one is seldom still there
    while True:
        document = ask_from(start)
        page, total = document["issues"], document["total"]
        ids = [sent_id(record) for record in page]
        if overlap and seen.isdisjoint(ids):
            start, wanted = _further_back(start, length), 2 * wanted
            continue
        yield page
        progress.note(page)
        seen.update(ids)
        if start + len(page) >= total:
            return
        if not page:
            raise BrokenPagingError(f"an empty page at offset {start} of {total}")
        length = len(page)
        overlap = min(wanted, length // 2)  # a server that clamps pages to one issue leaves no room for it
        start += length - overlap


def _further_back(start: int, page_length: int) -> int:
    if start == 0:
        raise BrokenPagingError("the issues of a query changed all at once")
    return max(0, start - page_length)


def _has_issues(document: Any) -> str:
    """A check of a search answer: '' or what is wrong."""
    if complaint := is_object(document):
        return complaint
    if not isinstance(document.get("issues"), list) or not isinstance(document.get("total"), int):
        return "a search answer without issues and total"
    return ""


def _plugin_key(field: Any) -> str | None:
    """The plugin's key of a field that has one and can be used; None for any other."""
    schema = field.get("schema") if isinstance(field, Mapping) else None
    usable = isinstance(schema, Mapping) and all(isinstance(field.get(name), str) for name in ("id", "name"))
    return str(schema.get("custom")) if usable and schema else None


def _sub_task_field(ask: Ask, api: str) -> tuple[str, ...]:
    """`parent`, unless sub-tasks are switched off: then JQL does not know that field."""
    response = ask("GET", f"{api}/configuration", accept=_NOT_ALLOWED)
    is_off = response.status == 200 and response.document.get("subTasksEnabled") is False
    return () if is_off else ("parent",)

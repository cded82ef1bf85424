"""Which of a Jira site's issue types are the configured ones (README.md, "Types"); pure, once per run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from worksupport.errors import ConfigurationError
from worksupport.model.filters import folded
from worksupport.model.hierarchy import UNKNOWN_TYPE_ID, Hierarchy, IssueType
from worksupport.model.outcome import Kind, LeftOut

# Names that Jira itself gives: an id behind one of them is not a configured type of another name.
_JIRA_NAMES = frozenset({"bug", "epic", "story", "task", "sub-task"})


@dataclass
class SiteTypes:
    """The site's ids for the configured types, both ways; what the site lacks is left out."""

    site_ids: dict[int, tuple[str, ...]] = field(default_factory=dict)
    configured: dict[str, int] = field(default_factory=dict)  # site id -> configured id
    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def ids_of(self, type_ids: Sequence[int]) -> tuple[str, ...]:
        """The site's ids of these configured types, without those it lacks."""
        return tuple(site_id for type_id in type_ids for site_id in self.site_ids.get(type_id, ()))


def resolve_types(hierarchy: Hierarchy, listed: Sequence[Mapping[str, Any]]) -> SiteTypes:
    """Find each configured type in the site's list (`GET issuetype`): by name, else by the id in the file.

    On real sites the id can be another type's ("10004 is Bug", in any language), so an id counts only if
    somebody configured it for this site and its name there is nobody else's. Team-managed projects have ids
    of their own for one name.
    """
    found = SiteTypes()
    for issue_type in hierarchy.types:
        if issue_type.id == UNKNOWN_TYPE_ID:
            continue
        ids = _ids_named(issue_type.name, listed) or _id_configured(issue_type, hierarchy, listed, found)
        if ids:
            found.site_ids[issue_type.id] = ids
            found.configured |= dict.fromkeys(ids, issue_type.id)
        else:
            found.left_out.append(_lacking(issue_type, listed))
    return found


def require_root(types: SiteTypes, hierarchy: Hierarchy) -> None:
    """Raise ConfigurationError if the site has no type for the roots: the tree would be empty."""
    if not types.ids_of([root.id for root in hierarchy.roots]):
        names = ", ".join(repr(root.name) for root in hierarchy.roots)
        raise ConfigurationError(
            f"the Jira site has no issue type {names}, so there is no root to start from",
            "set jira.root_jql, or name the site's own types with issue_type.<id>.name",
        )


def _names(site_type: Mapping[str, Any]) -> list[str]:
    """The type's names there: the untranslated one, and the one in the account's language."""
    names = [site_type.get("untranslatedName"), site_type.get("name")]
    return [name.strip() for name in names if isinstance(name, str)]


def _ids_named(name: str, listed: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    wanted = folded(name)
    fitting = [t for t in listed if wanted in map(folded, _names(t))]
    return tuple(dict.fromkeys(str(t["id"]) for t in fitting if t.get("id") is not None))


def _id_configured(
    issue_type: IssueType, hierarchy: Hierarchy, listed: Sequence[Mapping[str, Any]], found: SiteTypes
) -> tuple[str, ...]:
    if hierarchy.is_built_in:
        return ()
    taken = _JIRA_NAMES | {folded(other.name) for other in hierarchy.types}
    for site_type in listed:
        names = _names(site_type)
        if str(site_type.get("id")) != str(issue_type.id) or not names:
            continue
        if taken.isdisjoint(map(folded, names)):
            found.warnings.append(
                f"jira: no issue type is named {issue_type.name!r}; using id {issue_type.id}, "
                f"which is named {names[0]!r} there"
            )
            return (str(issue_type.id),)
    return ()


def _lacking(issue_type: IssueType, listed: Sequence[Mapping[str, Any]]) -> LeftOut:
    names = sorted({name for site_type in listed for name in _names(site_type)})
    near = get_close_matches(issue_type.name, names, n=3, cutoff=0.5)
    hint = f"; near names there: {', '.join(near)}" if near else ""
    reason = f"the site has no issue type named {issue_type.name!r}{hint}"
    return LeftOut("jira", Kind.TYPE, str(issue_type.id), reason)

"""Issue types and which types stand below which; pure."""

from dataclasses import dataclass, field

from worksupport.errors import ConfigurationError
from worksupport.model.filters import folded

UNKNOWN_TYPE_ID = -1
UNKNOWN_TYPE_NAME = "Error-Type Not Known"


@dataclass(frozen=True)
class IssueType:
    """One type as configured: its id here, its name, and the ids of the types below it."""

    id: int
    name: str
    url: str = ""
    child_type_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Hierarchy:
    """The configured issue types; refused with the reason if they form no tree of levels.

    `is_built_in`: nobody configured them, so their ids are one company's and mean nothing on another site.
    Raises ConfigurationError for an unknown child id, a cycle, no root or two types of one name.
    """

    types: tuple[IssueType, ...]
    is_built_in: bool = False
    by_id: dict[int, IssueType] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {issue_type.id: issue_type for issue_type in self.types})
        _check_names(self)
        _check_children(self)
        _check_cycles(self)

    @property
    def roots(self) -> tuple[IssueType, ...]:
        """The types that have children and stand below no other, in the order configured."""
        children = {child for issue_type in self.types for child in issue_type.child_type_ids}
        free = [t for t in self.types if t.id not in children and t.id != UNKNOWN_TYPE_ID]
        return tuple([t for t in free if t.child_type_ids] or free)

    def children(self, type_id: int) -> tuple[int, ...]:
        """The ids of the types below this one; empty for a leaf and for an unknown type."""
        issue_type = self.by_id.get(type_id)
        return issue_type.child_type_ids if issue_type else ()


def _check_names(hierarchy: Hierarchy) -> None:
    seen: dict[str, int] = {}
    for issue_type in hierarchy.types:
        other = seen.setdefault(folded(issue_type.name), issue_type.id)
        if other != issue_type.id:
            raise ConfigurationError(
                f"issue types {other} and {issue_type.id} are both named {issue_type.name!r}"
            )


def _check_children(hierarchy: Hierarchy) -> None:
    for issue_type in hierarchy.types:
        for child in issue_type.child_type_ids:
            if child not in hierarchy.by_id or child == UNKNOWN_TYPE_ID:
                raise ConfigurationError(
                    f"issue type {issue_type.id} ({issue_type.name}) has the unknown child type id {child}"
                )


def _check_cycles(hierarchy: Hierarchy) -> None:
    """Take away types without children left until none is left; what stays is a cycle."""
    left = {t.id: set(t.child_type_ids) for t in hierarchy.types}
    while leaves := [type_id for type_id, children in left.items() if not children & left.keys()]:
        for type_id in leaves:
            del left[type_id]
    if left:
        names = ", ".join(hierarchy.by_id[type_id].name for type_id in sorted(left))
        raise ConfigurationError(f"issue types form a cycle, none of them can be the root: {names}")
    if not hierarchy.roots:
        raise ConfigurationError("no issue type can be the root: configure at least one issue_type.<id>")


_ICONS = "https://iagtech.atlassian.net"
_AVATARS = f"{_ICONS}/rest/api/2/universal_avatar/view/type/issuetype/avatar"

# One company's hierarchy, the default; `issue_type.<id>...` in the configuration replaces it.
DEFAULT_TYPES = (
    IssueType(10004, "Product Version", f"{_AVATARS}/10664?size=medium", (10000, 11140)),
    IssueType(10000, "Feature", f"{_ICONS}/images/icons/issuetypes/epic.svg", (10101, 10104)),
    IssueType(11140, "Customer Adoption", f"{_AVATARS}/10321?size=medium", (10101,)),
    IssueType(10101, "Story", f"{_ICONS}/images/icons/issuetypes/story.svg"),
    IssueType(10104, "Task", f"{_AVATARS}/10318?size=medium"),
    IssueType(UNKNOWN_TYPE_ID, UNKNOWN_TYPE_NAME, f"{_ICONS}/images/icons/issuetypes/story.svg"),
)

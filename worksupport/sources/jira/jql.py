"""JQL text from values: pure, and the only place where values are quoted.

Field names are the ones Jira's own help uses (README.md, "JQL"); every query ends in an order with a unique
tiebreak, because the default order is not documented.
"""

import re
from collections.abc import Iterable

# Jira's legal escapes are more, but these are all that a value needs; any other is answered 400.
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_ORDER = " ORDER BY key ASC"
_ROOT_PROJECTS = ("IAIPORT", "AIPRDV", "AIMP", "IACU")
_ROOT_LABEL = "SE_product_family"
_QUOTED_OR_ORDER_BY = re.compile(
    r"""(?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\border\s+by\b""", re.IGNORECASE | re.DOTALL
)


def quote(value: str) -> str:
    """`value` as a JQL string literal; always in quotes, so that reserved words and characters do no harm."""
    return f'"{value.translate(_ESCAPES)}"'


def in_list(values: Iterable[str]) -> str:
    """`values` as a JQL operand list: `("a", "b")`."""
    return f"({', '.join(quote(value) for value in values)})"


def root_query(type_ids: Iterable[str], own_jql: str | None = None) -> str:
    """The query for the roots of the tree.

    `own_jql` (the configured `jira.root_jql`) replaces the built-in query for Product Versions; its order,
    if it has one, gives way to ours.
    """
    if own_jql is not None:
        return without_order(own_jql) + _ORDER
    projects, types, label = in_list(_ROOT_PROJECTS), _types(type_ids), quote(_ROOT_LABEL)
    return f"project IN {projects} AND {types} AND labels = {label}{_ORDER}"


def children_jql(
    parents: Iterable[str], type_ids: Iterable[str], parent_fields: Iterable[str] = ("parent",)
) -> str:
    """The query for the children of these parents (issue keys) that have one of these types (Jira's ids).

    Without types: of any. `parent_fields`: the fields that can hold a parent, as JQL writes them; several
    only on Data Center.
    """
    keys = in_list(parents)
    clauses = [f"{field} IN {keys}" for field in parent_fields]
    either = clauses[0] if len(clauses) == 1 else f"({' OR '.join(clauses)})"
    of_type = [_types(ids)] if (ids := tuple(type_ids)) else []
    return " AND ".join([either, *of_type]) + _ORDER


def label_query(label: str, account_ids: Iterable[str], since: str = "") -> str:
    """The query for labelled issues of these people, in any project and of any type.

    `since`: only those changed from then on, as the deployment writes a moment.
    """
    changed = f" AND updated >= {since}" if since else ""
    return f"labels = {quote(label)} AND assignee IN {in_list(account_ids)}{changed}{_ORDER}"


def changed_query(projects: Iterable[str], since: str) -> str:
    """The query for what changed in these projects (by key) from then on, as the deployment writes it."""
    return f"project IN {in_list(projects)} AND updated >= {since}{_ORDER}"


def assignee_query(account: str) -> str:
    """The query for the issues of one person, named by e-mail address or account."""
    return f"assignee = {quote(account)}{_ORDER}"


def _types(type_ids: Iterable[str]) -> str:
    # A bare number is read as an id first, a quoted one as a name first.
    ids = (type_id if type_id.isascii() and type_id.isdigit() else quote(type_id) for type_id in type_ids)
    return f"type IN ({', '.join(ids)})"


def without_order(own_jql: str) -> str:
    """`own_jql` up to its ORDER BY, which may also stand, as mere text, inside a quoted value."""
    for match in _QUOTED_OR_ORDER_BY.finditer(own_jql):
        if match["quoted"] is None:
            return own_jql[: match.start()].strip()
    return own_jql.strip()

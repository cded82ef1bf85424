"""What the record of changes compares: values in the service's own ids, so that no change of ours is one.

A member renamed, a type mapped anew, a status renamed on the site, labels in another order: no difference.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from worksupport.model.names import CHANGE_FIELDS, TRACKED

SETS = frozenset({"assignees", "labels", "fix_versions"})
NUMBERS = {name: number for number, name in enumerate(CHANGE_FIELDS)}
# What became of an issue between two trees.
NEW, MISSING, CHANGED, MOVED_IN, MOVED_OUT = "new", "missing", "changed", "moved_in", "moved_out"
OBSERVED, TOLD = 0, 1  # `changes.origin`: seen by comparing, told by the service
ORIGINS = ("observed", "service")  # as answers call them
# The kinds of `names`, by the field whose ids they name.
NAMED = {
    "type": "type",
    "status": "status",
    "assignees": "account",
    "priority": "priority",
    "resolution": "resolution",
    "fix_versions": "version",
}


# `json.dumps` would make an encoder for each of a million values.
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def tracked_text(values: Mapping[str, Any]) -> str:
    """The tracked values of one issue as the JSON text that is stored and compared; sets are sorted."""
    return _encoded({name: value_of(name, values.get(name)) for name in TRACKED})


def value_of(name: str, value: Any) -> Any:
    """One value in the form in which equal ones are equal."""
    if name in SETS:
        return sorted(set(value or ()))
    return bool(value) if name == "flagged" else value


def value_text(name: str, value: Any) -> str:
    """One value as the JSON text of `changes.old` and `changes.new`."""
    return _encoded(value_of(name, value))


def differences(old: str, new: str) -> Iterable[tuple[str, str, str]]:
    """Field, old and new value (JSON text) of each tracked value in which two texts differ."""
    before, after = json.loads(old), json.loads(new)
    for name in TRACKED:
        first, second = value_text(name, before.get(name)), value_text(name, after.get(name))
        if first != second:
            yield name, first, second

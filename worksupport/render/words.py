"""What screens call an issue's values: one place for marks, types, people and ages."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from worksupport.model.definitions import STALE_DAYS
from worksupport.model.hierarchy import UNKNOWN_TYPE_NAME
from worksupport.model.names import SOURCE_TITLES
from worksupport.model.times import age_text, local_text, short_age, stored_moment
from worksupport.text import visible

_ADDRESS = re.compile("https?://[!-~]+")
UNASSIGNED = "unassigned"
# Words carry the state, colour only helps.
STATE_STYLES = {"blocked": "red", "done": "green", "doing": "cyan", "dropped": "dim"}


def type_shown(issue: dict[str, Any]) -> str:
    """The configured type, else as the service calls it; GitHub's issues often have none."""
    known = issue["issue_type"]
    if known and known != UNKNOWN_TYPE_NAME:
        return visible(known)
    return visible(issue["vendor_type"] or known or SOURCE_TITLES[issue["source"]])


def status_shown(issue: dict[str, Any]) -> str:
    """The service's word, of what is missing the reason; `! ` in front of what is blocked."""
    if issue.get("missing_reason"):
        return visible(issue["missing_reason"])
    return ("! " if issue["state"] == "blocked" else "") + visible(issue["status"] or "")


def is_over(issue: dict[str, Any]) -> bool:
    """Whether nothing is left to do; by its category where an older file has no states."""
    return issue["state"] in ("done", "dropped") if issue["state"] else issue["status_category"] == "done"


def changed_shown(issue: dict[str, Any], now: datetime) -> str:
    """`3h`, `41d` since the last change, of a node of a tree any below it; nothing for what is over."""
    return "" if is_over(issue) else short_age(_changed_at(issue), now)


def _changed_at(issue: dict[str, Any]) -> str | None:
    return issue["changed_at"] if "changed_at" in issue else issue["updated_at"]  # type: ignore[no-any-return]


def address(url: str | None) -> str | None:
    """`url` where it may stand behind a text: a page's address, without anything that ends a sequence."""
    return url if url and _ADDRESS.fullmatch(url) else None


def is_stale(issue: dict[str, Any], now: datetime) -> bool:
    """Whether it is open and has not changed for a month."""
    return bool(changed_shown(issue, now)) and is_old(_changed_at(issue), now)


def is_old(time: str | None, now: datetime) -> bool:
    """Whether that was a month ago."""
    moment = stored_moment(time)
    return moment is not None and (now - moment).days >= STALE_DAYS


def short_names(names: Iterable[str | None]) -> dict[str | None, str]:
    """First name and initial of each (`Grace M.`); whole where two would look the same."""
    whole = {name for name in names if name}
    short = {name: _short(name) for name in whole}
    times = Counter(short.values())
    clear = {name: shown for name, shown in short.items() if times[shown] == 1}
    return {None: UNASSIGNED, **{name: visible(clear.get(name, name)) for name in whole}}


def _short(name: str) -> str:
    first, *others = name.split() or [name]
    return f"{first} {others[0][0]}." if others else first


def short_keys(keys: Iterable[str]) -> dict[str, str]:
    """GitHub's keys without their owner (`portal#41`) where that is clear."""
    short = {key: key.rpartition("/")[2] for key in keys}
    times = Counter(short.values())
    return {key: visible(each if times[each] == 1 else key) for key, each in short.items()}


def data_age(document: dict[str, Any], now: datetime) -> str:
    """`harvested 14:17, 12 min ago`, in local time; of the past the moment as of which it is."""
    if "as_of" in document:
        return f"as of {local_text(document['as_of'], now)}"
    told, source = document["harvested_at"], ""
    if told is None:
        told, source = max(((end or "", name) for name, end in document["sources"].items()), default=("", ""))
    moment = stored_moment(told)
    if moment is None:
        return "never harvested"
    local, today = moment.astimezone(), now.astimezone()
    clock = f"{local:%H:%M}" if local.date() == today.date() else local_text(told, now)
    ago = re.sub(" minutes?", " min", age_text(told, now))
    which = f"{SOURCE_TITLES[source]} harvested" if source else "harvested"
    return f"{which} {clock}, {ago}"

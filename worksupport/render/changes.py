"""What changed, as people read it: by the topmost issue, the new value first, what is small only counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from worksupport.model.names import EVENTS
from worksupport.model.times import local_text, stored_moment
from worksupport.render import words
from worksupport.render.csv_text import csv_text, raw_text
from worksupport.render.lines import OUTSIDE
from worksupport.render.markdown import linked, table
from worksupport.render.table import cut, padded, width
from worksupport.render.terminal import drawn, knows_links
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_GAP = "  "
_ALIKE = 3
_ARROW = "\u2192 "
_WITH_OLD = 110
_TOLD = ("status", "assignees", "parent", "title", *EVENTS)
_STYLES = {"done": "green", "blocked": "red", "doing": "cyan", "reopened": "yellow", "missing": "yellow"}
_COLUMNS = (
    *("id", "issue_key", "field", "old", "new", "at", "not_before", "seen_at", "author", "origin", "source"),
    *("summary", "issue_type", "parent_key", "url"),
)


@dataclass(frozen=True)
class Happened:
    """One line: what is new, of which issue, and when."""

    word: str
    old: str
    kind: str  # what it is counted as
    style: str
    change: dict[str, Any]
    count: int = 1  # of how many siblings alike


def csv_changes(changes: Sequence[dict[str, Any]], *, is_shown: bool) -> str:
    """Every value as in JSON: see `csv_text`."""
    rows = ([change[name] for name in _COLUMNS] for change in changes)
    return csv_text(_COLUMNS, rows, is_shown=is_shown)


def markdown_changes(changes: Sequence[dict[str, Any]], now: datetime) -> str:
    """A table whose keys are links; no text of strangers is markup."""
    rows = [
        (
            linked(change["issue_key"], change["url"]),
            visible(change["summary"] or ""),
            change["field"],
            visible(raw_text(change["old"])),
            visible(raw_text(change["new"])),
            when(change, now),
        )
        for change in changes
    ]
    return table(("key", "title", "field", "old", "new", "when"), rows) if rows else ""


def raw_lines(changes: Sequence[dict[str, Any]]) -> str:
    """The log for pipes: one change a line, separated by tabs."""
    names = ("id", "at", "issue_key", "field", "old", "new", "author")
    rows = ({**change, "at": change["at"] or change["seen_at"]} for change in changes)
    return "".join("\t".join(visible(raw_text(row[name])) for name in names) + "\n" for row in rows)


def changes_text(
    changes: Sequence[dict[str, Any]],
    head: dict[str, Any],
    tops: dict[str, tuple[str, str]],
    now: datetime,
    late: int,
    console: "Console | None",
    *,
    is_old: bool = False,
) -> str:
    """The net changes by topmost issue: for pipes without a `console`, else cut to its width.

    `head`: since when, of which `fields` alone, and the age of the data. `tops`: key and title of each
    issue's topmost one, by key. `late`: how many changes were recorded in this time, but happened before.
    Nothing for no change.
    """
    from rich.console import Console
    from rich.text import Text

    if not changes:
        return ""
    to = console or Console(width=10_000, color_system=None, markup=False, highlight=False, emoji=False)
    told = in_words(changes, is_all=bool(head.get("fields")))
    lines: list[Text] = list(_head(head, told, now, None if console is None else to.width, is_old))
    for key, title, group in by_top(told, tops):
        lines += [
            Text(),
            Text.assemble((visible(key), "dim"), _GAP if title else "", (visible(title), "bold")),
        ]
        lines += _lines(group, now, to, cuts=console is not None)
    if rest := left_over([] if head.get("fields") else changes, late):
        lines += [Text(), *(Text(line, "dim") for line in rest)]
    with to.capture() as captured:
        to.print(*lines, sep="\n", no_wrap=True, crop=False, overflow="ignore")
    text = "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
    return drawn(text) if console else text


def in_words(changes: Sequence[dict[str, Any]], *, is_all: bool = False) -> list[Happened]:
    """Those that are told one by one (all, where asked for by field); of others `not_listed` tells."""
    return [_happened(change) for change in changes if is_all or change["field"] in _TOLD]


def by_top(
    told: Sequence[Happened], tops: dict[str, tuple[str, str]]
) -> list[tuple[str, str, list[Happened]]]:
    """Key and title of each topmost issue with what happened below it, siblings alike as one; what stands
    alone comes last, without a title.
    """

    def top(each: Happened) -> tuple[bool, str, str]:
        found = tops.get(each.change["issue_key"])
        return (False, *found) if found else (True, OUTSIDE, "")

    groups = groupby(sorted(told, key=top), key=top)
    return [(key, title, _collapsed(list(group))) for (_, key, title), group in groups]


def when(change: dict[str, Any], now: datetime) -> str:
    """`09:12` today, `Wed 14:05` in the last days, else the date; `08:17-10:17` where no more is known."""
    if change["at"]:
        return _clock(change["at"], now)
    begin, end = change["not_before"], change["seen_at"]
    return f"{_clock(begin, now)}\u2013{_clock(end, now)}" if begin else f"before {_clock(end, now)}"


def _clock(moment: str, now: datetime) -> str:
    stored = stored_moment(moment)
    if stored is None:
        return visible(moment)
    local, today = stored.astimezone(), now.astimezone()
    days = (today.date() - local.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if 0 < days < 7 else local_text(moment, now)


def _happened(change: dict[str, Any]) -> Happened:
    name, new, old = change["field"], change["new"], change["old"]
    if name == "status":
        return _status(change, visible(new or "no status"), visible(old or ""))
    if name == "assignees":
        who = ", ".join(map(visible, new or ())) or "nobody"
        return Happened(f"{_ARROW}{who}", ", ".join(map(visible, old or ())), "reassigned", "", change)
    if name == "parent":
        return Happened("moved", visible(old or ""), "moved", "", change)
    if name == "title":
        return Happened("renamed", visible(old or ""), "renamed", "", change)
    if name in EVENTS:
        return Happened(name, "", name, _STYLES.get(name, ""), change)
    called = name.replace("_", " ")
    return Happened(f"{called} {visible(raw_text(new))}".rstrip(), visible(raw_text(old)), called, "", change)


def _status(change: dict[str, Any], new: str, old: str) -> Happened:
    state, is_done = change["state"], change["new_category"] == "done"
    if state == "blocked":
        return Happened(f"! {new}", old, "blocked", "red", change)
    if change["old_category"] == "done" and not is_done:
        return Happened("reopened", old, "reopened", "yellow", change)
    return Happened(new, old, "done" if is_done else f"to {new}", _STYLES.get(state or "", ""), change)


def _head(
    document: dict[str, Any], told: Sequence[Happened], now: datetime, cells: int | None, is_old: bool
) -> "Iterator[Text]":
    """The moment that is meant, the age, and how many of each kind."""
    from rich.text import Text

    since = f"since {local_text(document['since'], now)}" if document["since"] else "all that is on record"
    age = words.data_age(document, now)
    room = max(len(_GAP), (cells or 0) - width(since) - width(age))
    head = Text(since + " " * room, "dim")
    head.append(age, "yellow" if is_old else "dim")
    yield head
    counts = Counter(each.kind for each in told)
    if counts:
        yield Text(" \u00b7 ".join(f"{count} {kind}" for kind, count in counts.most_common()))


def _collapsed(told: Sequence[Happened]) -> list[Happened]:
    """The same change of three and more siblings is one line."""
    alike: dict[tuple[Any, ...], list[Happened]] = {}
    for each in told:
        parent = each.change["parent_key"]
        same = (
            (each.word, parent, each.change["issue_type"]) if parent and each.kind != "missing" else id(each)
        )
        alike.setdefault((same,), []).append(each)
    found = []
    for group in alike.values():
        if len(group) >= _ALIKE:
            found.append(Happened(**{**vars(group[-1]), "count": len(group)}))
        else:
            found += group
    return found


def _lines(told: Sequence[Happened], now: datetime, console: "Console", *, cuts: bool) -> "Iterator[Text]":
    from rich.style import Style
    from rich.text import Text

    has_marks = any(each.kind == "blocked" for each in told)
    shown = [each.word if each.kind == "blocked" or not has_marks else f"  {each.word}" for each in told]
    with_old = not cuts or console.width >= _WITH_OLD
    if with_old:
        shown = [from_old(each, word) for each, word in zip(told, shown, strict=True)]
    keys = [subject(each) for each in told]
    word_cells, key_cells = max(map(width, shown)), max(map(width, keys))
    for each, word, key in zip(told, shown, keys, strict=True):
        line = Text("  ")
        line.append(padded(word, word_cells), each.style)
        line.append(_GAP)
        link = (
            words.address(each.change["url"]) if cuts and knows_links(console) and each.count == 1 else None
        )
        line.append(padded(key, key_cells), Style(dim=True, link=link))
        time = when(each.change, now)
        title = title_of(each)
        used = 2 + word_cells + key_cells + 2 * len(_GAP)
        if cuts:
            room = max(8, min(console.width, 100) - used - width(time) - len(_GAP))
            title = padded(cut(title, room), room)
        line.append(f"{_GAP}{title}{_GAP}")
        line.append(time, "dim")
        if with_old and each.change["author_name"]:
            line.append(f"{_GAP}{visible(each.change['author_name'])}", "dim")
        yield line


def title_of(each: Happened) -> str:
    """The issue's title, of several what they belong to."""
    if each.count > 1:
        return f"of {visible(each.change['parent_key'])}"
    change = each.change
    is_lost = change["field"] in ("missing", "gone") and change["new"]
    return visible(change["summary"] or "") + (f" ({visible(change['new'])})" if is_lost else "")


def from_old(each: Happened, word: str) -> str:
    """`To Do → Done`, where there was something before."""
    is_told = each.old and each.kind not in ("moved", "renamed")
    return f"{each.old} {_ARROW}{word.strip().removeprefix(_ARROW)}" if is_told else word


def subject(each: Happened) -> str:
    """The issue's key, or how many issues alike."""
    if each.count == 1:
        return visible(each.change["issue_key"])
    kind = visible((each.change["issue_type"] or "issue").casefold())
    return f"{each.count} {kind[:-1] + 'ies' if kind.endswith('y') else kind + 's'}"


def left_over(changes: Sequence[dict[str, Any]], late: int, advice: str = "--field, --raw") -> list[str]:
    """What has no line of its own, as counts, and where it is; `late`: as of `changes_text`."""
    unlisted = not_listed(changes)
    came_late = f"{late} more came to light now, but happened before" if late else ""
    return [line for line in (f"{unlisted} ({advice})" if unlisted else "", came_late) if line]


def not_listed(changes: Sequence[dict[str, Any]]) -> str:
    """How many there are of what has no line of its own; '' for none."""
    counts = Counter(change["field"] for change in changes if change["field"] not in _TOLD)
    parts = ", ".join(f"{count} of {name.replace('_', ' ')}" for name, count in counts.most_common())
    total = sum(counts.values())
    verb = "change is" if total == 1 else "changes are"
    return f"{total} {verb} not listed: {parts}" if total else ""

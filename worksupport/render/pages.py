"""What each page shows of the document that the command of the same name prints."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from worksupport.render import changes as told
from worksupport.render import words
from worksupport.render.described import described
from worksupport.render.forecast import TITLES as DATES
from worksupport.render.forecast import days_told, left_text
from worksupport.render.history import RIGHT, history_rows
from worksupport.render.issue import facts_of, state_line
from worksupport.render.lines import OUTSIDE
from worksupport.render.page import Frame, as_markup, rendered, style
from worksupport.render.pictures import burn_up, pictures
from worksupport.render.summary import TITLES, figures, named_rows

_CLASSES = {"red": "blocked", "green": "finished", "yellow": "stale", "cyan": "doing"}
_MOST_LINES = 2000
_SHOWN_APART = ("in", "link")
Document = dict[str, Any]


def tree_page(frame: Frame, document: Document, page: int, *, is_below_one: bool) -> str:
    """A document of `queries/branches.py`."""
    waiting = [*document["hierarchy"]]
    found = [issue["issue_key"] for issue in document["outside_issues"]]
    while waiting:
        node = waiting.pop()
        found.append(node["issue_key"])
        node["is_open"] = node["done"] < node["total"] or not words.is_over(node)
        waiting += node["children"]
    for issue in document["outside_issues"]:
        leaf = {"children": [], "children_omitted": 0, "done": 0, "total": 0}
        issue |= {**leaf, "changed_at": issue["updated_at"]}
    return rendered(
        "tree.html",
        frame=frame,
        document=document,
        keys=words.short_keys(found),
        page=page,
        is_below_one=is_below_one,
    )


def list_page(frame: Frame, document: Document, tops: Document, page: int, count: int) -> str:
    """A part of a `list`; `tops`: key and title of each issue's topmost one, by key."""
    return rendered("list.html", frame=frame, document=document, tops=tops, page=page, count=count)


def changes_page(frame: Frame, document: Document, tops: dict[str, tuple[str, str]]) -> str:
    """Rows of `changes` (`document["changes"]`) with what holds for them all, by topmost issue."""
    happened = told.in_words(document["changes"], is_all=bool(document["fields"]))
    left = [] if document["fields"] else document["changes"]
    sections, room = [], _MOST_LINES
    for key, title, group in told.by_top(happened, tops):
        lines = [_line(each, frame.now) for each in group[:room]]
        room -= len(lines)
        more = len(group) - len(lines)
        is_below_one = key != OUTSIDE
        sections.append(
            {"key": key, "title": title, "is_below_one": is_below_one, "told": lines, "more": more}
        )
    return rendered(
        "changes.html",
        frame=frame,
        document=document,
        sections=sections,
        counts=Counter(each.kind for each in happened).most_common(),
        rest=told.left_over(left, document["late"], "choose the field, or take the CSV"),
    )


def _line(each: told.Happened, now: datetime) -> Document:
    return {
        "count": each.count,
        "key": each.change["issue_key"],
        "subject": told.subject(each),
        "title": told.title_of(each),
        "word": each.word,
        "style": _CLASSES.get(each.style, ""),
        "old": each.old,
        "who": each.change["author_name"],
        "when": told.when(each.change, now),
    }


def summary_page(frame: Frame, document: Document) -> str:
    """The document of `summary`."""
    return rendered("summary.html", frame=frame, **_summary(document, frame.now, frame))


def report(
    document: Document, now: datetime, drawn: Document, versions: Sequence[tuple[str, Document]]
) -> str:
    """The same as one file for mail and archives, with its pictures: HTML with its style inside, no script.

    `drawn`: pictures of it all, `versions`: names and pictures of single roots.
    """
    each = [picture for name, document in versions for picture in burn_up(document, name)]
    return rendered(
        "report.html",
        # In a style element nothing is decoded.
        style=as_markup(style()),
        now=now,
        pictures=[*each, *pictures(drawn)],
        **_summary(document, now, None),
    )


def _summary(document: Document, now: datetime, frame: Frame | None) -> Document:
    """With links to our own pages; in a file of its own to those of the services."""
    today = now.astimezone().date()
    rows = [
        {
            "key": row["issue_key"],
            "name": row["summary"] or row["issue_key"],
            "link": frame.issue(row["issue_key"]) if frame and row["issue_key"] else None,
            "figures": [
                {"text": cell.text, "style": _CLASSES.get(cell.style, "")} for cell in figures(row, today)
            ],
        }
        for row in named_rows(document)
    ]
    attention = [
        {**each, "link": frame.issue(each["issue_key"]) if frame else words.address(each["url"])}
        for each in document["attention"]
    ]
    return {"document": document, "titles": TITLES, "rows": rows, "attention": attention}


def flow_page(frame: Frame, document: Document, drawn: Document) -> str:
    """The document of `flow`, and its pictures."""
    return rendered("flow.html", frame=frame, document=document, pictures=pictures(drawn))


def runs_page(frame: Frame, runs: list[Document], age: Document, *, is_live: bool) -> str:
    """The newest runs, and the age of the data; `is_live`: one is under way."""
    rows = history_rows(runs, frame.now, is_live=is_live)
    shown = [(run["status"], row) for run, row in zip(runs, rows, strict=True)]
    return rendered("runs.html", frame=frame, document=age, runs=shown, right=RIGHT)


def issue_page(frame: Frame, document: Document, forecast: Document | None, drawn: Document | None) -> str:
    """The document of `show`; `forecast` and pictures of what is below it."""
    issue = document["issue"]
    text = described(issue["description"] or "", lambda url: frame.outside(url) is not None)
    return rendered(
        "issue.html",
        frame=frame,
        document=document,
        state=state_line(issue, frame.now),
        facts={name: fact for name, fact in facts_of(document, frame.now) if name not in _SHOWN_APART},
        description=as_markup(text),
        forecast=_forecast(forecast, frame.now) if forecast else None,
        pictures=pictures(drawn) if drawn else [],
    )


def _forecast(document: Document, now: datetime) -> Document:
    days = [(chance, *days_told(document, chance, now)) for chance in document["dates"] or ()]
    return {"left": left_text(document), "head": DATES, "days": days, "reason": document["reason"]}


def error_page(frame: Frame, told: str) -> str:
    """What went wrong."""
    return rendered("error.html", frame=frame, told=told)

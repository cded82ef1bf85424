"""Answers as pages that need nothing beside themselves; Jinja's only home."""

from datetime import datetime
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from worksupport.render.summary import TITLES, figures, named_rows
from worksupport.render.words import address, data_age
from worksupport.text import visible

_CLASSES = {"red": "blocked", "green": "finished", "yellow": "stale"}


def summary_page(document: dict[str, Any], now: datetime) -> str:
    """The document of `summary` as one file for mail and archives: HTML, its style inside, without script."""
    today = now.astimezone().date()
    rows = [
        {
            "key": visible(row["issue_key"]),
            "name": visible(row["summary"] or row["issue_key"]),
            "figures": [
                {"text": cell.text, "style": _CLASSES.get(cell.style, "")} for cell in figures(row, today)
            ],
        }
        for row in named_rows(document)
    ]
    attention = [
        {
            **{name: each[name] for name in ("kind", "days")},
            **{name: visible(each[name] or "") for name in ("issue_key", "summary", "assignee")},
            "url": address(each["url"]),
        }
        for each in document["attention"]
    ]
    return _rendered(
        "summary.html",
        age=data_age(document, now),
        titles=TITLES,
        rows=rows,
        more=document["more"],
        finished=[visible(each["summary"] or each["issue_key"]) for each in document["finished"]],
        attention=attention,
        definitions=document["definitions"],
    )


def _rendered(template: str, **values: Any) -> str:
    environment = Environment(
        loader=PackageLoader("worksupport.render", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    # Our own file, and no element's content: in a style element nothing is decoded.
    style = resources.files("worksupport.render").joinpath("html/style.css").read_text("ascii")
    return environment.get_template(template).render(style=Markup(style), **values)

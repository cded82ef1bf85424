"""`worksupport summary`, and what `worksupport` alone shows once there is data."""

import sqlite3
from datetime import datetime
from typing import Any

from worksupport.commands.formats import chosen_format
from worksupport.commands.hints import key_meant
from worksupport.commands.review import show_review
from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.queries.summary import summary_document
from worksupport.render.summary import summary_markdown, summary_text


def summary(
    context: Context, *, key: str | None, filters: Filters, format: str | None, as_json: bool
) -> None:
    """Print what is below each root, and what needs a look."""
    form, meant = chosen_format("summary", format, as_json), key_meant(context, key)

    def make(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
        document = summary_document(connection, meant, filters, now)
        return _with_pictures(connection, document, meant, filters, now) if form == "html" else document

    show_review(
        context,
        form,
        make,
        summary_text,
        {"markdown": summary_markdown, "html": _report},
        filters,
        lambda document: int(document["all"]["total"]),
    )


def _with_pictures(
    connection: sqlite3.Connection, document: dict[str, Any], key: str | None, filters: Filters, now: datetime
) -> dict[str, Any]:
    from worksupport.queries.pictures import pictures_document  # only now: nothing else needs it

    return {
        **document,
        "pictures": pictures_document(connection, key, filters, now),
        "versions": [
            (
                root["summary"] or root["issue_key"],
                pictures_document(connection, root["issue_key"], filters, now),
            )
            for root in document["roots"]
            if root["issue_key"] != key
        ],
    }


def _report(document: dict[str, Any], now: datetime) -> str:
    from worksupport.render.pages import report  # only now: nothing else needs Jinja

    return report(document, now, document["pictures"], document["versions"])

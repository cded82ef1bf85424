"""`worksupport summary`, and what `worksupport` alone shows once there is data."""

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
    show_review(
        context,
        form,
        lambda found, now: summary_document(found, meant, filters, now),
        summary_text,
        {"markdown": summary_markdown, "html": _page},
        filters,
        lambda document: int(document["all"]["total"]),
    )


def _page(document: dict[str, Any], now: datetime) -> str:
    from worksupport.render.page import summary_page  # only now: nothing else needs Jinja

    return summary_page(document, now)

"""`worksupport flow`: how much was finished each week, and how many days it took."""

from worksupport.commands.formats import chosen_format
from worksupport.commands.hints import key_meant
from worksupport.commands.review import show_review
from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.queries.flow import flow_document
from worksupport.render.flow import flow_csv, flow_markdown, flow_text


def flow(
    context: Context,
    *,
    key: str | None,
    weeks: int,
    filters: Filters,
    format: str | None,
    as_json: bool,
) -> None:
    """Print the weeks and the percentiles."""
    form, meant = chosen_format("flow", format, as_json), key_meant(context, key)
    show_review(
        context,
        form,
        lambda found, now: flow_document(found, meant, weeks, filters, now),
        flow_text,
        {"csv": flow_csv, "markdown": flow_markdown},
        filters,
        lambda document: int(document["finished"]),
    )

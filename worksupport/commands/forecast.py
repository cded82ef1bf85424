"""`worksupport forecast`: when what is open below an issue will be finished."""

from worksupport.commands.formats import chosen_format
from worksupport.commands.hints import key_meant
from worksupport.commands.review import show_review
from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.queries.forecast import forecast_document
from worksupport.render.forecast import forecast_markdown, forecast_text


def forecast(context: Context, *, key: str, filters: Filters, format: str | None, as_json: bool) -> None:
    """Print the dates by which all is finished with a chance of 50, 70, 85 and 95 %."""
    form, meant = chosen_format("forecast", format, as_json), key_meant(context, key) or key
    show_review(
        context,
        form,
        lambda found, now: forecast_document(found, meant, filters, now),
        forecast_text,
        {"markdown": forecast_markdown},
        filters,
        lambda document: int(document["total"]),
    )

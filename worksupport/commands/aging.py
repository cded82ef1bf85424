"""`worksupport aging`: what has been in progress for long."""

from worksupport.commands.formats import chosen_format
from worksupport.commands.review import show_review
from worksupport.context import Context
from worksupport.errors import ExitCode
from worksupport.model.filters import Filters
from worksupport.queries.aging import aging_document
from worksupport.render.aging import aging_csv, aging_markdown, aging_text


def aging(
    context: Context,
    *,
    filters: Filters,
    past: bool,
    exit_zero: bool,
    format: str | None,
    as_json: bool,
) -> ExitCode:
    """Print what is started and open, oldest first; with `--past`, 8 if there is any."""
    document = show_review(
        context,
        chosen_format("aging", format, as_json),
        lambda found, now: aging_document(found, filters, now, only_past=past),
        aging_text,
        {"csv": aging_csv, "markdown": aging_markdown},
        filters,
        lambda answered: len(answered["items"]),
    )
    return ExitCode.FOUND if past and document["items"] and not exit_zero else ExitCode.OK

"""`worksupport lint`: what does not fit together."""

from worksupport.commands.formats import chosen_format
from worksupport.commands.review import show_review
from worksupport.context import Context
from worksupport.errors import ExitCode
from worksupport.model.filters import Filters
from worksupport.queries.lint import lint_document
from worksupport.render.lint import lint_csv, lint_lines, lint_markdown, lint_text


def lint(
    context: Context,
    *,
    filters: Filters,
    rule: tuple[str, ...],
    exit_zero: bool,
    format: str | None,
    as_json: bool,
    ndjson: bool,
) -> ExitCode:
    """Print the findings; 8 if there is any."""
    document = show_review(
        context,
        chosen_format("lint", format, as_json, ndjson),
        lambda found, now: lint_document(found, rule, filters, now),
        lint_text,
        {"csv": lint_csv, "markdown": lint_markdown, "ndjson": lint_lines},
        filters,
        lambda answered: int(answered["total_count"]),
    )
    return ExitCode.FOUND if document["findings"] and not exit_zero else ExitCode.OK

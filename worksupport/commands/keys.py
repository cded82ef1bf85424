"""`worksupport keys`: issue keys for people, xargs and jq."""

from worksupport import output
from worksupport.commands.formats import chosen_format
from worksupport.commands.hints import tell_reader
from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.queries.as_of import at, stamped
from worksupport.queries.keys import keys_lines, keys_plain, keys_text
from worksupport.queries.reader import answer, is_empty

_FORMS = {"json": keys_text, "ndjson": keys_lines, "lines": keys_plain, "": keys_plain}


def keys(
    context: Context,
    *,
    filters: Filters,
    as_of: str | None,
    format: str | None,
    as_json: bool,
    ndjson: bool,
) -> None:
    """Print the keys of the issues that pass the filters, in one of three forms."""
    form = _FORMS[chosen_format("keys", format, as_json, ndjson)]
    text = answer(context.database_path, at(as_of, lambda found: form(found, filters), filters))
    output.write(stamped(text, as_of) if form is keys_text else text)
    tell_reader(context, filters, is_empty=is_empty(text), as_of=as_of)

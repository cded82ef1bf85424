"""`worksupport keys`: issue keys for people, xargs and jq."""

from worksupport import output
from worksupport.commands.hints import tell_reader
from worksupport.context import Context
from worksupport.errors import refuse_two_forms
from worksupport.model.filters import Filters
from worksupport.queries.keys import keys_lines, keys_plain, keys_text
from worksupport.queries.reader import answer, is_empty


def keys(context: Context, *, filters: Filters, as_json: bool, ndjson: bool) -> None:
    """Print the keys of the issues that pass the filters, in one of three forms."""
    refuse_two_forms(as_json, ndjson)
    form = keys_text if as_json else keys_lines if ndjson else keys_plain
    text = answer(context.database_path, lambda found: form(found, filters))
    output.write(text)
    tell_reader(context, filters, is_empty=is_empty(text))

"""`--format`, and its short forms `--json` and `--ndjson`."""

from worksupport.commands.options import FORMATS
from worksupport.errors import UsageError


def chosen_format(command: str, named: str | None, as_json: bool, ndjson: bool = False) -> str:
    """The one form that was asked for; "" for none. Raises UsageError for another, and for two."""
    given = [*([named.casefold()] if named else []), *(["json"] * as_json), *(["ndjson"] * ndjson)]
    if len(set(given)) > 1:
        raise UsageError(f"an answer has one form, not {' and '.join(dict.fromkeys(given))}: leave one out")
    if given and given[0] not in FORMATS[command]:
        raise UsageError(f"--format is {named!r}; it must be one of {', '.join(FORMATS[command])}")
    return given[0] if given else ""

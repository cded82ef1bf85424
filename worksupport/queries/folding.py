"""Names as filters compare them: whole, and without regard to case."""

from worksupport.errors import UsageError


def folded(name: str) -> str:
    """`name` as the `folded` columns have it.

    Raises UsageError for bytes of a command line that are not UTF-8 text: SQLite could not be asked for them.
    """
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{name!r} is not UTF-8 text: nothing in the database is called that") from error
    return name.casefold()

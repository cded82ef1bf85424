"""Names that both halves agree on."""

from worksupport.errors import UsageError

# The services that issues come from, in the order in which everything names them, and as people know them.
SOURCES = ("jira", "github")
SOURCE_TITLES = {"jira": "Jira", "github": "GitHub"}


def checked_source(source: str | None) -> str | None:
    """The source in lower case; None for none. Raises UsageError for one that there is not."""
    if source is not None and source.casefold() not in SOURCES:
        raise UsageError(f"the source is {source!r}; it must be one of {', '.join(SOURCES)}")
    return source.casefold() if source else None

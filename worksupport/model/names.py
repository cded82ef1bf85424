"""Names that both halves agree on."""

from worksupport.errors import UsageError

# The services that issues come from, in the order in which everything names them, and as people know them.
SOURCES = ("jira", "github")
SOURCE_TITLES = {"jira": "Jira", "github": "GitHub"}

# How often the data is harvested, where nobody has said.
DEFAULT_FULL_EVERY_HOURS = 24.0  # between harvests that ask for everything
DEFAULT_INTERVAL_HOURS = 2.0


def checked_sources(sources: tuple[str, ...]) -> tuple[str, ...]:
    """These sources in lower case. Raises UsageError for one that there is not."""
    for source in sources:
        if source.casefold() not in SOURCES:
            raise UsageError(f"the source is {source!r}; it must be one of {', '.join(SOURCES)}")
    return tuple(source.casefold() for source in sources)


# What a tree begins with and how deep it goes, where nobody has said.
DEFAULT_ROOT_TYPE = "Product Version"
DEFAULT_DEPTH, MAX_DEPTH = 5, 100

# One word for how far an issue is (`model/state.py`).
STATES = ("todo", "doing", "blocked", "done", "dropped")
OPEN_STATES = STATES[:3]

# What the record of changes compares (`model/tracked.py`), in the order of its numbers; never renumbered.
TRACKED = (
    *("key", "title", "type", "parent", "status", "assignees", "labels", "priority", "resolution"),
    *("due_date", "fix_versions", "flagged", "state_reason"),
)
# What happens to a whole issue; `missing` and `gone` have their reason as the new value.
EVENTS = ("new", "missing", "back", "gone")
CHANGE_FIELDS = (*TRACKED, *EVENTS)

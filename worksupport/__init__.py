"""worksupport copies a team's Jira and GitHub issues into one SQLite file and answers from it."""

__version__ = "1.0.0"

"""What the words of reviews mean, once: answers carry these texts, and `help definitions` prints them."""

from collections.abc import Iterable

LEAST_TEAM = 5  # people; a number about fewer is nearly one about a person
LIMIT_DAYS = 180  # as far back the usual age of a type is looked for
FORECAST_WEEKS = 12
DEFAULT_WEEKS, MOST_WEEKS = 12, 104  # of `flow`
STALE_DAYS = 30
SILENT_DAYS = 14

DEFINITIONS = {
    "unit of work": "an issue whose type has no types below it, and is not dropped; one of GitHub only where"
    " it belongs to no issue of Jira",
    "started": "the first entry into a status in progress",
    "finished": "the last entry into a done status that still holds",
    "days": "calendar days in local time, the first and the last counted: begun and ended on one day is 1."
    " From start to finish: of a reopened issue from its first start to its last finish",
    "categories": "a status is in progress, or done, by the category that the service gave it when the change"
    " was recorded",
    "known start": "what was started before the record, or done without ever being in progress, has no days"
    " and is left out of them: so many percent of what was finished have them",
    "85 %": "by nearest rank: the smallest number of days that 85 of 100 did not exceed; of fewer than 10"
    " finished ones there is none",
    "record": "what is finished counts from where the record of changes begins: where the services told the"
    " past, with the oldest unit; else with the first run. Weeks before are not shown as empty",
    "done": "done and dropped issues, of all below it",
    "finished in 7 days": "units finished today or on the six days before",
    "doing, blocked, to do": "open issues below it by their state; each is in one of them",
    "unassigned": "open issues that nobody is assigned to",
    "stale": f"open and unchanged for {STALE_DAYS} days",
    "blocked for": "days since it came into its present status",
    "overdue": "open past its due date",
    "age": "days since it started, of what is open",
    "past": f"older than 85 % of those of its type that were finished in the last {LIMIT_DAYS} days",
    "forecast": f"the chance that all that is left is finished by a date, by the days of the last"
    f" {FORECAST_WEEKS} weeks of these units alone, today the last: any of them may come again. No date where"
    " on fewer than 5 of the days something was finished, none beyond five years. Days off to come are not"
    " known",
    "growth": "as many new units a day as were created on those days; the first day of all is no growth",
    "people": "none of these figures counts the finished work of a person, nor of a team of fewer than"
    f" {LEAST_TEAM}; owners stand beside open work",
}

# In the order in which findings are told. The issue of a finding is what its rule names first.
LINT_RULES = {
    "done-parent-open-child": "done or dropped, but issues of Jira directly below it are open",
    "open-parent-all-done": "open in Jira, but all that is below it there, and in GitHub, is done or dropped",
    "started-under-todo": "in progress below an issue on which work has not begun",
    "cycle": "it is below itself",
    "orphan": "open, of a type that stands below others, without a parent",
    "started-unassigned": "in progress, and nobody is assigned",
    "assignee-no-member": "open, and none of those assigned is in the team",
    "blocked-silent": f"blocked and unchanged for {SILENT_DAYS} days",
    "overdue": "open past its due date",
    "github-closed-jira-open": "all issues of GitHub that belong to an open issue of Jira are closed",
    "jira-done-github-open": "done or dropped in Jira, but issues of GitHub that belong to it are open",
}


def definitions(*names: str) -> dict[str, str]:
    """These definitions by name, for an answer."""
    return {name: DEFINITIONS[name] for name in names}


def rules(names: Iterable[str]) -> dict[str, str]:
    """What these rules of `lint` find, by name."""
    return {name: LINT_RULES[name] for name in names}

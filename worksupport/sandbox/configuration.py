"""The configuration file that fits a running sandbox."""

from worksupport.sandbox.world import World


def properties(world: World, jira_url: str, github_url: str) -> str:
    """A ready `team_members.properties` (UTF-8 text) for a sandbox that listens at these addresses."""
    lines: list[str] = []
    for number, person in enumerate(world.team, 1):
        lines.append(f"team.member.{number}.name = {person.name}")
        if person.has_jira:
            jira_id = person.email if person.by_email else person.account_id
            lines.append(f"team.member.{number}.jira_id = {jira_id}")
        if person.login:
            lines.append(f"team.member.{number}.github_id = {person.login}")
        lines.append(f"team.member.{number}.teams = {', '.join(person.teams)}")
    return "\n".join(
        [
            *lines,
            "",
            f"jira.base_url = {jira_url}",
            f"jira.email = {world.jira_email}",
            f"jira.api_token = {world.jira_token}",
            f"jira.issue_label = {world.jira_label}",
            "",
            f"github.base_url = {github_url}",
            f"github.api_token = {world.github_token}",
            f"github.issue_label = {world.github_label}",
            "",
            "# Beside this file, away from any real one.",
            "database.path = worksupport.db",
            "",
        ]
    )

"""The made-up people: a team of twelve, some colleagues, and how each service shows them."""

import uuid
from dataclasses import dataclass

from worksupport.sandbox.exchange import GITHUB, GITHUB_ROOT, JIRA, Raw

_COMPANY = "lumenclaims.example"


@dataclass(frozen=True)
class Person:
    """One account in both services; `email_shown` is what privacy settings leave of the e-mail in Jira."""

    name: str
    login: str | None
    email_shown: str = "absent"  # shown, absent, null or empty
    by_email: bool = False  # configured by e-mail instead of account id
    has_jira: bool = True
    active: bool = True
    teams: tuple[str, ...] = ("portal",)

    @property
    def email(self) -> str:
        """The e-mail address, made from the login or the name."""
        return f"{(self.login or self.name.replace(' ', '.')).casefold()}@{_COMPANY}"

    @property
    def account_id(self) -> str:
        """The Jira account id, in one of the forms that real sites have."""
        made = uuid.uuid5(uuid.NAMESPACE_DNS, self.email)
        return made.hex[:24] if made.int % 3 else f"712020:{made}"

    def jira_user(self) -> Raw:
        """The user object of Jira Cloud."""
        shown = {"shown": self.email, "null": None, "empty": ""}
        email = {"emailAddress": shown[self.email_shown]} if self.email_shown in shown else {}
        return {
            "self": f"{JIRA}/rest/api/3/user?accountId={self.account_id}",
            "accountId": self.account_id,
            **email,
            "displayName": self.name,
            "active": self.active,
            "timeZone": "Europe/Oslo",
            "accountType": "atlassian",
        }


TEAM = (
    Person("Ingrid Østby", "ingrid-ostby", email_shown="shown", by_email=True),
    Person("Tomáš Dvořák", "tdvorak"),
    Person("Amara Okonkwo", "amara-codes", email_shown="null"),
    Person("Łukasz Wiśniewski", "lwisniewski", email_shown="empty", by_email=True),
    Person("Mei-Ling Chen 陳美玲", "meiling-chen"),
    Person("Diego Fernández Núñez", "DiegoFN", email_shown="shown"),
    Person("Aoife Ní Bhriain", "aoifenb"),
    Person("Rajesh Venkataraman", "rvenkat", by_email=True, teams=("portal", "data")),
    Person("Yuki Tanaka", "yuki-t", teams=("data",)),
    Person("Zeynep Şahin", None, teams=("data",)),
    Person("Oluwaseun Adeyemi", "seun-a", has_jira=False, teams=("data",)),
    Person("Grace Müller", "grace-m", teams=("data",)),
)
COLLEAGUES = (
    Person("Pernille Holm", "pholm", email_shown="shown"),
    Person("Marcus Webb", "mwebb"),
    Person("Build Robot", "lumen-robot"),
    Person("Sanne de Vries", "sdevries", active=False),
)
# Whose credentials the sandbox wants; a service account, assigned to nothing.
SERVICE_ACCOUNT = Person("Work Support", "work-support", email_shown="shown")

# A deleted account, as Jira shows it: every other parameter has a fallback value.
FORMER_USER: Raw = {
    "self": f"{JIRA}/rest/api/3/user?accountId=unknown",
    "accountId": "unknown",
    "displayName": "Former user",
    "active": False,
    "accountType": "unknown",
}


def github_user(login: str) -> Raw:
    """The user object of GitHub; `ghost` is the account that deleted ones are shown as."""
    api = f"{GITHUB}{GITHUB_ROOT}/users/{login}"
    pages = ("followers", "subscriptions", "organizations", "repos", "received_events")
    return {
        "login": login,
        "id": uuid.uuid5(uuid.NAMESPACE_DNS, login).int % 90_000_000,
        "node_id": f"U_{login}",
        "avatar_url": f"{GITHUB}/avatars/{login}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{GITHUB}/{login}",
        **{f"{page}_url": f"{api}/{page}" for page in pages},
        "following_url": api + "/following{/other_user}",
        "gists_url": api + "/gists{/gist_id}",
        "starred_url": api + "/starred{/owner}{/repo}",
        "events_url": api + "/events{/privacy}",
        "type": "Bot" if login.endswith("robot") else "User",
        "site_admin": False,
    }

"""From an e-mail address to an account (README.md, "People")."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from worksupport.errors import QueryRefusedError
from worksupport.network.auth import Account
from worksupport.network.responses import is_list
from worksupport.sources.jira import jql
from worksupport.sources.jira.search import Ask, Deployment, search, search_body

# Without the right to browse users the list is mostly empty, but some sites refuse to answer.
_NOT_ALLOWED = (400, 401, 403, 404, 405)


def find_account(ask: Ask, deployment: Deployment, email: str) -> str | None:
    """The account (Data Center: user name) of the person with this address, or None.

    Where people are hidden from the user search, somebody's issue tells: an exact address finds a hidden
    person in JQL.
    """
    found = ask(
        "GET",
        f"{deployment.api}/user/search",
        params={deployment.user_parameter: email},
        accept=_NOT_ALLOWED,
        check=is_list,
    )
    return _matching(found.document or [], email) or _assignee(ask, deployment, email)


def _matching(users: Sequence[Any], email: str) -> str | None:
    """The user whose address it is; or the only one found, if the address is hidden."""
    known = [user for user in users if isinstance(user, dict)]
    exact = [user for user in known if email.casefold() in (_address(user), _user_name(user))]
    if not exact and len(known) == 1 and not _address(known[0]):
        exact = known
    return account_of(exact[0]) if exact else None


def _assignee(ask: Ask, deployment: Deployment, email: str) -> str | None:
    try:
        pages = search(ask, deployment, search_body(deployment, jql.assignee_query(email), ["assignee"]))
        issue = next((issue for page in pages for issue in page), None)
    except QueryRefusedError:  # how Data Center answers for a person that it does not know
        return None
    fields = issue.get("fields") if isinstance(issue, dict) else None
    assignee = fields.get("assignee") if isinstance(fields, dict) else None
    return account_of(assignee) if isinstance(assignee, dict) else None


def known_accounts(ask: Ask, deployment: Deployment, account_ids: Sequence[str], own: str) -> set[str] | None:
    """Those of these account ids that somebody on the site has; None where it does not tell.

    `own`: the id of the account that asks, which an endpoint must name to be believed (README.md, "People").
    """
    asked = [own, *account_ids]
    in_bulk = _named_in_bulk(ask, deployment, asked) if deployment.has_user_bulk else set()
    named = in_bulk or _named_alone(ask, deployment, asked)
    return named if own in named else None


def _named_in_bulk(ask: Ask, deployment: Deployment, account_ids: Sequence[str]) -> set[str]:
    path = f"{deployment.api}/user/bulk?maxResults={len(account_ids)}&"
    query = urlencode([("accountId", each) for each in account_ids])
    found = ask("GET", path + query, accept=_NOT_ALLOWED)
    users = found.document.get("values") if found.status == 200 else None
    return {account_of(user) or "" for user in users or () if isinstance(user, dict)}


def _named_alone(ask: Ask, deployment: Deployment, account_ids: Sequence[str]) -> set[str]:
    """One after the other, the asking account first: without that the site tells nothing."""
    named = set()
    for account_id in account_ids:
        who = {deployment.account_parameter: account_id}
        found = ask("GET", f"{deployment.api}/user", params=who, accept=_NOT_ALLOWED)
        known = account_of(found.document) if found.status == 200 else None
        if known and known.casefold() == account_id.casefold():  # user names have no case
            named.add(account_id)
        elif not named:
            break
    return named


def account(document: dict[str, Any]) -> Account:
    """Jira's answer to who we are (`GET myself`)."""
    time_zone = document.get("timeZone")
    return Account(
        account_of(document) or "",
        str(document.get("displayName") or ""),
        time_zone if isinstance(time_zone, str) else None,
    )


def account_of(user: dict[str, Any]) -> str | None:
    """A user's account id, on Data Center the name that JQL knows; None if it tells none."""
    for name in ("accountId", "name", "key"):
        value = user.get(name)
        if isinstance(value, str) and value and value != "unknown":
            return value
    return None


def _user_name(user: dict[str, Any]) -> str:
    """Data Center's; it can well be an e-mail address."""
    return str(user.get("name") or "").casefold()


def _address(user: dict[str, Any]) -> str:
    return str(user.get("emailAddress") or "").casefold()

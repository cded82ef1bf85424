"""Who Jira takes us for: to a token it does not accept it answers 200 as if anonymous, with no issues.

README.md, "Who we are", has the headers that tell.
"""

from worksupport.config.settings import JiraSettings
from worksupport.errors import CredentialsError
from worksupport.network.auth import Credentials, basic, bearer
from worksupport.network.responses import Response, refused_credentials

_CLOUD_REMEDY = (
    "make a new token at id.atlassian.com/manage-profile/security/api-tokens, set jira.api_token to it,"
    " then run: worksupport check (a token with scopes needs jira.base_url"
    " https://api.atlassian.com/ex/jira/<cloudId>; Jira Data Center takes a token without jira.email)"
)
_BEARER_REMEDY = (
    "make a new personal access token in your Jira profile, set jira.api_token to it, then run:"
    " worksupport check (Jira Cloud needs jira.email as well)"
)
_CAPTCHA_REMEDY = "log in to Jira with a browser once and solve the captcha, then run: worksupport check"


def credentials_for(settings: JiraSettings) -> Credentials:
    """Cloud's e-mail address with token, or without an address Data Center's token alone."""
    if settings.email:
        return basic(settings.email, settings.api_token, remedy=_CLOUD_REMEDY)
    return bearer(settings.api_token, account="the token", setting="jira.api_token", remedy=_BEARER_REMEDY)


class Identity:
    """What the answers so far have told about the account behind our credentials."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._account_seen = False
        self.is_proven = False

    @property
    def account(self) -> str:
        """Whose credentials they are, for messages."""
        return self._credentials.account

    def inspect(self, response: Response) -> None:
        """Look at any response. Raises CredentialsError if Jira says that it did not accept who we are."""
        reason = response.headers.get("X-Seraph-LoginReason", "").upper()
        if "AUTHENTICATION_DENIED" in reason:
            raise CredentialsError(
                f"Jira has locked {self._credentials.account} after too many failed log-ins", _CAPTCHA_REMEDY
            )
        if "AUTHENTICATED_FAILED" in reason or response.headers.get("X-AUSERNAME") == "anonymous":
            raise self.refused(response, "it answered as if anonymous")

    def confirm(self, response: Response) -> None:
        """Look at a good answer. Raises CredentialsError if the account's header is gone all at once."""
        if response.headers.get("X-AAccountId"):
            self._account_seen = self.is_proven = True
        elif self._account_seen:
            raise self.refused(response, "it suddenly answered as if anonymous")
        if isinstance(response.document, dict) and response.document.get("issues"):
            self.is_proven = True

    def refused(self, response: Response, said: str) -> CredentialsError:
        """The error for credentials that `response` shows to be refused."""
        return refused_credentials(
            "Jira", self._credentials, f"{response.address}: {self._credentials.hide(said)}"
        )

"""Credentials as requests wants them, unable to print themselves.

They are AuthBase objects and no default headers: requests replaces a default Authorization header by what
`~/.netrc` says about the host.
"""

from base64 import b64encode
from dataclasses import dataclass

from requests import PreparedRequest
from requests.auth import AuthBase

from worksupport.errors import ConfigurationError


@dataclass(frozen=True)
class Account:
    """Who a service takes us for."""

    id: str  # an account id, a user name or a login
    name: str
    time_zone: str | None


class Credentials(AuthBase):
    """One Authorization header for every request of one service.

    `account` and `remedy` are for messages: whose credentials they are, and what to do if they are refused.
    """

    def __init__(self, header: str, secrets: tuple[str, ...], account: str, remedy: str) -> None:
        self._header = header
        self._secrets = secrets
        self.account = account
        self.remedy = remedy

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Called by requests, once for each request."""
        request.headers["Authorization"] = self._header
        return request

    def hide(self, text: str) -> str:
        """`text` without our secrets: a service or a proxy may send back what it was sent."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def basic(user: str, token: str, *, remedy: str) -> Credentials:
    """Basic authentication with a token in place of the password."""
    encoded = b64encode(f"{user}:{token}".encode()).decode("ascii")
    return Credentials(f"Basic {encoded}", (encoded, token), user, remedy)


def bearer(token: str, *, account: str, setting: str, remedy: str) -> Credentials:
    """A token by itself; raises ConfigurationError naming `setting` if it cannot stand in a header."""
    if not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"{setting} holds characters that no token has: was it copied whole?")
    return Credentials(f"Bearer {token}", (token,), account, remedy)

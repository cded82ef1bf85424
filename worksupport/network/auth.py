"""Credentials as requests wants them, unable to print themselves.

They are AuthBase objects and no default headers: requests replaces a default Authorization header by what
`~/.netrc` says about the host.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import unquote

from requests import PreparedRequest
from requests.auth import AuthBase

from worksupport.errors import ConfigurationError

# Shorter parts of an address are words such as `services`, which say nothing.
_GUESSABLE = 9


@dataclass(frozen=True)
class Account:
    """Who a service takes us for."""

    id: str  # an account id, a user name or a login
    name: str
    time_zone: str | None


class Credentials(AuthBase):
    """One Authorization header for every request of one service.

    `account` and `remedy` are for messages: whose credentials they are, and what to do if they are refused.
    `is_address`: the address is secret, so that no error of a library's, which names it, may be kept.
    """

    is_address = False

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


class SecretAddress(Credentials):
    """An address that is its own credential, as those of webhooks are.

    What is asked for is its host alone, so that nothing that tells of a request can tell the rest: that is
    put in here, at the last moment.
    """

    is_address = True

    def __init__(self, url: str, setting: str, remedy: str) -> None:
        self._url = url
        parts = {each for text in (url, unquote(url)) for each in (text, *re.split("[/?&=#]", text)[3:])}
        longest_first = sorted((part for part in parts if len(part) >= _GUESSABLE), key=len, reverse=True)
        super().__init__("", tuple(longest_first), setting, remedy)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Called by requests, once for each request."""
        request.prepare_url(self._url, None)
        return request


def basic(user: str, token: str, *, remedy: str) -> Credentials:
    """Basic authentication with a token in place of the password."""
    encoded = b64encode(f"{user}:{token}".encode()).decode("ascii")
    return Credentials(f"Basic {encoded}", (encoded, token), user, remedy)


def bearer(token: str, *, account: str, setting: str, remedy: str) -> Credentials:
    """A token by itself; raises ConfigurationError naming `setting` if it cannot stand in a header."""
    if not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"{setting} holds characters that no token has: was it copied whole?")
    return Credentials(f"Bearer {token}", (token,), account, remedy)

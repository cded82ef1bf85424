"""Webhooks are a bell, not a messenger: who signs a body may ring; of the body only the issue's id is used.

The signature is an HMAC over the body's bytes as they come (sources/jira/README.md, "Webhooks", and
sources/github/README.md, "Webhooks").
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message

from worksupport.config.settings import ServeSettings
from worksupport.server.exchange import Delivery

WEBHOOKS = "/api/webhooks/"
# GitHub sends no more; of Jira no bound is documented.
MOST_BYTES = 25 * 1024 * 1024
# What is longer is taken, but not read.
_MOST_READ = 1024 * 1024
# GitHub gives up after so long.
SECONDS = 10.0


@dataclass(frozen=True)
class Hook:
    """How one service signs: the header, and the one that says what a delivery is about.

    `has_id`: whether the issue's id in the body is one that can be asked for.
    """

    signature: str
    event: str = ""
    has_id: bool = False


HOOKS: Mapping[str, Hook] = {
    "jira": Hook("X-Hub-Signature", has_id=True),
    "github": Hook("X-Hub-Signature-256", "X-GitHub-Event"),
}


class SignedBody(Delivery):
    """The body of one delivery: its HMAC, and the issue's id where that can be had at no great cost."""

    def __init__(self, secret: str, hook: Hook, headers: Message) -> None:
        self._given = headers.get_all(hook.signature, [])
        self._mac = hmac.new(secret.encode("utf-8"), digestmod="sha256")
        self._body: bytes | None = b"" if hook.has_id else None
        self.is_ping = bool(hook.event) and headers.get(hook.event) == "ping"

    def update(self, some: bytes) -> None:
        """Take the next bytes of the body."""
        self._mac.update(some)
        if self._body is not None:
            self._body = self._body + some if len(self._body) + len(some) <= _MOST_READ else None

    @property
    def is_signed(self) -> bool:
        """Whether there is one signature, and it is right."""
        # http.server reads headers as Latin-1, whatever bytes they were.
        given = [each.strip().encode("latin-1", "replace") for each in self._given]
        return len(given) == 1 and hmac.compare_digest(given[0], f"sha256={self._mac.hexdigest()}".encode())

    @property
    def issue_id(self) -> str:
        """The id of the issue that it is about, in digits; "" if it does not tell one, or is long."""
        try:
            issue = json.loads(self._body or b"").get("issue")
        except (ValueError, AttributeError, RecursionError):
            return ""
        told = str(issue.get("id")) if isinstance(issue, dict) else ""
        return told if told.isascii() and told.isdecimal() and len(told) < 19 else ""


def delivery(settings: ServeSettings, path: str, headers: Message) -> SignedBody | None:
    """What checks the body of a request; None where no webhook is expected."""
    name = path.removeprefix(WEBHOOKS)
    secret = settings.webhook_secrets.get(name) if path.startswith(WEBHOOKS) else None
    return SignedBody(secret, HOOKS[name], headers) if secret and name in HOOKS else None

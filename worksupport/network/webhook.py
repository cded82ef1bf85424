"""Messages to a webhook: an address that takes what is posted to it, and is a secret itself."""

from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from worksupport.clock import Clock
from worksupport.errors import (
    ConfigurationError,
    CredentialsError,
    UnreachableError,
    WorksupportError,
)
from worksupport.network.auth import SecretAddress
from worksupport.network.responses import Check, MisdirectedError, Response, TransientError, error_text
from worksupport.network.service import Service
from worksupport.network.transport import Call

# What a service says of a webhook that is not there (any more), and what else is no fault of the message.
_UNKNOWN, _NOT_ALLOWED = frozenset({404, 410}), frozenset({401, 403})
_PASSING = frozenset({407, 408, 425, 429})
_LATER = "nothing is lost: the next worksupport notify tells it"


class Webhook(Service):
    """One webhook, of which only the host is ever shown. Close it at the end.

    `setting`: the key that has the address. `is_taken`: whether a response of 2xx is the service's word
    that it has the message. `remedy`: what to do if the address is no longer good.
    """

    def __init__(
        self,
        name: str,
        setting: str,
        url: str,
        *,
        is_taken: Callable[[Response], bool],
        remedy: str,
        clock: Clock,
        timeout_seconds: float,
        max_wait_seconds: float,
    ) -> None:
        parts = urlsplit(url)
        self._address = SecretAddress(url, setting, remedy)
        super().__init__(
            name,
            f"{parts.scheme}://{parts.netloc}",
            self._address,
            address_form="",
            clock=clock,
            timeout_seconds=timeout_seconds,
            max_wait_seconds=max_wait_seconds,
        )
        self._address_hint = f"is {setting} right? {remedy}"
        self._is_taken = is_taken

    def post(self, message: Any) -> None:
        """Hand over one message (JSON); it may arrive twice where an answer was lost.

        Raises CredentialsError (401, 403), ConfigurationError (404, 410, a redirect, a page in place of an
        answer), UnreachableError when the retry budget is spent, WorksupportError for a message refused.
        """
        self.request("POST", "", json=message)

    def _settled(self, response: Response, accept: Collection[int], check: Check) -> Response:
        if 200 <= response.status < 300:  # posting it again would only tell it twice
            if not self._is_taken(response):
                said = self._said(response)
                raise MisdirectedError(f"it answered {said}, which is not how {self.name} takes a message")
            return response
        if 400 <= response.status < 500 and response.status not in _PASSING:
            raise self._refusal(response)
        return super()._settled(response, accept, check)

    def _refusal(self, response: Response) -> WorksupportError:
        setting, said = self._address.account, self._said(response)
        if response.status in _NOT_ALLOWED | _UNKNOWN:
            kind = CredentialsError if response.status in _NOT_ALLOWED else ConfigurationError
            return kind(f"{self.name} takes nothing at {setting}: it answered {said}", self._address.remedy)
        return WorksupportError(
            f"{self.name} refused the message: it answered {said}", "worksupport notify --dry-run prints it"
        )

    def _said(self, response: Response) -> str:
        return self._address.hide(error_text(response))

    def _unreachable(self, call: Call, error: TransientError, tries: int) -> UnreachableError:
        return UnreachableError(super()._unreachable(call, error, tries).message, _LATER)

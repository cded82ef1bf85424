"""One request and its answer, as the routes see them, and the refusals between."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Protocol
from urllib.parse import unquote, urlsplit

from worksupport.output import json_text


class Delivery(Protocol):
    """The body of a webhook, taken as it comes."""

    is_ping: bool

    def update(self, some: bytes) -> None:
        """Take the next bytes."""

    @property
    def is_signed(self) -> bool:
        """Whether it comes from who knows the secret."""

    @property
    def issue_id(self) -> str:
        """The vendor's id of the issue that it is about, in digits; or ""."""


@dataclass(frozen=True)
class Request:
    """One HTTP request whose head was read; `method` is GET for HEAD as well."""

    method: str
    target: str  # as sent: a path with a query, or a whole URL
    version: str  # HTTP/1.0 or HTTP/1.1
    headers: Message = field(repr=False)
    address: str  # the client's, without its port
    delivery: Delivery | None = field(default=None, repr=False)  # its body, where it is a webhook

    @property
    def path(self) -> str:
        """The decoded path. Raises RefusedError if it is not UTF-8 or no URL at all."""
        try:
            return unquote(urlsplit(self.target).path, errors="strict")
        except ValueError as error:
            raise RefusedError(400, "the address cannot be read") from error

    @property
    def query(self) -> str:
        """What stands behind the question mark, still encoded."""
        return urlsplit(self.target).query


@dataclass(frozen=True)
class Answer:
    """Status, body and headers to send; Content-Length, Date and Connection are added later."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A request that is not answered as asked: `{"detail": ...}` with the status that says why."""

    def __init__(
        self,
        status: int,
        detail: str,
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.fields = fields or {}

    @property
    def answer(self) -> Answer:
        """What to send."""
        body = json_text({"detail": self.detail, **self.fields}).encode()
        return Answer(self.status, body, {**JSON, "Cache-Control": "no-store", **self.headers})


HEALTH = "/health"
_AS_SAID = {"X-Content-Type-Options": "nosniff"}
JSON = {"Content-Type": "application/json", **_AS_SAID}
CSV = {"Content-Type": "text/csv; charset=utf-8", **_AS_SAID}

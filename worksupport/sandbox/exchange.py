"""One request and its answer, as both services see them."""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Raw = dict[str, Any]  # one object of a service's JSON
# How much of an answer arrives: nothing, half its body, or all of it (at once, or a byte every half second).
Delivery = Literal["whole", "none", "half", "drip"]

# The addresses in the data stand for the running server's own, put in when an answer is written:
# the world is made before its port is known.
JIRA = "http://jira.sandbox.invalid"
GITHUB = "http://github.sandbox.invalid"
GITHUB_ROOT = "/api/v3"  # as on an Enterprise Server; Jira has the rest of the paths


@dataclass(frozen=True)
class Request:
    """One HTTP request, its query split into values and its header names in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = b""

    @cached_property
    def document(self) -> Any:
        """The JSON of the body; None if there is none to be read."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """What was asked for: the JQL, the `q` of GitHub, or nothing."""
        posted = self.document.get("jql") if isinstance(self.document, dict) else None
        return str(posted or self.first("jql") or self.first("q"))

    def first(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def basic(self) -> tuple[str, str] | None:
        """User and secret of Basic authentication; None for any other header or none."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "basic":
            return None
        user, colon, secret = b64decode(encoded + "==").decode("utf-8", "replace").partition(":")
        return (user, secret) if colon else None

    def bearer(self) -> str | None:
        """The token of a `Bearer` or `token` header; None for any other header or none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.casefold() in ("bearer", "token") else None


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; the last two fields are for faults."""

    document: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw_body: bytes | None = None  # sent instead of the document
    delivery: Delivery = "whole"

    def body(self) -> bytes:
        """The bytes to send; lone surrogates go out as JSON escapes."""
        if self.raw_body is not None:
            return self.raw_body
        text = json.dumps(self.document, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")

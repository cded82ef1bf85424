"""A digest as an Adaptive Card, as a workflow of Teams takes it.

- The form: https://learn.microsoft.com/connectors/teams (a bare `text` fails inside of the flow, unseen:
  https://github.com/MicrosoftDocs/msteams-docs/issues/11302).
- A message has at most 28 KB (28,672 bytes), which the flow finds out after it has answered 202. It counts
  more than it was sent, 28,897 for 24,453 (https://github.com/MicrosoftDocs/msteams-docs/issues/11274): here
  the JSON is counted as a text in JSON.
- A TextBlock is Markdown of emphasis, lists and links; entities are text:
  https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features
"""

import json
import re
from typing import Any

from worksupport.network.responses import Response, is_page
from worksupport.notices.digest import Digest, Line, fitting

MOST_BYTES = 28 * 1024
REMEDY = (
    "make a workflow in Teams that posts to a channel when a webhook request is received, and set"
    " notify.teams_url to its address"
)
_SPARE_BYTES = 1024  # for what the flow adds
# What the connectors that came before workflows answer, with 200, to what did not arrive.
_NOT_DELIVERED = b"Webhook message delivery failed"
_LINKED = re.compile(r"https?://[^\s<>()\[\]\\*`\"]+")
_PLAIN_KEY = re.compile(r"[\w./#-]+", re.ASCII)
_MARKUP = re.compile(r"([\\`*_~\[\]])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def is_taken(response: Response) -> bool:
    """Whether the answer is the workflow's; what becomes of the message in it is not known."""
    return not is_page(response) and not response.body.startswith(_NOT_DELIVERED)


def message(digest: Digest) -> dict[str, Any]:
    """The message with its card, whole lines only."""
    head = _block(escaped(digest.head), weight="Bolder", size="Medium")
    tail = [_block(escaped(line), isSubtle=True) for line in digest.tail]
    more = _block("1,000,000 more", isSubtle=True)
    room = MOST_BYTES - _SPARE_BYTES - size(_message([head, more, *tail]))
    shown = (_shown(line) for line in digest.lines)
    sizes = (size(_shown(line)) + len(", ") for line in digest.lines)
    kept, left = fitting(digest.lines, shown, sizes, room)
    more["text"] = f"{left} more"
    return _message([head, *kept, *([more] if left else []), *tail])


def escaped(text: str) -> str:
    """Text as text: no emphasis, no link, no `<at>`."""
    return _MARKUP.sub(r"\\\1", text).translate(_ENTITIES)


def size(document: Any) -> int:
    """Bytes of the document as a text in JSON, all in ASCII."""
    return len(json.dumps(json.dumps(document)))


def _shown(line: Line) -> dict[str, Any]:
    key, title = escaped(line.key), escaped(line.title)
    if line.url and _LINKED.fullmatch(line.url) and _PLAIN_KEY.fullmatch(line.key):
        key = f"[{line.key}]({line.url})"  # a backslash there would break the link
    if not line.count:
        return _block(f"{key} {title}".rstrip(), weight="Bolder")
    return _block(f"\u2022 {key} {title}: {escaped(line.news)}", spacing="None")


def _block(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **more}


def _message(body: list[dict[str, Any]]) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}

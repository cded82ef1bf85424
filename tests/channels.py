"""Slack and Teams as far as a webhook shows them: with their limits, and with what they make of a message."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt

_TOKEN = re.compile("<([^<>]*)>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
# What the documents of Slack say: sections, blocks, text; the sum of all blocks is measured, not documented.
_SECTION, _BLOCKS, _ALL_BLOCKS, _TEXT = 3000, 50, 9597, 40_000
_CARD = "application/vnd.microsoft.card.adaptive"


@dataclass
class Seen:
    """What people see of one message: its text, and where its links lead, by their texts."""

    text: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)


def read_by_slack(message: Any) -> Seen:
    """What becomes of a message; raises ValueError with Slack's own word for one that it does not take."""
    blocks = message.get("blocks", [])
    texts = [block["text"] for block in blocks]
    lengths = [len(text["text"].encode("utf-16-le")) // 2 for text in texts]
    if len(blocks) > _BLOCKS or any(block["type"] != "section" for block in blocks):
        raise ValueError("invalid_blocks")
    if not all(0 < length <= _SECTION for length in lengths) or len(message["text"]) > _TEXT:
        raise ValueError("invalid_blocks")
    if sum(lengths) > _ALL_BLOCKS:
        raise ValueError("msg_blocks_too_long")
    seen = Seen()
    for text in texts:
        assert text["type"] == "mrkdwn"
        assert text["verbatim"] is True, "@channel would be read as a mention"
        _read_mrkdwn(text["text"], seen)
    _read_mrkdwn(message["text"], Seen())
    return seen


def _read_mrkdwn(text: str, seen: Seen) -> None:
    assert "```" not in text
    for at, part in enumerate(_TOKEN.split(text)):
        if at % 2:
            address, _, shown = part.partition("|")
            assert re.match("https?://", address), f"<{part}> would be a mention"
            seen.links.append((_plain(shown), _plain(address)))
            part = shown
        seen.text += _plain(part)
    seen.text += "\n"


def _plain(text: str) -> str:
    assert not re.search("[<>]", text)
    assert not re.search("&(?!(lt|gt|amp);)", text)
    return re.sub("&(lt|gt|amp);", lambda found: _ENTITIES[found[0]], text)


def read_by_teams(body: bytes) -> Seen:
    """What becomes of a message; raises ValueError for one that the flow would fail at."""
    message = json.loads(body)
    if max(len(body), len(json.dumps(json.dumps(message)))) > 28 * 1024:
        raise ValueError("MessageSizeExceeded")
    (attachment,) = message["attachments"]
    assert (message["type"], attachment["contentType"]) == ("message", _CARD)
    card, seen = attachment["content"], Seen()
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert "entities" not in card["msteams"], "only what is named there is a mention"
    for block in card["body"]:
        assert block["type"] == "TextBlock"
        assert "<" not in block["text"]
        _read_markdown(block["text"], seen)
    return seen


def _read_markdown(text: str, seen: Seen) -> None:
    opening, inline, closing = MarkdownIt("commonmark").enable("strikethrough").parse(text)
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    in_link = ""
    for token in inline.children or []:
        assert token.type in ("text", "text_special", "link_open", "link_close"), token.type
        if token.type == "link_open":
            in_link = unquote(str(token.attrs["href"]))
            seen.links.append(("", in_link))
        elif token.type == "link_close":
            in_link = ""
        elif in_link:
            seen.links[-1] = (seen.links[-1][0] + token.content, in_link)
        seen.text += token.content
    seen.text += "\n"


class Channel:
    """A webhook's address, and what people see in its channel; `answers` come before it takes anything."""

    secret = "S3cret-of-the-webhook"

    def __init__(self, serve: Callable[..., str], *, is_slack: bool) -> None:
        self.seen: list[Seen] = []
        self.asked = 0
        # Status, body and headers.
        self.answers: list[tuple[int, str, dict[str, str]]] = []
        self.is_down = False
        self.answers_lost = 0  # so many are taken, and the connection breaks off
        self.is_asked, self.may_answer = Event(), Event()
        self.may_answer.set()
        self._is_slack = is_slack
        path = f"/services/T0/B0/{self.secret}" if is_slack else f"/flow?sig={self.secret}"
        self.url = serve(self._answer) + path

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        assert request.command == "POST"
        assert request.path.endswith(self.secret)
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["Authorization"] is None
        self.asked += 1
        self.is_asked.set()
        self.may_answer.wait(30)
        if self.is_down:
            answer: tuple[int, str, dict[str, str]] = (503, "", {})
        elif self.answers:
            answer = self.answers.pop(0)
        else:
            answer = (*self._taken(body), {})
        if self.answers_lost:
            self.answers_lost -= 1
            request.close_connection = True
            return
        status, text, headers = answer
        request.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(text.encode())

    def _taken(self, body: bytes) -> tuple[int, str]:
        try:
            self.seen.append(read_by_slack(json.loads(body)) if self._is_slack else read_by_teams(body))
        except (ValueError, AssertionError, KeyError) as error:
            return 400, str(error)
        return (200, "ok") if self._is_slack else (202, "")

"""A digest as a message of Slack's: sections of mrkdwn.

- A section's text has at most 3,000 characters, a message at most 50 blocks:
  https://docs.slack.dev/reference/block-kit/blocks/section-block
- All blocks together are refused as `msg_blocks_too_long` from 11,000 to 13,000 characters on, which is
  nowhere documented: 9,597 were taken, 11,341 refused (https://github.com/slackapi/bolt-js/issues/2867).
- `&`, `<` and `>` are escaped, nothing else can be: https://docs.slack.dev/messaging/formatting-message-text
- Only with `verbatim` is `@channel` in plain text no mention, and an address no link:
  https://docs.slack.dev/reference/block-kit/composition-objects/text-object
"""

import re
from collections.abc import Iterator
from typing import Any

from worksupport.network.responses import Response
from worksupport.notices.digest import Digest, Line, fitting

LONGEST_SECTION, MOST_CHARACTERS = 3000, 9000
REMEDY = "make an incoming webhook (https://api.slack.com/apps) and set notify.slack_url to its address"
_LINKED = re.compile(r"https?://[^\s<>|`\"]+")
# Three ` would take all lines between them and the next three together as code.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"})


def is_taken(response: Response) -> bool:
    """Whether the answer is Slack's own."""
    return response.status == 200 and response.body.strip() == b"ok"


def message(digest: Digest) -> dict[str, Any]:
    """The message, whole lines only; `text` is what notifications show."""
    head, tail = escaped(digest.head), [escaped(line) for line in digest.tail]
    room = MOST_CHARACTERS - length("\n".join([head, *tail])) - len("\n1,000,000 more")
    shown = list(map(_shown, digest.lines))
    kept, left = fitting(digest.lines, iter(shown), (length(line) + 1 for line in shown), room)
    more = [f"{left} more"] if left else []
    texts = [f"*{head}*", *_sections(kept), "\n".join([*more, *tail])]
    return {"text": head, "blocks": [_section(text) for text in texts if text]}


def escaped(text: str) -> str:
    """Text as text: no mention, no link."""
    return text.translate(_ESCAPES)


def length(text: str) -> int:
    """Characters as JavaScript counts them, which are never fewer."""
    return len(text.encode("utf-16-le")) // 2


def _shown(line: Line) -> str:
    key = escaped(line.key)
    if line.url and _LINKED.fullmatch(line.url) and "|" not in key:
        key = f"<{escaped(line.url)}|{key}>"
    title = escaped(line.title)
    return f"\u2022 {key} {title}: {escaped(line.news)}" if line.count else f"\n*{key}* {title}".rstrip()


def _sections(lines: list[str]) -> Iterator[str]:
    """The lines in as few texts as they fit into."""
    text = ""
    for line in lines:
        if text and length(text) + 1 + length(line) > LONGEST_SECTION:
            yield text.strip("\n")
            text = ""
        text = f"{text}\n{line}" if text else line
    yield text.strip("\n")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}

"""The head of a request: refused where a proxy before us could understand it in another way than we do."""

import re
from email.message import Message

from worksupport.server.exchange import RefusedError

MAX_BODY = 64 * 1024


def check_head(version: str, headers: Message) -> None:
    """Raise RefusedError 400 or 413 where it is not certain how the request ends."""
    values = [value for _, value in headers.items()]
    if headers.defects or any("\n" in value or "\r" in value for value in values):
        raise RefusedError(400, "the headers are malformed")
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise RefusedError(400, "this is not an HTTP/1.1 request")
    if "Transfer-Encoding" in headers:
        raise RefusedError(400, "Transfer-Encoding is not taken here; send a Content-Length")
    lengths = headers.get_all("Content-Length", [])
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", length) for length in lengths):
        raise RefusedError(400, "Content-Length must be one whole number")
    if lengths and int(lengths[0]) > MAX_BODY:
        raise RefusedError(413, f"the body is longer than {MAX_BODY} bytes; no address here takes one")


def wants_close(headers: Message) -> bool:
    """Whether the client asks for the end of the connection after this answer."""
    return "close" in [token.strip() for token in headers.get("Connection", "").casefold().split(",")]

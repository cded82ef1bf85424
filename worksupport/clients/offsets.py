"""Data Center's paging by offset, kept complete although offsets shift while issues change.

Each page begins with the last issue of the one before. If it does not, issues in front of it have left the
query meanwhile and others have moved up, past our eyes: then we step back. Vendor facts: vendor-apis
section 4, "Data Center search".
"""

from collections.abc import Callable, Iterator
from typing import Any

from worksupport.clients.answers import Document, is_object
from worksupport.clients.paging import BrokenPagingError, News, Page, sent_id


def offset_pages(ask: Callable[[int], Document]) -> Iterator[Page]:
    """The pages of one walk; `ask(start)` gets the one from that offset on.

    A page is as long as the server lets it be, whatever was asked for. Raises BrokenPagingError.
    """
    seen: set[object] = set()
    news = News()
    start = overlap = length = 0
    while True:
        document = ask(start)
        page, total = document["issues"], document["total"]
        ids = [sent_id(record) for record in page]
        if overlap and seen.isdisjoint(ids):
            start = _further_back(start, length)
            continue
        yield page
        news.look_at(page)
        seen.update(ids)
        if start + len(page) >= total:
            return
        if not page:
            raise BrokenPagingError(f"an empty page at offset {start} of {total}")
        length = len(page)
        overlap = min(1, length - 1)  # a server that clamps pages to one issue leaves no room for it
        start += length - overlap


def has_issues_and_total(document: Any) -> str:
    """A check of a Data Center search answer: '' or what is wrong."""
    if complaint := is_object(document):
        return complaint
    if not isinstance(document.get("issues"), list) or not isinstance(document.get("total"), int):
        return "a search answer without issues and total"
    return ""


def _further_back(start: int, page_length: int) -> int:
    if start == 0:
        raise BrokenPagingError("the issues of a query changed all at once")
    return max(0, start - page_length)

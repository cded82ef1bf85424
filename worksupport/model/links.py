"""Which Jira issues a text names, and by which place of it: pure."""

import re
from collections.abc import Iterable

from worksupport.text import storable

# The strongest first: an address is meant, a key in a long text may be an example.
PLACES = ("address", "title", "body")
_KEY = re.compile(r"(?<![\w-])[A-Z][A-Z0-9_]{1,30}-[1-9][0-9]{0,9}(?![\w-])")
_MOST = 20


def named_keys(site_url: str | None, title: str | None, body: str | None) -> dict[str, list[str]]:
    """The keys that a text names, by place; each once, at most twenty a place.

    Places are whole browse addresses of the Jira site at `site_url` (None: there is none), title and body.
    """
    found: dict[str, list[str]] = {}
    if site_url:
        address = re.compile(rf"{re.escape(site_url.rstrip('/'))}/browse/({_KEY.pattern})", re.IGNORECASE)
        texts = address.findall(f"{title or ''}\n{body or ''}")
        found["address"] = _each_once(key.upper() for key in texts)
    found["title"] = _each_once(_KEY.findall(title or ""))
    found["body"] = _each_once(_KEY.findall(body or ""))
    return {place: keys for place, keys in found.items() if keys}


def _each_once(keys: Iterable[str]) -> list[str]:
    return [storable(key) for key in dict.fromkeys(keys)][:_MOST]

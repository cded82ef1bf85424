"""Answers as pages: Jinja's only home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from worksupport.model.times import duration_text, local_text, short_age
from worksupport.render import words
from worksupport.render.changes import when
from worksupport.render.csv_text import raw_text
from worksupport.text import visible


@dataclass(frozen=True)
class Field:
    """One field of a page's form: free text, with `known` ones to pick from, or one of `choices`."""

    name: str
    label: str
    value: str = ""
    choices: Sequence[str] = ()
    known: Sequence[str] = ()


@dataclass(frozen=True)
class Frame:
    """What stands around every page, and where its links may lead.

    `place`: the page's own address below that of `serve`, "" for the first. `tabs`: by address the title and
    the parameters that this page takes. `asked`: the parameters as given. `exports`: the same answer in
    other forms. `origins`: the services that are configured, such as `https://jira.example`.
    """

    now: datetime
    place: str
    title: str
    tabs: Mapping[str, tuple[str, frozenset[str]]]
    asked: Sequence[tuple[str, str]] = ()
    fields: Sequence[Field] = ()
    exports: Mapping[str, str] = field(default_factory=dict)
    origins: frozenset[str] = frozenset()
    remarks: Sequence[tuple[str, str]] = ()  # what is the matter, and what to do
    up: str = ""  # from the page's own address to that of `serve`, such as "../"

    def link(self, place: str, **changes: object) -> str:
        """The address of a page, with what was asked as far as that page takes it, and with `changes`.

        Relative, so that a proxy may serve the pages below a path of its own.
        """
        takes = self.tabs[place][1] - changes.keys() - {"page"}
        kept = [(name, value) for name, value in self.asked if name in takes]
        query = urlencode([*kept, *((name, value) for name, value in changes.items() if value is not None)])
        return f"{self.up}{place or './'}{'?' if query else ''}{query}"

    def issue(self, key: str) -> str:
        """The address of an issue's own page."""
        return f"issue?key={quote(key, safe='')}"

    def outside(self, url: str | None) -> str | None:
        """`url` where it leads to a configured service; None for everything else."""
        return url if words.address(url) and origin(str(url)) in self.origins else None

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What was asked beside the fields of the form, which its answer is to keep."""
        names = {each.name for each in self.fields}
        return [(name, value) for name, value in self.asked if name not in {*names, "page"}]


def origin(url: str) -> str:
    """Scheme and host of an address; "" for what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".casefold() if parts.netloc else ""


def rendered(template: str, **values: Any) -> str:
    """A template with these values: every text in it is only text, and on one line."""
    return _environment().get_template(template).render(**values)


def as_markup(html: str) -> Markup:
    """HTML of our own making, for a template."""
    return Markup(html)


def style() -> str:
    """The one style sheet."""
    return _file("style.css")


def icon() -> str:
    """What browsers show on the tab: SVG."""
    return _file("icon.svg")


def _file(name: str) -> str:
    return resources.files("worksupport.render").joinpath("html", name).read_text("ascii")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("worksupport.render", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters |= {
        "age": words.data_age,
        "changed": words.changed_shown,
        "is_stale": words.is_stale,
        "is_over": words.is_over,
        "kind": words.type_shown,
        "status": words.status_shown,
        "local": local_text,
        "ago": short_age,
        "took": duration_text,
        "when": when,
        "raw": raw_text,
    }
    return environment


def _shown(value: object) -> object:
    """What a template prints: nothing for null; no control or bidi character of a stranger's text."""
    if value is None:
        return ""
    return visible(value) if type(value) is str else value

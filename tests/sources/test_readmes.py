"""The vendors' facts beside the code: what docstrings cite is there, and what is there is cited."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import worksupport

_PACKAGE = Path(worksupport.__file__).parent
_TESTS = Path(__file__).parents[1]
_SERVICES = ("jira", "github")
# `sources/jira/README.md, "Search" and "JQL"`; without a folder it is the file beside the code.
_CITATION = re.compile(r'(?:sources/(\w+)/)?README\.md,((?: (?:and )?"[^"]+",?)+)')


def readme(service: str) -> str:
    return (_PACKAGE / "sources" / service / "README.md").read_text("utf-8")


def citations() -> Iterator[tuple[str, str]]:
    """Service and section of each citation in the package and its tests."""
    for path in (*_PACKAGE.rglob("*.py"), *_TESTS.rglob("*.py")):
        text = re.sub(r"\s+(?:# )?", " ", path.read_text("utf-8"))
        for folder, sections in _CITATION.findall(text):
            service = folder or path.parent.name
            yield from ((service, section) for section in re.findall('"([^"]+)"', sections))


@pytest.mark.parametrize("service", _SERVICES)
def test_each_section_is_cited_and_each_cited_section_is_there(service: str) -> None:
    sections = set(re.findall("^## (.+)$", readme(service), re.MULTILINE))
    assert sections == {section for cited, section in citations() if cited == service}


@pytest.mark.parametrize("service", _SERVICES)
def test_each_address_is_named_once_and_used(service: str) -> None:
    """A fact that is documented says where."""
    text = readme(service)
    addresses = re.findall(r"^\[([\w-]+)\]: https://", text, re.MULTILINE)
    assert sorted(addresses) == sorted(set(re.findall(r"\]\[([\w-]+)\]", text)))
    assert "documented" not in re.sub(r"\[documented\]\[|\*\*documented\*\*", "", text)

"""What axe finds on each page: nothing that is serious, in light and dark, on a desk and on a phone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, WIDE, Visiting
from tests.browser.test_pages import PAGES
from tests.conftest import Answer
from tests.server.conftest import Client

pytestmark = [pytest.mark.long, pytest.mark.parametrize("width", [WIDE, PHONE])]

# Of what has hundreds of rows, some.
_DEMO_PAGES = (*(each for each in PAGES if each not in ("", "list")), "list?assignee=Yuki+Tanaka")
_HOSTILE_PAGES = ("", "list", "issue?key=H-7")
# Of a page that was looked at in light, only its colours are different in dark.
_RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}


def check(page: Page, picture: Path) -> None:
    """No rule is broken in a way that keeps people out; a picture in each of the two is kept."""
    for scheme, rules in _RULES.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=picture.with_name(f"{picture.name}-{scheme}.png"))
        found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in serious] == [], page.url


def test_pages(demo: Client, hostile: Client, visiting: Visiting, screenshots: Path, width: int) -> None:
    for name, client, addresses in (("demo", demo, _DEMO_PAGES), ("hostile", hostile, _HOSTILE_PAGES)):
        visit = visiting(client, width, bypass_csp=True)
        for address in addresses:
            visit.open(address)
            called = re.sub("[^a-z0-9]+", "-", address.casefold()) or "tree"
            check(visit.page, screenshots / f"{name}-{called}-{width}")


def test_a_summary_as_one_file(
    demo_database: Path,
    visiting: Visiting,
    demo: Client,
    run: Callable[..., Answer],
    screenshots: Path,
    tmp_path: Path,
    width: int,
) -> None:
    """It needs nothing but itself."""
    report = tmp_path / "summary.html"
    report.write_text(run("summary", "--format", "html", "--db", demo_database).out, "utf-8")
    visit = visiting(demo, width)
    visit.origin = "file://"
    visit.open(str(report)[1:])
    assert visit.page.locator("figure").count() >= 3
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    check(visit.page, screenshots / f"summary-as-html-{width}")

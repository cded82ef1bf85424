"""The machine's own Chromium before real servers: one of made-up data with a past, one of hostile data."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, sync_playwright

from tests.browser.hostile_data import fill_with_hostile_text
from tests.server.conftest import Client, served

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",  # in containers it has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# What Chromium itself says where the answer to a page is a refusal.
_REFUSED = "Failed to load resource: the server responded with a status of"
SERVICE = "https://jira.example"  # whose links are links
WIDE, PHONE = 1280, 360  # pixels


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this folder."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.skip(f"pages are shown to no browser: none of {', '.join(_PROGRAMS)} is installed here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `worksupport demo` has harvested: 365 issues and their changes."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    demo = [sys.executable, "-m", "worksupport", "--quiet", "demo", str(folder)]
    subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
    return folder / "worksupport.db"


@pytest.fixture(scope="package")
def demo(demo_database: Path) -> Iterator[Client]:
    """A server of that."""
    with served(demo_database) as client:
        yield client


@pytest.fixture(scope="package")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server of data that strangers have filled with what might act."""
    path = fill_with_hostile_text(tmp_path_factory.mktemp("hostile") / "team.db")
    with served(path, services=[SERVICE]) as client:
        yield client


@dataclass
class Visit:
    """A window of the browser on one site, and what went on there."""

    page: Page
    origin: str
    said: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def open(self, address: str = "") -> Response:
        """Go to a page of the site."""
        response = self.page.goto(f"{self.origin}/{address}")
        assert response is not None
        return response

    def document(self, address: str) -> Any:
        """The JSON at this address, as the browser is given it."""
        return json.loads(self.page.request.get(f"{self.origin}/{address}").body())

    def texts(self, selector: str) -> list[str]:
        """What each element that fits shows."""
        return self.page.locator(selector).all_inner_texts()

    def keys(self, selector: str = "main") -> list[str]:
        """The keys of issues that are linked there, in order."""
        links = self.page.locator(f"{selector} a[href^='issue?key=']")
        found: list[str] = links.evaluate_all(
            "links => links.map(link => new URL(link.href).searchParams.get('key'))"
        )
        return found

    def tab_to(self, selector: str) -> None:
        """Press Tab until it has the focus."""
        wanted = self.page.locator(selector).first
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{selector} cannot be reached by keyboard")


Visiting = Callable[..., Visit]


@pytest.fixture
def visiting(browser: Browser) -> Iterator[Visiting]:
    """visiting(client, width=360, color_scheme="dark", ...): a fresh window.

    Afterwards nothing has complained there, no script has run, and nothing was asked of anybody else.
    """
    with ExitStack() as windows:
        visits: list[Visit] = []

        def visit(client: Client, width: int = WIDE, **options: Any) -> Visit:
            context = browser.new_context(viewport={"width": width, "height": 800}, **options)
            windows.callback(context.close)
            one = Visit(context.new_page(), f"http://127.0.0.1:{client.port}")
            one.page.on("console", lambda message: one.said.append(message.text))
            one.page.on("pageerror", lambda error: one.said.append(str(error)))
            one.page.on("dialog", lambda dialog: one.said.append(dialog.message))
            one.page.on("request", lambda request: one.asked.add(request.url))
            visits.append(one)
            return one

        yield visit
        for one in visits:
            assert [text for text in one.said if not text.startswith(_REFUSED)] == []
            hosts = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, one.asked)}
            assert hosts <= {one.origin}


@pytest.fixture(scope="package")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept: in $SCREENSHOTS, else beside what else tests leave."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder

"""The pages of `serve` in a real browser: what the JSON says, for everybody, and by keyboard alone."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, SERVICE, WIDE, Visiting
from tests.browser.hostile_data import TEXTS
from tests.server.conftest import Client, served
from worksupport.text import visible

pytestmark = pytest.mark.long

TABS = ("Tree", "List", "Changes", "Summary", "Flow", "Runs")
VERSION = "AIMP-30"  # of the demo, under way
PAGES = (
    "",
    f"?key={VERSION}",
    "list",
    "changes?since=7d",
    "summary",
    "flow",
    "runs",
    f"issue?key={VERSION}",
    "list?nope=1",
)
HOSTILE_PAGES = (
    "",
    "list",
    "changes?since=9999d",
    "summary",
    "flow",
    *(f"issue?key=H-{n}" for n in (1, 3, 7)),
)


def all_keys(nodes: list[Any]) -> list[str]:
    """The keys of a tree's nodes, from the top down."""
    return [key for node in nodes for key in (node["issue_key"], *all_keys(node["children"]))]


def test_each_tab_leads_to_its_page(demo: Client, visiting: Visiting) -> None:
    visit = visiting(demo)
    visit.open()
    for title in TABS:
        visit.page.get_by_role("link", name=title, exact=True).click()
        assert visit.texts("h1") == [title]
        assert visit.texts("nav [aria-current=page]") == [title]
        assert visit.page.title() == f"{title} - worksupport"


def test_tree_and_list_show_every_issue_of_the_json(demo: Client, visiting: Visiting) -> None:
    visit = visiting(demo)
    tree = visit.document("api/issues/hierarchy")
    visit.open()
    outside = [issue["issue_key"] for issue in tree["outside_issues"]]
    assert visit.keys() == [*all_keys(tree["hierarchy"]), *outside]
    listed = visit.document("api/issues")
    visit.open("list")
    visit.page.get_by_role("link", name="After").click()
    issues = listed["issues"][200:]
    assert visit.keys() == [issue["issue_key"] for issue in issues]
    shown = [" ".join(title.split()) for title in visit.texts("td.title")]
    assert shown == [" ".join(visible(issue["summary"]).split()) for issue in issues]


def test_the_other_tabs_show_what_the_json_says(demo: Client, visiting: Visiting) -> None:
    visit = visiting(demo)
    changes = visit.document("api/changes?since=30d&field=status")["changes"]
    visit.open("changes?since=30d&field=status")
    counts = re.findall(r"(?:: |· )(\d+) ", visit.texts("main > p.quiet")[0])
    assert sum(map(int, counts)) == len(changes) > 0
    roots = visit.document("api/summary")["roots"]
    visit.open("summary")
    assert visit.keys(".scroll")[: len(roots)] == [root["issue_key"] for root in roots]
    assert visit.texts("tbody td:nth-child(2)")[0] == f"{roots[0]['done']}/{roots[0]['total']}"
    finished = visit.document("api/flow")["finished"]
    visit.open("flow")
    assert visit.texts("main > p")[0].startswith(f"{finished} units of work finished in 12 weeks")
    assert visit.page.locator("figure svg[role=img]").count() == 3
    runs = visit.document("api/history")
    visit.open("runs")
    assert visit.page.locator("tbody tr").count() == len(runs) > 0


def test_an_issue_has_a_page_of_its_own(demo: Client, visiting: Visiting) -> None:
    visit = visiting(demo)
    shown = visit.document(f"api/issue?key={VERSION}")
    visit.open()
    visit.page.get_by_role("link", name=VERSION, exact=True).click()
    assert visit.texts("h1") == [f"{VERSION} {shown['issue']['summary']}"]
    assert visit.keys("table.issues") == [child["issue_key"] for child in shown["children"]]
    assert visit.page.locator("[aria-label='What changed'] tbody tr").count() == len(shown["changes"])
    assert "Burn-up" in visit.texts("figcaption")[0]


def test_the_form_by_keyboard(demo: Client, visiting: Visiting) -> None:
    """Its state is in the address, and in its fields again; what is left over keeps nothing from working."""
    visit = visiting(demo)
    visit.open("list")
    visit.tab_to("#assignee")
    visit.page.keyboard.type("yuki tanaka")
    visit.tab_to("#state")
    visit.page.keyboard.press("o")  # open
    visit.tab_to("form button")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/list?*assignee=yuki+tanaka*state=open*")
    assert visit.page.input_value("#assignee") == "yuki tanaka"
    assert visit.page.input_value("#state") == "open"
    issues = visit.document("api/issues?assignee=yuki+tanaka&state=open")["issues"]
    assert visit.keys() == [issue["issue_key"] for issue in issues] != []
    visit.page.get_by_role("link", name="Tree", exact=True).click()
    assert visit.page.input_value("#assignee") == "yuki tanaka"


def test_words_by_keyboard(demo: Client, visiting: Visiting) -> None:
    visit = visiting(demo)
    visit.open("list")
    visit.tab_to("#q")
    visit.page.keyboard.type("spreadsheet export")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/list?q=spreadsheet+export*")
    issues = visit.document("api/issues?q=spreadsheet+export")["issues"]
    assert visit.keys() == [issue["issue_key"] for issue in issues] != []


def test_a_closed_branch_opens_by_keyboard(demo: Client, visiting: Visiting) -> None:
    visit = visiting(demo)
    visit.open()
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")  # past the pages
    key = visit.keys("li:has(> details:not([open]))")[0]
    branch = visit.page.locator(f"li:has(> a[href='issue?key={key}'])")
    assert not branch.locator("ul").first.is_visible()
    visit.tab_to(".tree details:not([open]) > summary")
    visit.page.keyboard.press("Enter")
    assert branch.locator("ul").first.is_visible()


def test_on_a_phone_the_form_opens_and_says_what_it_holds(demo: Client, visiting: Visiting) -> None:
    wide = visiting(demo)
    wide.open("list?state=todo")
    assert wide.page.get_by_label("State").is_visible()
    assert not wide.page.get_by_text("Filter: state: todo").is_visible()
    phone = visiting(demo, width=PHONE)
    phone.open("list?state=todo")
    assert not phone.page.get_by_label("State").is_visible()
    phone.page.get_by_text("Filter: state: todo").click()
    assert phone.page.get_by_label("State").input_value() == "todo"


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("issue?key=NOPE-1", 404, "there is no issue 'NOPE-1' here"),
        ("a/page/of/nobody", 404, "there is no such address here"),
        ("list?state=odd", 400, "the state is 'odd'; it must be one of todo"),
        ("list?page=999", 404, "there is no part 999; there are 2"),
    ],
)
def test_a_refusal_is_a_page(demo: Client, visiting: Visiting, address: str, status: int, told: str) -> None:
    """With its style, and links that lead back, however deep its address is."""
    visit = visiting(demo)
    assert visit.open(address).status == status
    assert told in visit.texts(".remark")[0]
    assert visit.page.evaluate("document.styleSheets.length") == 1
    visit.page.get_by_role("link", name="To the tree").click()
    assert visit.texts("h1") == ["Tree"]


def test_the_token_opens_it_and_is_on_no_page(demo_database: Path, visiting: Visiting) -> None:
    token = "a-token-that-nobody-knows"
    with served(demo_database, token=token) as client:
        stranger = visiting(client)
        refused = stranger.page.request.get(f"{stranger.origin}/list", headers={"Accept": "text/html"})
        assert refused.status == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
        member = visiting(client, http_credentials={"username": "anna", "password": token})
        for address in PAGES:
            text = member.open(address).text()
            assert token not in text
            assert base64.b64encode(f"anna:{token}".encode()).decode() not in text
        assert member.page.context.cookies() == []


def test_without_script_everything_is_the_same(demo: Client, visiting: Visiting) -> None:
    plain, scripted = visiting(demo, java_script_enabled=False), visiting(demo)
    for address in PAGES:
        plain.open(address)
        scripted.open(address)
        assert plain.texts("body") == scripted.texts("body")
        assert plain.page.locator("script, [style], [onclick]").count() == 0


def test_dark_where_the_reader_likes_it_dark(demo: Client, visiting: Visiting) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    found = []
    for scheme in ("light", "dark"):
        visit = visiting(demo, color_scheme=scheme)
        visit.open()
        found.append(visit.page.evaluate(ground))
    assert found == ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_no_page_is_wider_than_the_window(
    demo: Client, hostile: Client, visiting: Visiting, width: int
) -> None:
    for client, addresses in ((demo, PAGES), (hostile, HOSTILE_PAGES)):
        visit = visiting(client, width)
        for address in addresses:
            visit.open(address)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, address


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_deep_branches_can_be_read(hostile: Client, visiting: Visiting, width: int) -> None:
    visit = visiting(hostile, width)
    visit.open("?key=DEEP-0&max_depth=100")
    widths = visit.page.locator(".title").evaluate_all(
        "all => all.map(each => each.clientWidth || each.offsetWidth)"
    )
    assert len(widths) == 40
    assert min(widths) > 150


def test_print_has_the_answer_alone(demo: Client, visiting: Visiting) -> None:
    visit = visiting(demo)
    visit.page.emulate_media(media="print")
    visit.open("list")
    assert not visit.page.locator("nav, form, .exports").filter(visible=True).count()
    assert visit.page.locator("td.title").first.is_visible()
    assert visit.page.locator(".age").is_visible()


def test_links_stay_inside(demo: Client, hostile: Client, visiting: Visiting) -> None:
    """Relative ones, which a proxy may put below a path of its own; and to services that are configured."""
    for client, addresses in ((demo, PAGES), (hostile, HOSTILE_PAGES)):
        visit = visiting(client)
        for address in addresses:
            visit.open(address)
            places = visit.page.locator("[href], [src], [action]").evaluate_all(
                "all => all.flatMap(each => ['href', 'src', 'action'].map(name => each.getAttribute(name)))"
            )
            for place in filter(None, places):
                assert re.match(rf"\.?[\w./]*(\?|#|$)|{SERVICE}/", place), place
                assert not place.startswith("/")


def test_hostile_text_is_only_text(hostile: Client, visiting: Visiting) -> None:
    """It is all there, and no element comes from it."""
    visit = visiting(hostile)
    titles = {" ".join(visible(text).split()) for text in TEXTS}
    for address in HOSTILE_PAGES:
        visit.open(address)
        assert visit.page.locator("script, img, iframe, style, [onerror], [onmouseover]").count() == 0
    for address, selector in (("", "li li .title"), ("list", "td.title")):
        visit.open(address)
        assert {" ".join(title.split()) for title in visit.texts(selector)} >= titles
    visit.open("issue?key=H-2")
    assert visit.page.locator(".description a").all_inner_texts() == ["mine"]
    assert visit.page.title().startswith(f"H-2 {TEXTS[0]}")

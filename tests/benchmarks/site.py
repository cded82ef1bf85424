"""The benchmarks' data: a made-up site of any size, the same for the same size, and what it costs at least.

It shares nothing with the program or its sandbox, so that a mistake of theirs cannot hide here.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from math import ceil

MEMBERS = 50
PAGE = 100
LOGINS_PER_QUERY = 6
ROOT_LABEL = "SE_product_family"
LABEL = "work-support"
PROJECTS = ("IAIPORT", "AIPRDV", "AIMP", "IACU")
TYPE_IDS = {
    "Product Version": "10201",
    "Feature": "10202",
    "Customer Adoption": "10203",
    "Story": "10204",
    "Task": "10205",
    "Bug": "10206",
}
# What the hierarchy asks for below each type; Bugs stand below Features too and must not be brought.
CHILD_TYPES = {
    "Product Version": ("Feature", "Customer Adoption"),
    "Feature": ("Story", "Task"),
    "Customer Adoption": ("Story",),
}
STATUSES = (
    ("To Do", "new"),
    ("In Progress", "indeterminate"),
    ("In Review", "indeterminate"),
    ("Done", "done"),
)
_WORDS = (
    *("payment", "refund", "gateway", "timeout", "retry", "customer", "adoption", "release", "stable"),
    *("crash", "export", "import", "report", "login", "naïve", "Größe", "façade", "claim", "invoice"),
)


def account_id(member: int) -> str:
    """A member's Jira account."""
    return f"712020:{member:08x}-a291-4c5e-9e4b-787d2e3e8495"


def login(member: int) -> str:
    """A member's GitHub login."""
    return f"member-{member}"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of either service; `assignee` is a member's number, from MEMBERS on a stranger's."""

    number: int
    key: str
    type_name: str
    summary: str
    status: int
    assignee: int
    labels: tuple[str, ...]
    parent: "Issue | None"
    created: str  # YYYY-MM-DDTHH:MM:SS
    updated: str = ""  # as `created`; '': when it was created


@dataclass
class Site:
    """All issues, found by what the services are asked for."""

    roots: list[Issue] = field(default_factory=list)
    children: dict[str, list[Issue]] = field(default_factory=lambda: defaultdict(list))
    labelled: dict[int, list[Issue]] = field(default_factory=lambda: defaultdict(list))
    github: dict[int, list[Issue]] = field(default_factory=lambda: defaultdict(list))
    size: int = 0

    def change(self, count: int, updated: str) -> list[Issue]:
        """Give this many leaves of the tree their next status; returns them as they are then."""
        changed: list[Issue] = []
        for siblings in self.children.values():
            for place, issue in enumerate(siblings):
                if len(changed) >= count:
                    return changed
                if issue.type_name in ("Story", "Task"):
                    status = (issue.status + 1) % len(STATUSES)
                    siblings[place] = replace(issue, status=status, updated=updated)
                    changed.append(siblings[place])
        return changed

    def below(self, parent: str, types: frozenset[str]) -> list[Issue]:
        """The children of these types."""
        return [issue for issue in self.children.get(parent, ()) if issue.type_name in types]


def _time(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


@dataclass(frozen=True)
class Shape:
    """How wide the tree is: the bounds of children per parent; a root, and a labelled issue beside the tree,
    for that many issues of the site."""

    issues_per_root: int = 200
    features: tuple[int, int] = (4, 17)
    stories: tuple[int, int] = (0, 17)
    adoptions: tuple[int, int] = (0, 9)
    adoption_stories: tuple[int, int] = (0, 13)
    issues_per_labelled: int = 50


SHAPES = {
    "usual": Shape(),
    # One query that finds nearly everything: the roots, which have no children, or the stories of one batch.
    "roots": Shape(1, features=(0, 1), adoptions=(0, 1), issues_per_labelled=1_000_000),
    "children": Shape(
        1_000_000, features=(1, 2), stories=(5_000, 5_001), adoptions=(0, 1), issues_per_labelled=1_000_000
    ),
}


class _Maker:
    def __init__(self, seed: int, shape: Shape) -> None:
        self.site = Site()
        self._random = random.Random(seed)
        self._shape = shape

    def issue(
        self, key: str, type_name: str, parent: Issue | None = None, *labels: str, who: int = -1
    ) -> Issue:
        choose, self.site.size = self._random, self.site.size + 1
        who = choose.randrange(MEMBERS + 10) if who < 0 else who
        day, second = choose.randrange(1, 29), self.site.size % 86_400
        issue = Issue(
            100_000 + self.site.size,
            key,
            type_name,
            " ".join(choose.choices(_WORDS, k=8)),
            choose.randrange(len(STATUSES)),
            who,
            (*labels, *choose.sample(("backend", "web", "urgent", "ops"), choose.randrange(3))),
            parent,
            f"2026-{choose.randrange(1, 11):02d}-{day:02d}T{_time(second)}",
        )
        if parent:
            self.site.children[parent.key].append(issue)
        return issue

    def jira(self, type_name: str, parent: Issue | None = None, *labels: str, who: int = -1) -> Issue:
        project = PROJECTS[self.site.size % len(PROJECTS)]
        return self.issue(f"{project}-{self.site.size + 1}", type_name, parent, *labels, who=who)

    def grow(self, total: int) -> Site:
        """About 65 % tree, 2 % labelled issues beside it, 2 % GitHub; the rest is of no interest.

        So few of GitHub that its queries, one after the other, do not hide how Jira is asked.
        """
        for _ in range(max(4, total // self._shape.issues_per_root)):
            self._version()
        for _ in range(total // self._shape.issues_per_labelled):
            who = self._random.randrange(MEMBERS)
            self.site.labelled[who].append(self.jira("Bug", None, LABEL, who=who))
        for number in range(total // 50):
            who = self._random.randrange(MEMBERS - 6)  # six members have no issue there
            self.site.github[who].append(
                self.issue(f"acme/app-{number % 7}#{number}", "", None, LABEL, who=who)
            )
        while self.site.size < total:
            self.jira("Bug", None)
        return self.site

    def _version(self) -> None:
        choose, shape = self._random, self._shape
        version = self.jira("Product Version", None, ROOT_LABEL)
        self.site.roots.append(version)
        for _ in range(choose.randrange(*shape.features)):
            feature = self.jira("Feature", version)
            for _ in range(choose.randrange(*shape.stories)):
                self.jira(choose.choice(("Story", "Story", "Task")), feature)
            if choose.random() < 0.5:
                self.jira("Bug", feature)
        for _ in range(choose.randrange(*shape.adoptions)):
            adoption = self.jira("Customer Adoption", version)
            for _ in range(choose.randrange(*shape.adoption_stories)):
                self.jira("Story", adoption)


def make_site(total: int, shape: Shape = Shape()) -> Site:
    """A site of about `total` issues, the same each time."""
    return _Maker(total, shape).grow(total)


@dataclass(frozen=True)
class Least:
    """What a harvest of a site costs at least, counted in searches and in rounds of them."""

    jira: int
    github: int
    rounds_jira: int  # requests one after the other with that many workers
    rounds_github: int
    issues: int

    @property
    def searches(self) -> int:
        """Both services together."""
        return self.jira + self.github

    @property
    def rounds(self) -> int:
        """The larger of both: a perfect harvest takes this many times the latency."""
        return max(self.rounds_jira, self.rounds_github)


def least(site: Site, concurrency: int = 8) -> Least:
    """Batches of 100 parents per set of child types, label queries, groups of six, one per login unproven."""
    root_pages = _pages(len(site.roots))
    levels, stored = _levels(site)
    labelled = sum(map(len, site.labelled.values()))
    groups = [
        range(first, min(first + LOGINS_PER_QUERY, MEMBERS)) for first in range(0, MEMBERS, LOGINS_PER_QUERY)
    ]
    github = sum(_pages(sum(len(site.github[who]) for who in group)) for group in groups)
    github += sum(not site.github[who] for who in range(MEMBERS))
    label_pages = _pages(labelled)
    return Least(
        jira=root_pages + sum(levels) + label_pages,
        github=github,
        rounds_jira=2 + root_pages + sum(ceil(requests / concurrency) for requests in levels),
        rounds_github=2 + github,
        issues=stored + labelled + sum(map(len, site.github.values())),
    )


def _levels(site: Site) -> tuple[list[int], int]:
    """The requests of each level below the roots, and the issues of the whole tree."""
    requests, stored, level = [], len(site.roots), site.roots
    while level:
        below: list[Issue] = []
        level_requests = 0
        for type_name, types in CHILD_TYPES.items():
            parents = [issue.key for issue in level if issue.type_name == type_name]
            for start in range(0, len(parents), 100):
                found = [c for key in parents[start : start + 100] for c in site.below(key, frozenset(types))]
                level_requests += _pages(len(found))
                below += found
        requests.append(level_requests)
        stored += len(below)
        level = [issue for issue in below if issue.type_name in CHILD_TYPES]
    return [count for count in requests if count], stored


def _pages(results: int) -> int:
    return max(1, ceil(results / PAGE))

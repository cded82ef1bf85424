"""What pyproject.toml says of the project, the lock files, the workflow and the guides agree."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import requires
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUN_TIME = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
DEVELOPMENT = [*RUN_TIME, *(Requirement(line) for line in PYPROJECT["dependency-groups"]["dev"])]
LOCKS = {"requirements.lock": RUN_TIME, "requirements-dev.lock": DEVELOPMENT}
GUIDES = [ROOT / "README.md", *sorted((ROOT / ".github").glob("*.md"))]


def locked(name: str) -> dict[NormalizedName, str]:
    """The packages of a lock file and their versions."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines}


def needed(requirements: Iterable[Requirement]) -> set[NormalizedName]:
    """The packages that these bring, with all that those need in turn, as they are installed here."""
    waiting = [(requirement, "") for requirement in requirements]
    met = set()
    while waiting:
        requirement, for_extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": for_extra}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in met:
                met.add((name, extra))
                waiting += [(Requirement(line), extra) for line in requires(name) or ()]
    # sqlite-utils names pip, which each virtual environment has: it is no lock file's business.
    return {name for name, _ in met} - {"pip"}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_is_plain_lines_in_order(lock: str) -> None:
    """One name and one version a line: no address, no option, nothing twice."""
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==\d[A-Za-z0-9.!+]*", line)] == []
    names = [line.partition("==")[0].lower() for line in lines]
    assert all(one < next_one for one, next_one in pairwise(names))
    assert len(locked(lock)) == len(lines)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_gives_what_pyproject_asks_for(lock: str) -> None:
    versions = locked(lock)
    for requirement in LOCKS[lock]:
        assert versions.get(canonicalize_name(requirement.name), "nothing") in requirement.specifier, lock


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_holds_all_that_is_needed_and_no_more(lock: str) -> None:
    assert set(locked(lock)) == needed(LOCKS[lock])


def test_tests_run_with_the_versions_that_users_get() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def test_what_developers_need_is_no_extra_of_users() -> None:
    assert "optional-dependencies" not in PYPROJECT["project"]


def test_each_python_that_is_named_is_tested() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    tested = re.findall(r'"(3\.\d+)"', workflow)
    label = "Programming Language :: Python :: "
    classifiers = [line.removeprefix(label) for line in PYPROJECT["project"]["classifiers"] if label in line]
    assert [version for version in classifiers if "Only" not in version] == tested
    assert PYPROJECT["project"]["requires-python"] == f">={tested[0]}"


def test_everybody_installs_the_same_way() -> None:
    """The README's second command is the guide's, and what .ci/run installs."""
    commands = [
        re.findall(r"^python3 -m venv .* && \.venv/bin/pytest$", path.read_text("utf-8"), re.MULTILINE)
        for path in (ROOT / "README.md", ROOT / ".github" / "CONTRIBUTING.md")
    ]
    assert commands[0]
    assert commands[0] == commands[1]
    install = commands[0][0].split(" && ")[1].removeprefix(".venv/")
    assert f".ci-venv/{install}\n" in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("guide", GUIDES, ids=[path.name for path in GUIDES])
def test_links_between_guides_lead_somewhere(guide: Path) -> None:
    """The file is there, and has the heading that the link names."""
    links = re.findall(r"\]\((?!\w+://)([^)#]*)(?:#([^)]*))?\)", guide.read_text("utf-8"))
    for file, heading in links:
        target = guide.parent / file if file else guide
        assert target.exists(), file
        if heading:
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in headings]

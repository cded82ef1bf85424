"""What is released: a wheel with all that the program reads, an sdist with all that the repository has."""

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import worksupport

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "worksupport"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both files."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True)
    return folder


def files_of(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in found}


@pytest.mark.long
def test_the_wheel_has_templates_texts_and_the_licence(built: Path) -> None:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = set(wheel.namelist())
        info = f"worksupport-{worksupport.__version__}.dist-info"
        metadata = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
    assert {name for name in names if not name.startswith(info)} == files_of(PACKAGE)
    assert f"{info}/licenses/LICENSE" in names
    assert (metadata["Version"], metadata["License-Expression"]) == (worksupport.__version__, "MIT")
    assert str(metadata.get_payload()).startswith("# worksupport")
    assert f"\n## {worksupport.__version__}\n" in (ROOT / ".github" / "CHANGES.md").read_text("utf-8")


@pytest.mark.long
def test_the_sdist_has_the_tests_and_the_examples(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert names >= files_of(PACKAGE) | files_of(ROOT / "tests")
    assert names >= {"crontab.example", "LICENSE", "README.md", "config/team_members.properties.example"}

"""The README's "Where to change things" is true: what is added there to a copy is seen everywhere."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import worksupport
from tests.commands.test_serve import started
from tests.filled_database import fill, issue
from worksupport.store.schema import SCHEMA_VERSION

pytestmark = pytest.mark.long


class House:
    """A copy of the package that a test may change, and its command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder / "house" / "worksupport"
        shutil.copytree(
            Path(worksupport.__file__).parent, self.package, ignore=shutil.ignore_patterns("__pycache__")
        )
        self.database = fill(
            folder / "team.db", [issue("PAY-1", summary="Pay"), issue("SHOP-2", summary="Shop")]
        )

    def insert(self, file: str, before: str, text: str) -> None:
        """Put `text` before the only place where `before` stands."""
        path = self.package / file
        content = path.read_text("utf-8")
        assert content.count(before) == 1, f"{before!r} stands {content.count(before)} times in {file}"
        path.write_text(content.replace(before, text + before), "utf-8")

    def write(self, file: str, text: str) -> None:
        (self.package / file).write_text(text, "utf-8")

    def run(self, *arguments: object, **environment: str) -> str:
        """What a command line that must succeed prints, on both streams."""
        command = [sys.executable, "-m", "worksupport", *map(str, arguments)]
        answer = subprocess.run(
            command, capture_output=True, text=True, env=self._environment(environment), cwd=self.folder
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout + answer.stderr

    def ask(self, address: str) -> Any:
        """The document that `serve` answers there."""
        with started("--db", self.database, **self._environment({})) as server:
            status, document = server.ask(address)
        assert status == 200, document
        return document

    def parameters(self, path: str) -> list[str]:
        """The names that `/openapi.json` describes for this path's GET."""
        described = self.ask("/openapi.json")["paths"][path]["get"]["parameters"]
        return [parameter["name"] for parameter in described]

    def _environment(self, given: dict[str, str]) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.package.parent), "COLUMNS": "200", **given}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_filter_is_one_row(house: House) -> None:
    house.insert(
        "model/filters.py",
        '    Filter(\n        "parent_key",',
        """    Filter(
        "project",
        "KEY",
        "Only issues of this project.",
        "casefold(issue_key) LIKE :project || '-%'",
    ),
""",
    )
    found = '{"issue_keys":["PAY-1"],'
    assert house.run("keys", "--project", "pay", "--db", house.database) == "PAY-1\n"
    assert house.run("keys", "--project=pay", "--json", "--db", house.database).startswith(found)
    assert house.ask("/api/issues/keys?project=pay")["issue_keys"] == ["PAY-1"]
    assert "project" in house.parameters("/api/issues/keys")
    assert "project" in house.parameters("/api/issues/hierarchy")
    for command in ("keys", "tree"):
        assert "Only issues of this project." in house.run("help", "filters")
        assert "--project" in house.run(command, "--help")
    shell = {"_WORKSUPPORT_COMPLETE": "complete_bash", "COMP_CWORD": "2"}
    assert "--project" in house.run("keys", "--pro", **shell, COMP_WORDS="worksupport keys --pro")


def test_a_stored_field_is_a_row_a_migration_and_its_value(house: House) -> None:
    house.insert(
        "model/issue_fields.py",
        '    Field("source_id")',
        '    Field("project", json="project", jira="project"),\n',
    )
    house.insert(
        "store/schema.py",
        "# By the name under which sqlite-utils",
        f"""_M_PROJECT = (
    "ALTER TABLE issues ADD COLUMN project TEXT",
    "ALTER TABLE staged_issues ADD COLUMN project TEXT",
    "PRAGMA user_version = {SCHEMA_VERSION + 1}",
)

""",
    )
    house.insert("store/schema.py", "SCHEMA_VERSION = ", 'MIGRATIONS["m_project"] = _M_PROJECT\n')
    house.insert(
        "sources/jira/rows.py",
        '        "priority": _name(fields.inner("priority")),',
        '        "project": project.text("key") if (project := fields.inner("project")) else None,\n',
    )
    house.insert(
        "sources/github/rows.py",
        '        "reporter": _reporter(fields, names),',
        '        "project": None,\n',
    )
    # The old file is answered from as it is, without the value.
    (old,) = json.loads(house.run("tree", "PAY-1", "--json", "--db", house.database))["hierarchy"]
    assert old["project"] is None
    house.run("demo", "made")
    new = json.loads(house.run("tree", "--json", "--max-depth", "1", "--db", "made/worksupport.db"))
    assert "IAIPORT" in {node["project"] for node in new["hierarchy"]}
    node = house.ask("/openapi.json")["components"]["schemas"]["Node"]
    assert node["properties"]["project"] == {"type": ["string", "null"]}


def test_a_configuration_key_is_a_row_and_the_attribute_it_fills(house: House) -> None:
    house.insert(
        "config/keys.py",
        '    Key(\n        "harvest.concurrency",',
        """    Key(
        "harvest.greeting",
        parsers.plain,
        "greeting",
        "What to say first.",
        "Hello",
    ),
""",
    )
    house.insert("config/settings.py", "    concurrency: int = 8", '    greeting: str = "Hello"\n')
    assert "WORKSUPPORT_HARVEST_GREETING" in house.run("help", "environment")
    house.run("init", "team.properties")
    assert (
        "# What to say first.\n# harvest.greeting=Hello\n" in (house.folder / "team.properties").read_text()
    )
    loads = (
        "import os; from pathlib import Path; from worksupport.config.load import load_settings\n"
        "print(load_settings(Path('made/team_members.properties'), None, os.environ).greeting)"
    )
    house.run("demo", "made")
    config = house.folder / "made" / "team_members.properties"
    config.write_text(config.read_text() + "harvest.greeting = Good morning\n")

    def greeting(**given: str) -> str:
        variables = house._environment(given)
        command = [sys.executable, "-c", loads]
        return subprocess.check_output(command, text=True, env=variables, cwd=house.folder)

    assert greeting() == "Good morning\n"
    assert greeting(WORKSUPPORT_HARVEST_GREETING="Moin") == "Moin\n"
    misspelt = house.run("check", "--offline", "--config", config, WORKSUPPORT_HARVEST_GREETINGS="x")
    assert "did you mean WORKSUPPORT_HARVEST_GREETING?" in misspelt


def test_a_question_its_command_and_its_route(house: House) -> None:
    house.write(
        "queries/count.py",
        "def count_document(connection):\n"
        '    ((number,),) = connection.execute("SELECT count(*) FROM issues")\n'
        '    return {"count": number}\n',
    )
    house.write(
        "commands/count.py",
        "from worksupport import output\n"
        "from worksupport.queries.count import count_document\n"
        "from worksupport.queries.reader import answer\n\n\n"
        "def count(context, *, loud):\n"
        '    number = answer(context.database_path, count_document)["count"]\n'
        "    output.write(f\"{number}{'!' if loud else ''}\\n\")\n",
    )
    house.write("commands/help/count.txt", "Print how many issues there are.\n")
    house.insert(
        "commands/options.py",
        '    Command("keys", "Ask"',
        '    Command("count", "Ask", Option("loud", ("--loud",), "With a mark.", holds="flag")),\n',
    )
    house.insert(
        "server/operations.py",
        "    HEALTH: {",
        '    "/api/count": {"GET": Operation("count", "How many issues", (), "")},\n',
    )
    house.insert(
        "server/routes.py",
        "    def reload_history(self",
        "    def count(self, request, given):\n"
        "        from worksupport.queries.count import count_document\n"
        "        document = answer(self.database, count_document)\n"
        "        return answer_by_content(json_text(document), known_tags(request))\n\n",
    )
    assert house.run("count", "--loud", "--db", house.database) == "2!\n"
    assert "print how many issues there are" in house.run("--help")
    assert "--loud" in house.run("count", "--help")
    assert house.ask("/api/count") == {"count": 2}
    assert house.parameters("/api/count") == []
    shell = {"_WORKSUPPORT_COMPLETE": "complete_bash", "COMP_CWORD": "1"}
    assert "count" in house.run("co", **shell, COMP_WORDS="worksupport co")

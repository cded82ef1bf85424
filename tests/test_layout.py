"""The layout is the architecture: who may import whom, one home for each outside library, no cycle."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import worksupport

PACKAGE = Path(worksupport.__file__).parent
_TOP = "top"
# The modules at the top and `model` serve every room but `measures` and are not listed again.
_MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "measures": set(),
    "config": set(),
    "network": set(),
    "sources": {"network", "config"},
    "store": {"config"},
    "harvest": {"sources", "store", "network", "config"},
    "queries": {"store", "measures"},
    "render": set(),
    "notices": {"queries", "render", "network", "store", "config"},
    "checks": {"sources", "network", "store", "queries", "config"},
    "server": {"harvest", "queries", "render", "store", "config"},
    "commands": {
        *("checks", "config", "harvest", "notices", "queries", "render", "sandbox", "server", "sources"),
        "store",
    },
    "sandbox": {"config"},
}
# Of the store the reading half may only know whether a file is ours, how it is laid out, and who runs.
_READERS_KNOW = {"worksupport.store.file", "worksupport.store.schema", "worksupport.store.lock"}
_SERVER_KNOWS = {*_READERS_KNOW, "worksupport.store.records"}
# The top is the door (`__main__`, `cli`, `fast`, `context`) and small modules that know nothing of ours.
_DOOR_KNOWS = {
    "cli": {"commands"},
    "fast": {"commands", "config", "model", "queries", "render"},
    "context": {"config"},
}
_HOMES = {
    "jinja2": {"render/page.py"},
    "markupsafe": {"render/page.py"},
    "markdown_it": {"render/described.py"},
    "jproperties": {"config/properties.py"},
    "sqlite_utils": {"store/database.py"},
    "tenacity": {"network/retries.py"},
    "typer": {"commands/application.py"},
    "requests": {"network"},
    "urllib3": {"network"},
    "rich": {"render"},
}


@cache
def _modules() -> dict[str, Path]:
    """Every module of the package and its file."""
    paths = PACKAGE.rglob("*.py")
    parts = {path: ("worksupport", *path.relative_to(PACKAGE).with_suffix("").parts) for path in paths}
    return {".".join(names).removesuffix(".__init__"): path for path, names in parts.items()}


@cache
def _imports(path: Path, *, at_load: bool = False) -> list[str]:
    """The modules that the file names in imports; `at_load`: only in those that run when it is loaded."""
    return list(_imported(path, at_load))


def _imported(path: Path, at_load: bool) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if at_load and id(node) in late:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                deeper = f"{node.module}.{name.name}"
                yield deeper if deeper in _modules() else node.module


def _room(module: str) -> str:
    names = module.split(".")
    return names[1] if len(names) > 1 and (PACKAGE / names[1]).is_dir() else _TOP


@pytest.mark.parametrize("room", [*_MAY_IMPORT])
def test_a_room_imports_only_what_it_may(room: str) -> None:
    allowed = _MAY_IMPORT[room] | {room, *(("model", _TOP) if room != "measures" else ())}
    strangers = {
        f"{module} imports {imported}"
        for module, path in _modules().items()
        if _room(module) == room
        for imported in _imports(path)
        if imported.startswith("worksupport") and _room(imported) not in allowed
    }
    assert strangers == set()


def test_every_folder_of_the_package_is_a_room_that_is_listed() -> None:
    assert {_room(module) for module in _modules()} - {_TOP} == set(_MAY_IMPORT)


@pytest.mark.parametrize(("room", "known"), [("queries", _READERS_KNOW), ("server", _SERVER_KNOWS)])
def test_readers_know_of_the_store_only_the_file(room: str, known: set[str]) -> None:
    used = {
        imported
        for module, path in _modules().items()
        if _room(module) == room
        for imported in _imports(path)
        if _room(imported) == "store"
    }
    assert used <= known


def test_the_small_modules_at_the_top_know_nothing_of_ours() -> None:
    for module, path in _modules().items():
        if _room(module) == _TOP:
            rooms = {_room(imported) for imported in _imports(path) if imported.startswith("worksupport")}
            assert rooms - {_TOP} <= _DOOR_KNOWS.get(module.rpartition(".")[2], set()), module


def test_the_command_line_alone_imports_commands() -> None:
    users = {
        module
        for module, path in _modules().items()
        if _room(module) != "commands" and any(_room(imported) == "commands" for imported in _imports(path))
    }
    assert users == {"worksupport.cli", "worksupport.fast"}


def test_each_outside_library_has_one_home() -> None:
    for path in _modules().values():
        file = path.relative_to(PACKAGE)
        for imported in _imports(path):
            library = imported.partition(".")[0]
            if library == "worksupport" or library in sys.stdlib_module_names:
                continue
            assert _HOMES[library] & {file.as_posix(), file.parts[0]}, f"{file} imports {library}"


def test_no_import_goes_in_a_circle() -> None:
    graph = {
        module: {name for name in _imports(path, at_load=True) if name in _modules()} - {module}
        for module, path in _modules().items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_outside_sources_no_module_names_a_service_where_it_could_loop() -> None:
    users = {
        f"{module} imports {imported}"
        for module, path in _modules().items()
        if _room(module) not in ("sources", "sandbox")
        for imported in _imports(path)
        if imported.startswith(("worksupport.sources.jira", "worksupport.sources.github"))
    }
    assert users == set()

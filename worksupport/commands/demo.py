"""`worksupport demo`: the whole main job without any account."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from worksupport import output
from worksupport.commands.demo_folder import check_folder, open_log, translated, write_configuration
from worksupport.commands.harvest import harvest
from worksupport.commands.options import BY_NAME
from worksupport.commands.tree import tree
from worksupport.config.locate import CONFIG_NAME
from worksupport.context import Context
from worksupport.log import also_to
from worksupport.model.filters import Filters
from worksupport.sandbox import jql, server
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox
from worksupport.text import visible


def demo(context: Context, *, folder: Path, keep: bool) -> None:
    """Harvest a made-up site, and show the tree and what to do next."""
    folder = folder.absolute()
    check_folder(folder)
    world = made_up_world(now=context.clock.now())
    world.lives_on = keep
    with server.running(world) as sandbox:
        inside = _context_in(folder, context)
        with translated(folder):
            write_configuration(folder, sandbox.properties())
            log_file = open_log(folder)
        with also_to(log_file, context.clock):
            harvest(inside, **BY_NAME["harvest"].defaults)
        tree(inside, **{**BY_NAME["tree"].defaults, "filters": Filters(), "no_pager": True})
        _tell_what_next(folder, context.environment, _version_under_way(sandbox), keep)
        if keep:
            server.wait_for_stop(context.clock)


def _context_in(folder: Path, context: Context) -> Context:
    """A context of the demo's own: no variable of the user's may send the harvest to a real service."""
    environment = {name: value for name, value in context.environment.items() if not _is_our_variable(name)}
    options = replace(context.options, config=folder / CONFIG_NAME, database=None)
    return Context(context.clock, environment, options)


def _is_our_variable(name: str) -> bool:
    return name.startswith("WORKSUPPORT_")


def _version_under_way(sandbox: Sandbox) -> str:
    query = 'type = "Product Version" AND status = "In Progress" ORDER BY key'
    return str(jql.search(query, sandbox.world)[0]["key"])


def _tell_what_next(folder: Path, environment: Mapping[str, str], version: str, keep: bool) -> None:
    variables = sorted(
        name for name in environment if _is_our_variable(name) and name != "WORKSUPPORT_CONFIG"
    )
    lines = [
        "",
        f"Made-up data, harvested over HTTP; configuration, database and log are in {folder}",
        "Now look around, from the database:",
        "",
        *_path_line(environment),
        *([f"  unset {' '.join(variables)}"] if variables else []),
        f"  export WORKSUPPORT_CONFIG={shlex.quote(str(folder / CONFIG_NAME))}",
        "  worksupport tree --assignee 'Yuki Tanaka'",
        f"  worksupport tree {version}",
        "  worksupport keys --label work-support --json",
        "  worksupport history --harvests",
        "",
        *(
            _KEPT
            if keep
            else ("With --keep both services go on running, and harvest and reload work as well.",)
        ),
    ]
    output.write("".join(visible(line) + "\n" for line in lines))


def _path_line(environment: Mapping[str, str]) -> list[str]:
    """What lets a shell find `worksupport`, where it does not yet: in a virtual environment not activated."""
    folder = os.path.dirname(os.path.abspath(sys.argv[0]))
    if shutil.which("worksupport", path=environment.get("PATH", os.defpath)):
        return []
    if not os.path.exists(os.path.join(folder, "worksupport")):
        return []
    return [f"  export PATH={shlex.quote(folder)}:$PATH"]


_KEPT = (
    "Both services go on running here until Ctrl-C; from another terminal, after that export:",
    "",
    "  worksupport harvest",
    "  worksupport reload",
)

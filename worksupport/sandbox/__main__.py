"""`python -m worksupport.sandbox`: serve until Ctrl-C; stdout is a ready configuration file."""

import argparse
import sys

from worksupport.clock import Clock
from worksupport.sandbox import server
from worksupport.sandbox.faults import FAULTS, Faults
from worksupport.sandbox.made_up import made_up_world


def main(arguments: list[str] | None = None, clock: Clock | None = None) -> int:
    """Serve the made-up world as the arguments say until SIGINT or SIGTERM; returns the exit code."""
    given = _parser().parse_args(arguments)
    if given.fault == ["help"]:
        print("\n".join(f"{kind:16} {fault.meaning}" for kind, fault in FAULTS.items()))
        return 0
    if unknown := set(given.fault) - FAULTS.keys():
        print(f"no such fault: {', '.join(sorted(unknown))}; --fault help lists them", file=sys.stderr)
        return 2
    clock = clock or Clock()
    fault = Faults(*given.fault) if given.fault else None
    world = made_up_world(now=clock.now())
    world.page_size = given.page_size
    with server.running(world, fault=fault, port=given.port) as sandbox:
        sandbox.latency_seconds = given.latency
        print(sandbox.properties(), flush=True)
        server.wait_for_stop(clock)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worksupport.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free one")
    parser.add_argument(
        "--fault",
        type=lambda text: text.split(","),
        default=[],
        metavar="KIND[,KIND]",
        help="what goes wrong; 'help' lists the kinds",
    )
    parser.add_argument("--page-size", type=int, default=100, help="issues on a page of Jira; default 100")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="added to each answer")
    return parser


if __name__ == "__main__":
    sys.exit(main())

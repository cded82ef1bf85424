"""Queries with many pages; `python -m tests.benchmarks.chains [--latency MS]`.

Whole processes, Jira only and no changelogs, over sites where one query finds 16,000 roots or 20,000
children. The least: each page once (of a quick run the root query's, of a full one also those of queries
that find nothing).
"""

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.harvest import Contest
from tests.benchmarks.measure import Services, print_table, services
from tests.benchmarks.site import PAGE, SHAPES, Site, least, make_site

_CONCURRENCY = 8
_HEAD = ("site", "run", "searches", "x least", "wall s", "CPU s", "wall / (latency x least / concurrency)")


def _rows(served: Services, folder: Path, shape: str, site: Site, latency: float) -> list[list[object]]:
    contest = Contest(served, folder)
    contest.settings["WORKSUPPORT_CHANGES_FROM_SERVICES"] = "false"
    rows: list[list[object]] = []
    for options, needed in (((), least(site).jira), (("--quick",), len(site.roots) // PAGE)):
        cost = contest.worksupport("--source", "jira", *options, is_first=not options)
        searches, ideal = contest.counts["jira"], latency / 1000 * needed / _CONCURRENCY
        shares = (cost.wall, cost.cpu, cost.wall / ideal if ideal else "-")
        more = f"{searches / needed:.3f}" if needed else "-"
        rows.append([shape, " ".join(("harvest", *options)), searches, more, *shares])
    return rows


def main() -> None:
    """One table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=200, help="milliseconds a request")
    options = parser.parse_args()
    rows: list[list[object]] = []
    for shape, issues in (("roots", 16_000), ("children", 20_000)):
        site = make_site(issues, SHAPES[shape])
        with tempfile.TemporaryDirectory() as folder, services(issues, shape) as served:
            served.set_latency(options.latency)
            rows += _rows(served, Path(folder), shape, site, options.latency)
    print_table(f"Queries with many pages, {options.latency:.0f} ms a request", _HEAD, rows)


if __name__ == "__main__":
    main()

"""What `harvest --quick` saves against a full harvest; `python -m tests.benchmarks.quick [--issues N ...]`.

Whole processes over a copy that is complete; the full harvest of the same run finds nothing changed.
"""

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.measure import Cost, Services, cost_of, medians, print_table, services

_LATENCIES = (0.0, 50.0, 200.0)
_CHANGES = (0, 10, 1_000)
_HEAD = ("latency ms", "changes", "requests", "wall s", "CPU s", "of the full: requests", "wall", "CPU")


class Copy:
    """One copy of the services, and what a harvest of it costs."""

    def __init__(self, served: Services, folder: Path) -> None:
        self._served = served
        self._config = str(served.configuration(folder))
        self.requests = 0

    def harvest(self, *options: str, changes: int = 0) -> Cost:
        """One harvest, after so many issues have changed; `requests` tells how many it sent."""
        self._served.change(changes)
        self._served.counts()
        variables = {"WORKSUPPORT_CONFIG": self._config, "WORKSUPPORT_CHANGES_FROM_SERVICES": "false"}
        cost = cost_of("-m", "worksupport", "harvest", "-q", *options, environment=variables)
        self.requests = sum(self._served.counts().values())
        return cost


def main() -> None:
    """A table for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for issues in options.issues:
        with tempfile.TemporaryDirectory() as folder, services(issues) as served:
            copy = Copy(served, Path(folder))
            copy.harvest()
            rows: list[list[object]] = []
            for latency in _LATENCIES:
                served.set_latency(latency)
                rows += _rows(copy, latency, options.runs)
        print_table(f"harvest --quick, a site of {issues:,} issues", _HEAD, rows)


def _rows(copy: Copy, latency: float, runs: int) -> list[list[object]]:
    (full,) = medians(1, copy.harvest)
    requests = copy.requests
    rows: list[list[object]] = [[int(latency), "full", requests, full.wall, full.cpu, 1, 1, 1]]
    for changes in _CHANGES:
        (cost,) = medians(runs, lambda changes=changes: copy.harvest("--quick", changes=changes))  # type: ignore[misc]
        shares = (copy.requests / requests, cost.wall / full.wall, cost.cpu / full.cpu)
        rows.append([int(latency), changes, copy.requests, cost.wall, cost.cpu, *shares])
    return rows


if __name__ == "__main__":
    main()

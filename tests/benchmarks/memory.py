"""Highest resident size of a reload by the number of issues; `python -m tests.benchmarks.memory`."""

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.measure import cost_of, print_table, services
from tests.benchmarks.site import least, make_site


def main() -> None:
    """One first and one second reload of each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", default="10000,50000,200000", help="sizes, several with commas")
    options = parser.parse_args()
    rows = []
    for size in map(int, options.issues.split(",")):
        with tempfile.TemporaryDirectory() as folder, services(size) as served:
            variables = {"WORKSUPPORT_CONFIG": str(served.configuration(Path(folder)))}
            for run in ("into an empty database", "again"):
                cost = cost_of("-m", "worksupport", "reload", "-q", environment=variables)
                rows.append(
                    [
                        f"{size:,}",
                        f"{least(make_site(size)).issues:,}",
                        run,
                        cost.megabytes,
                        cost.wall,
                        cost.cpu,
                    ]
                )
    print_table(
        "Reload without latency (target: at most 150 MB at 200,000)",
        ("issues", "stored", "reload", "highest MB", "wall s", "CPU s"),
        rows,
    )


if __name__ == "__main__":
    main()

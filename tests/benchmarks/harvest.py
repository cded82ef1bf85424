"""A full harvest against what people would use instead; `python -m tests.benchmarks.harvest [--issues N]`.

The wall time of whole processes in one run; `rounds` is the larger of Jira's and GitHub's least rounds.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measure import Cost, Services, cost_of, medians, print_table, services
from tests.benchmarks.site import Least, least, make_site

_HEAD = (
    *(
        "latency ms",
        "worksupport s",
        "script to beat s",
        "per parent s",
        "times faster than: script",
        "per parent",
    ),
    *("searches", "x least", "other requests", "wall / (latency x rounds)"),
)


class Contest:
    """One harvest by each program, all of the same services."""

    def __init__(self, served: Services, folder: Path) -> None:
        self._served = served
        self._folder = folder
        self._config = served.configuration(folder)
        self.counts: dict[str, int] = {}
        self.settings: dict[str, str] = {}  # by their environment variables

    def worksupport(self, *options: str, is_first: bool = True) -> Cost:
        """The real program, into a new database, or into that of the run before."""
        if is_first:
            self._remove_databases()
        self._served.counts()
        variables = {"WORKSUPPORT_CONFIG": str(self._config), **self.settings}
        cost = cost_of("-m", "worksupport", "harvest", "-q", *options, environment=variables)
        self.counts = self._served.counts()
        return cost

    def script_to_beat(self) -> Cost:
        """Batched by hand, on the packages of PyPI."""
        self._remove_databases()
        return cost_of("-m", "tests.benchmarks.script_to_beat", self._served.url, self._folder / "script.db")

    def one_query_per_parent(self) -> Cost:
        """Nothing stored."""
        return cost_of("-m", "tests.benchmarks.one_query_per_parent", self._served.url)

    def _remove_databases(self) -> None:
        for path in self._folder.glob("*.db*"):
            path.unlink()


def _row(contest: Contest, needed: Least, latency: float, runs: int, skip_slow: bool) -> list[object]:
    ours, script = medians(runs, contest.worksupport, contest.script_to_beat)
    per_parent = _once(contest.one_query_per_parent, skip_slow)
    searches = contest.counts["jira"] + contest.counts["github"]
    ideal = latency / 1000 * needed.rounds
    return [
        int(latency),
        ours.wall,
        script.wall,
        per_parent or "-",
        script.wall / ours.wall,
        per_parent / ours.wall if per_parent else "-",
        searches,
        f"{searches / needed.searches:.3f}",
        contest.counts["other"],
        ours.wall / ideal if ideal else "-",
    ]


def _once(program: Callable[[], Cost], skip: bool) -> float:
    return 0.0 if skip else program().wall


def main() -> None:
    """Run the contest at each latency and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=20_000)
    parser.add_argument("--latency", default="0,50,200", help="milliseconds a request, several with commas")
    parser.add_argument("--runs", type=int, default=3, help="how many runs a median is of")
    parser.add_argument("--no-per-parent", action="store_true", help="leave the slowest out (minutes)")
    options = parser.parse_args()
    needed = least(make_site(options.issues))
    rows = []
    with tempfile.TemporaryDirectory() as folder, services(options.issues) as served:
        contest = Contest(served, Path(folder))
        for latency in map(float, options.latency.split(",")):
            served.set_latency(latency)
            rows.append(_row(contest, needed, latency, options.runs, options.no_per_parent))
    title = (
        f"Full harvest of a site of {options.issues:,} issues, {needed.issues:,} of them to store; at least "
        f"{needed.searches} searches; rounds: Jira {needed.rounds_jira}, GitHub {needed.rounds_github}"
    )
    print_table(title, _HEAD, rows)


if __name__ == "__main__":
    main()

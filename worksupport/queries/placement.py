"""Where each issue stands in a tree: pure, without recursion, for any depth, cycle or orphan."""

from collections.abc import Collection, Sequence


class Placement:
    """A tree in reading order: each list has one entry per position, parents before their children."""

    def __init__(self) -> None:
        self.issues: list[int] = []  # the index of the issue that stands there
        self.depths: list[int] = []  # 1 for a root
        self.parents: list[int] = []  # the position of the parent; -1 for a root

    def sums_below(self, values: Sequence[int]) -> list[int]:
        """For each position the sum of `values` (one per issue) over everything below it."""
        sums = [0] * len(self.issues)
        for position in range(len(sums) - 1, -1, -1):
            parent = self.parents[position]
            if parent >= 0:
                sums[parent] += sums[position] + values[self.issues[position]]
        return sums

    def newest_below(self, times: Sequence[str]) -> list[str]:
        """For each position the latest of `times` (one per issue) below it; its own where there is none."""
        newest = [""] * len(self.issues)
        for position in range(len(newest) - 1, -1, -1):
            own, parent = times[self.issues[position]], self.parents[position]
            if parent >= 0:
                newest[parent] = max(newest[parent], newest[position], own)
            newest[position] = newest[position] or own
        return newest

    def shown(self, matching: Sequence[bool] | None, max_depth: int) -> list[bool]:
        """For each position: is it shown, with these matching issues, the paths to them, and this depth?"""
        within = [depth <= max_depth for depth in self.depths]
        if matching is None:
            return within
        kept = [matching[issue] for issue in self.issues]
        for position in range(len(kept) - 1, -1, -1):
            if kept[position] and self.parents[position] >= 0:
                kept[self.parents[position]] = True
        return [both[0] and both[1] for both in zip(kept, within, strict=True)]

    def children_omitted(self, shown: Sequence[bool]) -> list[int]:
        """For each position the number of children that are not shown."""
        omitted = [0] * len(shown)
        for position, parent in enumerate(self.parents):
            if parent >= 0 and not shown[position]:
                omitted[parent] += 1
        return omitted


def place(keys: Sequence[str], parent_keys: Sequence[str | None], roots: Collection[int]) -> Placement:
    """The trees under `roots` (issues, in order); siblings stand in the order of `keys`.

    A root stands once, at the top, wherever its parent is: so every cycle through a root is cut there, and
    one through no root is never reached.
    """
    children = _children(parent_keys, frozenset(roots))
    placement = Placement()
    waiting = [(root, 1, -1) for root in reversed(list(roots))]
    while waiting:
        issue, depth, parent = waiting.pop()
        below = children.get(keys[issue])
        if below:
            position = len(placement.issues)
            waiting.extend([(child, depth + 1, position) for child in reversed(below)])
        placement.issues.append(issue)
        placement.depths.append(depth)
        placement.parents.append(parent)
    return placement


def _children(parent_keys: Sequence[str | None], roots: frozenset[int]) -> dict[str, list[int]]:
    children: dict[str, list[int]] = {}
    for issue, parent_key in enumerate(parent_keys):
        if parent_key is not None and issue not in roots:
            children.setdefault(parent_key, []).append(issue)
    return children

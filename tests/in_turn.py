"""Fast runs of a contract: each member of a catalogue meets each check in some of the worlds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pytest

__all__ = ["leave_the_rest_for_slow_runs"]


def leave_the_rest_for_slow_runs(items: Sequence[pytest.Item]) -> None:
    """Mark as slow what `@pytest.mark.in_turn("space", each=2)` leaves out.

    Items that differ in the named parameters alone are one group, of which `each` (1 unless
    stated) stay. Which ones turns from member to member and from check to check, so that every
    check meets every world, and every member too.
    """
    groups: dict[tuple[str, str], dict[object, list[pytest.Item]]] = defaultdict(dict)
    marks: dict[tuple[str, str], pytest.Mark] = {}
    for item in items:
        mark = item.get_closest_marker("in_turn")
        spec = getattr(item, "callspec", None)
        if mark is None or spec is None or not set(mark.args) <= set(spec.params):
            continue
        # By identity: values need not be hashable, and all items share those of a parameter.
        others = sorted(set(spec.params) - set(mark.args))
        rest = tuple((name, id(spec.params[name])) for name in others)
        place = item.nodeid.partition("[")[0].rpartition("::")[0]  # file and class
        check = (place, getattr(item, "originalname", item.name))
        marks[check] = mark
        groups[check].setdefault(rest, []).append(item)
    for no, (check, members) in enumerate(groups.items()):
        for turn, worlds in enumerate(members.values(), start=no):
            n_kept = min(marks[check].kwargs.get("each", 1), len(worlds))
            kept = {(turn + n * len(worlds) // n_kept) % len(worlds) for n in range(n_kept)}
            for place, item in enumerate(worlds):
                if place not in kept:
                    item.add_marker(pytest.mark.slow)

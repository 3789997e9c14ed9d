"""What `@pytest.mark.in_turn` leaves to the slow runs, for parameters of fixtures and of tests."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from tests.in_turn import leave_the_rest_for_slow_runs

MEMBERS, WORLDS = [{"name": n} for n in "abc"], [["flat"], ["steep"], ["empty"]]


class Item:
    """One call of a check, as pytest collects it."""

    def __init__(self, check: str, number: int, member: Any, world: Any, each: int) -> None:
        self.name = f"{check}[{number}]"
        self.nodeid, self.originalname = f"test_x.py::{self.name}", check
        self.callspec = SimpleNamespace(
            params={"member": member, "world": world},
            indices={"member": number, "world": number},  # so for parameters of a test
        )
        self._mark = pytest.mark.in_turn("world", each=each).mark
        self.is_slow = False

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self._mark if name == "in_turn" else None

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.is_slow = mark.name == "slow"


@pytest.mark.parametrize("each", [1, 2, 5])
def test_each_member_meets_each_check_in_some_worlds_and_all_worlds_occur(each: int) -> None:
    items = [
        Item(check, number, member, world, each)
        for check in ("test_one", "test_two")
        for number, (member, world) in enumerate(product(MEMBERS, WORLDS))
    ]
    leave_the_rest_for_slow_runs(items)  # type: ignore[arg-type]  # what it needs of an item
    fast = [item for item in items if not item.is_slow]
    assert len(fast) == 2 * len(MEMBERS) * min(each, len(WORLDS))
    for check in ("test_one", "test_two"):
        met = [item.callspec.params for item in fast if item.originalname == check]
        assert [sum(p["member"] is m for p in met) for m in MEMBERS] == [min(each, 3)] * 3
        assert all(any(p["world"] is w for p in met) for w in WORLDS)


def test_classes_of_one_file_have_turns_of_their_own() -> None:
    items = [
        Item("test_one", number, MEMBERS[0], world, 1)
        for _ in range(2)
        for number, world in enumerate(WORLDS)
    ]
    for item, of in zip(items, ["TestOne"] * 3 + ["TestOther"] * 3, strict=True):
        item.nodeid = f"test_x.py::{of}::{item.name}"
    leave_the_rest_for_slow_runs(items)  # type: ignore[arg-type]  # what it needs of an item
    assert [sum(not item.is_slow for item in part) for part in (items[:3], items[3:])] == [1, 1]

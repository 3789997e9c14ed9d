"""How a slice that is too long for one answer is split."""

from __future__ import annotations

import pytest

from metalearn.harvesters.openml.slices import Slice, partition


def whole(n_flows: int, n_tasks: int) -> Slice:
    return Slice("evaluation/list", "kappa", tuple(range(1, n_flows + 1)),
                 tuple(range(101, n_tasks + 101)))  # fmt: skip


def leaves(part: Slice, rows: dict[tuple[int, int], int], cap: int, known: bool) -> list[Slice]:
    """Split as a harvest does: a part that does not fit is counted and split again."""
    count = part.known(rows)
    parts = part.split(count, cap, rows if known else {})
    assert len(parts) > 1
    assert sum(p.known(rows) for p in parts) == count
    found = []
    for p in parts:
        found += [p] if p.known(rows) <= cap else leaves(p, rows, cap, known)
    return found


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(
    ("n_flows", "n_tasks", "each", "most"),
    [(3, 20, 334, 30), (6, 72, 100, 72), (2, 5, 900, 10), (1, 40, 50, 3), (30, 2, 60, 6)],
)
def test_parts_fit_and_are_few(
    n_flows: int, n_tasks: int, each: int, most: int, known: bool
) -> None:
    root = whole(n_flows, n_tasks)
    rows = {(f, t): each for f in root.flows or () for t in root.tasks or ()}
    found = leaves(root, rows, 1000, known)
    assert all(part.known(rows) <= 1000 for part in found)
    assert len(found) <= most


def test_the_axis_that_fills_answers_comes_first() -> None:
    root = whole(
        3, 20
    )  # 334 rows a cell: three flows of a task do not fit, two tasks of a flow do
    assert [part.flows for part in root.split(20_040, 1000, {})] == [(1,), (2,), (3,)]
    assert len(root.split(20_040, 10_000, {})) == 3


def test_one_cell_cannot_be_split() -> None:
    assert whole(1, 1).split(5000, 1000, {}) == []
    assert Slice("run/list", None, None, (7,)).split(5000, 1000, {}) == []


@pytest.mark.parametrize("weights", [{1: 1.0, 2: 1.0}, {1: 9.0, 2: 1.0}, {1: 0.0, 2: 0.0}])
def test_two_ids_or_more_are_always_parted(weights: dict[int, float]) -> None:
    assert len(list(partition(weights, 1e9))) == 2

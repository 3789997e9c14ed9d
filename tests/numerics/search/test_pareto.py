"""Fronts and crowding against the hand computation of Deb 2001, section 6.2 (problem Min-Ex)."""

import numpy as np
import pytest

from metalearn.numerics.search.pareto import (
    best_by_front,
    crowding,
    fronts,
    spread_out,
    undominated,
)

NAMES = ("1", "2", "3", "4", "5", "6", "a", "b", "c", "d", "e", "f")
MIN_EX = np.array(
    [[0.31, 6.10], [0.43, 6.79], [0.22, 7.09], [0.59, 7.85], [0.66, 3.65], [0.83, 4.23],
     [0.21, 5.90], [0.79, 3.97], [0.51, 6.51], [0.27, 6.93], [0.58, 4.52], [0.24, 8.54]]
)  # fmt: skip
PUBLISHED_FRONTS = ("5ae", "13bd", "26cf", "4")
PUBLISHED_CROWDING = {"1": 0.63, "d": 0.12}
PUBLISHED_WIDTHS = np.array([1.0 - 0.1, 60.0 - 0.0])  # the paper's ranges, we take the front's


def test_fronts_of_the_published_example() -> None:
    found = fronts(MIN_EX)
    assert [
        "".join(name for name, level in zip(NAMES, found, strict=True) if level == i)
        for i in range(4)
    ] == list(PUBLISHED_FRONTS)
    assert np.array_equal(undominated(MIN_EX), found == 0)


def test_crowding_of_the_published_example() -> None:
    second = [NAMES.index(name) for name in PUBLISHED_FRONTS[1]]
    points, zeros = MIN_EX[second], np.zeros(4, dtype=np.int64)
    assert np.isinf(crowding(points, zeros)[[1, 2]]).all()  # 3 and b are the ends
    total = np.zeros(4)
    for k in range(2):
        gaps = crowding(points[:, [k]], zeros) * np.ptp(points[:, k])
        total += gaps / PUBLISHED_WIDTHS[k]
    for name, expected in PUBLISHED_CROWDING.items():
        assert total[PUBLISHED_FRONTS[1].index(name)] == pytest.approx(expected, abs=0.005)


def test_survivors_of_the_published_example() -> None:
    """The paper keeps fronts 1 and 2 partly: six of twelve, d is the most crowded of front 2."""
    assert {NAMES[i] for i in best_by_front(MIN_EX, 6)} == set("5ae") | set("3b1")


def test_equal_points_are_undominated_together() -> None:
    points = np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 3.0]])
    assert undominated(points).tolist() == [True, True, False]


def test_the_most_crowded_go_first_and_the_ends_stay() -> None:
    x = np.array([0.0, 0.1, 0.12, 0.5, 1.0])
    points = np.column_stack([x, 1.0 - x])
    assert spread_out(points, 3).tolist() == [0, 3, 4]
    assert spread_out(points, 9).tolist() == [0, 1, 2, 3, 4]
    assert spread_out(points, 0).tolist() == []

"""The unit of losses: a round trip at every size, and what counts as equal."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.numerics.statistics.loss_unit import LossUnit, are_coarse, are_equal


@pytest.mark.parametrize("scale", [1e-300, 1e-20, 1.0, 1e20, 1e300])
@pytest.mark.parametrize("offset", [0.0, 3.0, -1e5])
def test_values_span_zero_to_one_and_come_back(scale, offset):
    y = scale * (offset + np.random.default_rng(0).random(50))
    unit = LossUnit.of(y)
    values = unit.values(y)
    assert (values.min(), values.max()) == (0.0, 1.0)
    assert unit.losses(values) == pytest.approx(y, rel=1e-13, abs=1e-13 * scale)


def test_the_largest_floats_have_a_unit():
    y = np.array([-1.7e308, 0.0, 1.7e308])
    assert LossUnit.of(y).values(y).tolist() == [0.0, 0.5, 1.0]


def test_rounding_makes_no_difference():
    y = np.random.default_rng(0).random(100)
    moved = 1e-7 * y
    assert np.array_equal(LossUnit.of(moved).values(moved), LossUnit.of(y).values(y))


@pytest.mark.parametrize(
    ("y", "equal", "coarse"),
    [
        ([0.1 + 0.2, 0.3], True, True),  # one step of a float apart
        ([0.0, 0.0], True, True),
        ([], True, True),
        ([1e-300, 2e-300], False, False),
        ([1e300, 2e300], False, False),
        ([-1e-20, 1e-20], False, False),
        ([1.0, 1.0 + 1e-13], False, True),
        ([1e20, 1e20 + 1e9], False, False),
        ([1e16, 1e16 + 2.0], True, True),
    ],
)
def test_what_is_equal_is_measured_by_the_losses_themselves(y, equal, coarse):
    assert (are_equal(np.array(y)), are_coarse(np.array(y))) == (equal, coarse)

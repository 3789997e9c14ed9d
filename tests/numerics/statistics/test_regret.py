import itertools

import numpy as np
import pytest

from metalearn.numerics.statistics.regret import (
    best_so_far,
    constant_rows,
    expected_random_regret,
    normalized_regret,
)


def test_normalized_regret_by_hand():
    losses = np.array([[0.2, 0.4, 0.6], [0.5, 0.5, np.nan], [np.nan, 3.0, 5.0]])
    nan = np.nan
    expected = [[0.0, 0.5, 1.0], [0.0, 0.0, nan], [nan, 0.0, 1.0]]
    np.testing.assert_allclose(normalized_regret(losses), expected)
    np.testing.assert_array_equal(constant_rows(losses), [False, True, False])


def test_normalized_regret_does_not_change_under_affine_maps(rng):
    losses = rng.random((6, 8))
    np.testing.assert_allclose(normalized_regret(3 * losses - 1), normalized_regret(losses))


@pytest.mark.parametrize("unit", [1e-15, 1e-9, 1.0, 1e9])
def test_equal_losses_are_recognized_in_every_unit(unit):
    losses = unit * np.array([[0.2, 0.4, 0.6], [0.1 + 0.2, 0.3, 0.3], [-0.5, -0.5, np.nan]])
    np.testing.assert_array_equal(constant_rows(losses), [False, True, True])
    expected = [[0.0, 0.5, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, np.nan]]
    np.testing.assert_allclose(normalized_regret(losses), expected)


def test_rows_of_zeros_and_rows_without_losses_are_constant():
    assert constant_rows(np.array([[0.0, 0.0], [np.nan, np.nan]])).all()


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_random_regret_equals_enumeration(rng, k):
    regret = np.append(rng.random(6), np.nan)[None]
    sets = itertools.combinations(range(6), k)
    slow = np.mean([regret[0, list(chosen)].min() for chosen in sets])
    assert expected_random_regret(regret, k)[0] == pytest.approx(slow)
    assert expected_random_regret(regret, 99)[0] == pytest.approx(np.nanmin(regret))


def test_best_so_far_ignores_failures():
    np.testing.assert_array_equal(
        best_so_far(np.array([np.nan, 0.4, 0.5, np.nan, 0.1])), [np.inf, 0.4, 0.4, 0.4, 0.1]
    )

"""Weights, scaling and the scalarised losses of ParEGO."""

import numpy as np
import pytest

from metalearn.numerics.search.scalarization import (
    augmented_tchebycheff,
    unit_losses,
    weight_lattice,
)


@pytest.mark.parametrize(("n_objectives", "n_weights"), [(1, 1), (2, 11), (3, 21), (4, 35)])
def test_the_lattice_fills_the_simplex(n_objectives: int, n_weights: int) -> None:
    """Knowles 2006: C(s + k - 1, k - 1) vectors."""
    weights = weight_lattice(n_objectives)
    assert weights.shape == (n_weights, n_objectives)
    assert np.allclose(weights.sum(axis=1), 1.0)
    assert (weights >= 0).all()
    assert len(np.unique(weights.round(9), axis=0)) == n_weights
    for unit in np.eye(n_objectives):
        assert (np.abs(weights - unit) < 1e-12).all(axis=1).any()


def test_one_very_bad_point_does_not_flatten_the_others() -> None:
    losses = np.column_stack([np.append(np.linspace(0.0, 1.0, 99), 1e9), np.full(100, 7.0)])
    scaled = unit_losses(losses)
    assert scaled[0, 0] == 0.0
    assert scaled[50, 0] == pytest.approx(0.54, abs=0.02)
    assert scaled[99, 0] == 1.0
    assert (scaled[:, 1] == 0.0).all()
    assert unit_losses(np.empty((0, 2))).shape == (0, 2)


def test_a_mostly_constant_objective_keeps_its_bad_points() -> None:
    scaled = unit_losses(np.append(np.zeros(99), 4.0)[:, None])
    assert scaled[-1, 0] == 1.0


def test_tchebycheff_by_hand() -> None:
    found = augmented_tchebycheff(np.array([[0.2, 0.8], [1.0, 0.0]]), np.array([0.6, 0.4]))
    assert np.allclose(found, [0.32 + 0.05 * 0.44, 0.6 + 0.05 * 0.6])

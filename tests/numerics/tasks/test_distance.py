import numpy as np

from metalearn.numerics.tasks.agreement import kernel_weights
from metalearn.numerics.tasks.distance import fit_scaling, meta_distances


def test_distances_use_what_both_sides_know():
    scaled = np.array([[0.0, 1.0], [2.0, np.nan], [np.nan, np.nan]])
    distance = meta_distances(scaled, np.array([1.0, 1.0]))
    np.testing.assert_allclose(distance, [0.5, 1.0, 0.75])


def test_skewed_features_are_scaled_in_logarithms(rng):
    features = np.stack([np.exp(3 * rng.normal(size=60)), rng.normal(size=60), np.ones(60)], 1)
    scaling = fit_scaling(features)
    np.testing.assert_array_equal(scaling.logs, [True, False, False])
    scaled = scaling.apply(features)
    assert np.isnan(scaled[:, 2]).all()
    assert np.abs(scaled[:, :2]).max() <= 3.0


def test_kernel_weights_by_hand():
    losses = np.array([[0.1, 0.2], [0.3, 0.4], [np.nan, np.nan]])
    target = np.array([0.1, 0.2])
    with_level = kernel_weights(losses, target, 0.1, level=True)
    np.testing.assert_allclose(with_level[:2], [1.0, np.exp(-0.04 / 0.02)])
    assert with_level[2] == with_level[:2].mean()
    without = kernel_weights(losses, target, 0.1, level=False)
    np.testing.assert_allclose(without[:2], 1.0)

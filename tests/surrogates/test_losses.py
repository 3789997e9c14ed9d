"""Losses as models take them."""

import numpy as np

from metalearn.core.history import History
from metalearn.surrogates.losses import cleaned, log_scaled


def test_failures_get_the_worst_loss_and_repeats_their_mean() -> None:
    history = History(np.array([[0.1], [0.2], [0.1], [0.3]]), np.array([1.0, 4.0, 3.0, np.nan]))
    X, y = cleaned(history)
    np.testing.assert_array_equal(X, [[0.1], [0.2], [0.3]])
    np.testing.assert_array_equal(y, [2.0, 4.0, 4.0])


def test_logarithms_by_hand_and_back() -> None:
    y = np.concatenate([[0.0], np.ones(1), np.full(38, 5.0)])  # the 5 % quantile is 3.8
    scaled = log_scaled(y)
    assert np.isclose(scaled.floor, -float(np.quantile(y, 0.05)))
    np.testing.assert_allclose(scaled.floor + scaled.width * np.exp(scaled.y), y, atol=1e-12)
    assert scaled.y.max() == 0.0


def test_logarithms_do_not_depend_on_the_scale_and_stand_ties() -> None:
    y = np.array([3.0, 3.0, 3.0, 3.5, 9.0])
    np.testing.assert_allclose(log_scaled(2.5 * y - 7.0).y, log_scaled(y).y)
    assert log_scaled(y).y.min() > np.log(1e-3) - 0.01
    assert np.isfinite(log_scaled(np.ones(4)).y).all()

"""The level of a task is predicted from meta-features, and left out in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.numerics.tasks.level import fit_level


def _world(n_tasks=40):
    rng = np.random.default_rng(1)
    features = rng.normal(size=(n_tasks, 3))
    return features, 0.3 + 0.1 * np.tanh(features[:, 0])


def test_a_level_that_depends_on_a_meta_feature_is_predicted():
    features, levels = _world()
    model = fit_level(features[:-8], levels[:-8], np.arange(32))
    found = np.array([model.predict(row) for row in features[-8:]])
    assert (
        np.abs(found - levels[-8:]).mean() < 0.5 * np.abs(levels[-8:] - levels[:-8].mean()).mean()
    )
    left_out = np.abs(model.left_out - levels[:-8]).mean()
    assert left_out < 0.5 * np.abs(levels[:-8] - levels[:-8].mean()).mean()


def test_a_group_is_left_out_as_a_whole():
    """The closed form equals a fit of the same kernel and penalty without the group."""
    features, levels = _world(12)
    groups = np.array([0, 0, 0, *range(1, 10)])
    model = fit_level(features, levels, groups)
    squares = ((model.encoded[:, None] - model.encoded) ** 2).mean(axis=2)
    kernel = np.exp(-squares / model.width)
    centred = levels - model.mean
    # the penalty follows from the coefficients: (K + penalty I) c = y
    penalty = float(np.median((centred - kernel @ model.coefficients) / model.coefficients))
    rest = groups != 0
    inner = kernel[np.ix_(rest, rest)] + penalty * np.eye(rest.sum())
    expected = model.mean + kernel[np.ix_(~rest, rest)] @ np.linalg.solve(inner, centred[rest])
    assert model.left_out[:3] == pytest.approx(expected, abs=1e-6)


def test_nothing_to_learn_from_gives_no_level():
    features, levels = _world()
    assert fit_level(features[:3], levels[:3], np.arange(3)).predict(features[0]) is None
    assert fit_level(np.zeros((40, 3)), levels, np.arange(40)).predict(features[0]) is None
    model = fit_level(features, levels, np.arange(40))
    assert model.predict(np.full(3, np.nan)) is None
    assert model.predict(np.empty(0)) is None


def test_many_tasks_are_predicted_from_some(monkeypatch):
    features, levels = _world(200)
    every = fit_level(features, levels, np.arange(200))
    monkeypatch.setattr("metalearn.numerics.tasks.level._MOST_TASKS", 80)
    some = fit_level(features, levels, np.arange(200))
    assert some.encoded.shape[0] == 80
    assert some.left_out.shape == (200,)
    agreement = [np.corrcoef(model.left_out, levels)[0, 1] for model in (every, some)]
    assert agreement[1] > 0.9 * agreement[0]

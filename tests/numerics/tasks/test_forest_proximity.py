import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from metalearn.numerics.tasks.forest_proximity import fit_proximity, principal_components, steady
from metalearn.numerics.tasks.scaling import fit_quantiles


def test_forest_prediction_is_the_weighted_mean_of_the_known_tasks(rng):
    features, targets = rng.normal(size=(80, 5)), rng.normal(size=(80, 3))
    proximity = fit_proximity(features, targets, np.full(80, 1 / 80), np.random.default_rng(4))
    seed = int(np.random.default_rng(4).integers(2**31))
    forest = ExtraTreesRegressor(
        200, min_samples_leaf=3, max_features=0.5, bootstrap=True, random_state=seed
    )
    forest.fit(proximity.scaling.apply(features), targets, sample_weight=np.ones(80))
    target = rng.normal(size=5)
    reached = forest.apply(proximity.scaling.apply(target[None]))[0]
    shares = np.mean(
        [
            (proximity.leaves[:, b] == leaf) / (proximity.leaves[:, b] == leaf).sum()
            for b, leaf in enumerate(reached)
        ],
        axis=0,
    )
    np.testing.assert_allclose(proximity.weights(target), shares, atol=1e-12)


def test_close_tasks_are_those_that_behave_alike(rng):
    features = rng.normal(size=(100, 6))
    targets = np.sign(features[:, :1])
    proximity = fit_proximity(features, targets, np.full(100, 0.01), rng)
    target = np.array([2.0, 0, 0, 0, 0, 0])
    weights = proximity.weights(target)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[features[:, 0] > 0].sum() > 0.9


def test_without_anything_known_all_tasks_are_equally_close(rng):
    proximity = fit_proximity(rng.normal(size=(20, 2)), rng.random((20, 1)), np.ones(20), rng)
    for unknown in (np.empty(0), np.full(2, np.nan)):
        np.testing.assert_array_equal(proximity.weights(unknown), np.full(20, 1 / 20))


def test_principal_components_are_those_of_the_singular_values(rng):
    values = rng.random((30, 12))
    found = principal_components(values, 4)
    left, singular, _ = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    lengths = np.sqrt(singular[:4] / singular[0])
    np.testing.assert_allclose(np.abs(left[:, :4].T @ found), np.diag(lengths), atol=1e-7)
    assert principal_components(np.ones((5, 3)), 4).shape == (5, 0)


def test_quantiles_ignore_monotone_maps_and_mark_what_is_missing(rng):
    features = rng.normal(size=(25, 3))
    features[::4, 1] = np.nan
    features[:, 2] = 7.0
    scaling = fit_quantiles(features)
    assert scaling.columns == (0, 1)
    encoded = scaling.apply(features)
    assert encoded.shape == (25, 3)
    assert np.isfinite(encoded).all()
    np.testing.assert_array_equal(encoded[:, 2], np.isnan(features[:, 1]))
    np.testing.assert_array_equal(scaling.apply(features[:3]), encoded[:3])  # few rows at once
    np.testing.assert_array_equal(encoded, fit_quantiles(np.exp(features)).apply(np.exp(features)))


def test_components_do_not_depend_on_the_noise_of_linear_algebra(rng: np.random.Generator) -> None:
    components = rng.normal(size=(40, 3))
    noisy = components * (1.0 + 1e-15 * rng.normal(size=components.shape)) * [1.0, -1.0, 1.0]
    np.testing.assert_array_equal(steady(components), steady(noisy))
    assert (steady(components).max(axis=0) == np.abs(steady(components)).max(axis=0)).all()


def test_out_of_bag_weights_equal_the_tree_by_tree_ones(rng):
    features, targets = rng.normal(size=(40, 3)), rng.random((40, 2))
    found = fit_proximity(features, targets, np.full(40, 1 / 40), rng, n_trees=30)
    slow = np.zeros((40, 40))
    for task in range(40):
        for leaf, drawn in zip(found.leaves.T, found.drawn.T, strict=True):
            same = leaf == leaf[task]
            same[task] = False
            if not drawn[task] and same.any():
                slow[task] += same / same.sum()
    slow /= slow.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.out_of_bag(), slow, atol=1e-12)
    some = np.array([3, 17, 18])
    np.testing.assert_array_equal(found.out_of_bag(some), found.out_of_bag()[some])


def test_the_components_of_many_rows_are_the_same(rng, monkeypatch):
    values = rng.normal(size=(60, 5)) @ rng.normal(size=(5, 40)) + 0.1 * rng.normal(size=(60, 40))
    found = principal_components(values, 4)
    monkeypatch.setattr("metalearn.numerics.tasks.forest_proximity._FEW_ROWS", 20)
    np.testing.assert_allclose(principal_components(values, 4), found, atol=1e-8)


def test_some_columns_of_many_rows_have_nearly_the_same_components(rng, monkeypatch):
    values = rng.normal(size=(60, 3)) @ rng.normal(size=(3, 400))
    values += 0.1 * rng.normal(size=values.shape)
    whole = principal_components(values, 3)
    monkeypatch.setattr("metalearn.numerics.tasks.forest_proximity._FEW_ROWS", 20)
    monkeypatch.setattr("metalearn.numerics.tasks.forest_proximity._MOST_COLUMNS", 150)
    left, right = np.linalg.qr(principal_components(values, 3))[0], np.linalg.qr(whole)[0]
    assert np.linalg.svd(left.T @ right)[1].min() > 0.99  # cosines of the angles between them

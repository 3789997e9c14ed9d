"""Distances by weighted meta-features find the planted kinds of task."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.numerics.tasks.similarity import fit_similarity


def _world(rng, n_tasks=40, n_noise=8):
    """One meta-feature says which of two kinds a task is of; the others say nothing."""
    kind = rng.random(n_tasks) < 0.5
    configurations = rng.normal(size=(2, 30))
    losses = configurations[kind.astype(int)] + 0.3 * rng.normal(size=(n_tasks, 30))
    telling = kind * 2.0 + 0.3 * rng.normal(size=n_tasks)
    return kind, np.column_stack([rng.normal(size=(n_tasks, n_noise)), telling]), losses


def test_performance_tells_which_meta_feature_counts(rng):
    _, features, losses = _world(rng)
    learned = fit_similarity(features, losses)
    assert learned.is_learned
    assert learned.used[learned.weights.argmax()] == features.shape[1] - 1
    blind = fit_similarity(features, rng.permuted(losses, axis=1))
    assert blind.weights.max() < learned.weights.max()


def test_learned_weights_find_more_tasks_of_the_same_kind(rng):
    hits = {True: 0, False: 0}
    kind, features, losses = _world(rng, n_tasks=60)
    for t in range(60):
        others = np.delete(np.arange(60), t)
        for learn in (True, False):
            fitted = fit_similarity(features[others], losses[others] if learn else None)
            near = others[np.argsort(fitted.distances(features[t]))[:5]]
            hits[learn] += int((kind[near] == kind[t]).sum())
    assert hits[True] > 270  # of 300
    assert hits[True] > hits[False]


def test_parts_sum_to_the_distance_and_missing_values_do_not_count(rng):
    _, features, losses = _world(rng)
    features[3, 2] = np.nan
    fitted = fit_similarity(features, losses)
    asked = features[0].copy()
    np.testing.assert_allclose(fitted.parts(asked).sum(axis=1), fitted.distances(asked))
    assert fitted.distances(asked)[0] == pytest.approx(0.0)
    asked[1] = np.nan
    position = int(np.flatnonzero(fitted.used == 1)[0])
    assert (fitted.parts(asked)[:, position] == 0).all()
    assert (fitted.distances(np.full(len(asked), np.nan)) == 0).all()


def test_copies_and_constants_are_left_out(rng):
    features = rng.normal(size=(30, 3))
    features = np.column_stack([features, features[:, 0] * 2 + 1, np.ones(30)])
    assert fit_similarity(features).used.tolist() == [0, 1, 2]

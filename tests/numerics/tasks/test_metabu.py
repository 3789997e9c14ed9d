"""MetaBu: optimal assignments, and a map that new tasks follow."""

from itertools import permutations

import numpy as np

from metalearn.numerics.tasks.metabu import fit_metabu, top_set_distances


def test_distance_of_best_sets_is_the_cheapest_assignment(rng):
    points, losses = rng.random((7, 2)), rng.random((3, 7))
    losses[1, 2] = np.nan
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    found = top_set_distances(losses, apart, 3)
    best = np.argsort(losses, axis=1)[:, :3]
    for i in range(3):
        for j in range(3):
            cheapest = min(
                np.mean([apart[best[i][a], best[j][b]] for a, b in enumerate(order)])
                for order in permutations(range(3))
            )
            assert np.isclose(found[i, j], cheapest)


def test_sets_are_as_large_as_the_smallest_number_of_losses(rng):
    losses = rng.random((2, 5))
    losses[0, 2:] = np.nan
    apart = 1.0 - np.eye(5)
    shared = len(set(np.argsort(losses[1])[:2]) & {0, 1})
    assert np.isclose(top_set_distances(losses, apart)[0, 1], 1.0 - shared / 2)


def test_new_tasks_are_near_tasks_with_the_same_best_configurations(rng):
    """The best configurations depend on one of six meta-features."""
    configurations = np.linspace(0.0, 1.0, 40)
    apart = np.abs(configurations[:, None] - configurations[None])
    features = rng.normal(size=(70, 6))
    best = 1.0 / (1.0 + np.exp(-features[:, 0]))
    losses = np.abs(configurations - best[:, None]) + 0.01 * rng.random((70, 40))
    found = fit_metabu(features[:50], losses[:50], apart)
    at = found.apply(features)
    near = np.linalg.norm(at[50:, None] - at[None, :50], axis=2)
    plain = np.linalg.norm(features[50:, None] - features[None, :50], axis=2)
    off = [np.abs(best[50:] - best[d.argmin(axis=1)]).mean() for d in (near, plain)]
    assert off[0] < 0.5 * off[1]
    features[60, 3] = np.nan
    assert np.isfinite(found.apply(features)).all()

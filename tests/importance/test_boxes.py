"""Exact integrals of forests: against sampling, and against the slow sum over pairs of leaves."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.importance import marginal_variance as module
from metalearn.importance.boxes import Boxes, leaf_boxes, marginal
from metalearn.importance.corners import corner_variance
from metalearn.importance.forest import ForestSettings, fit_forest
from metalearn.importance.marginal_variance import marginal_variance

EDGES = [None, None, np.arange(4) / 3, np.array([0.0, 0.4, 0.75, 1.0])]


def cells(u, edges):
    at = np.clip(np.searchsorted(edges, u, side="right") - 1, 0, len(edges) - 2)
    return ((edges[:-1] + edges[1:]) / 2)[at]


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    X = rng.random((250, 4))
    for j in (2, 3):
        X[:, j] = cells(X[:, j], EDGES[j])
    y = X[:, 0] * X[:, 1] + (X[:, 2] > 0.5) * X[:, 0] + X[:, 3]
    forest = fit_forest(X, y, rng, ForestSettings(n_trees=5))
    return forest, leaf_boxes(forest, EDGES)


def test_boxes_fill_the_cube_and_edges_lie_between_cells(fitted):
    _, boxes = fitted
    assert np.bincount(boxes.tree, boxes.mass) == pytest.approx(np.ones(5), abs=1e-12)
    for j in (2, 3):
        for edge in np.concatenate([boxes.low(j), boxes.high(j)]):
            assert np.abs(EDGES[j] - edge).min() < 1e-15


def test_moments_agree_with_sampling(fitted):
    forest, boxes = fitted
    Z = np.random.default_rng(1).random((100_000, 4))
    for j in (2, 3):
        Z[:, j] = cells(Z[:, j], EDGES[j])
    for t, values in enumerate(forest.tree_values(Z)):
        assert boxes.mean[t] == pytest.approx(values.mean(), abs=0.01)
        assert boxes.variance[t] == pytest.approx(values.var(), rel=0.02)


def variance_by_pairs(boxes: Boxes, axes: tuple[int, ...]) -> np.ndarray:
    """Return sum_lm w_l w_m prod_j |box_lj intersected with box_mj| of each tree: quadratic."""
    weight = boxes.weight(axes)
    found = []
    for t in range(boxes.n_trees):
        here = boxes.tree == t
        overlap = np.outer(weight[here], weight[here])
        for j in axes:
            low, high = boxes.low(j)[here], boxes.high(j)[here]
            shared = np.minimum.outer(high, high) - np.maximum.outer(low, low)
            overlap *= np.maximum(shared, 0.0)
        found.append(overlap.sum())
    return np.array(found)


SETS = [(0,), (1,), (2,), (3,), (0, 1), (0, 2), (3, 2), (1, 3), (0, 1, 2), (3, 0, 1), (1, 2, 3)]


@pytest.mark.parametrize("axes", SETS)
@pytest.mark.parametrize("slab", [1, 4000, 1 << 17])
def test_variances_on_cells_equal_the_sum_over_pairs_of_leaves(fitted, monkeypatch, axes, slab):
    monkeypatch.setattr(module, "_SLAB", slab)
    monkeypatch.setattr(module, "_MOST_CELLS", np.inf)
    _, boxes = fitted
    assert marginal_variance(boxes, axes) == pytest.approx(
        variance_by_pairs(boxes, axes), abs=1e-13
    )


@pytest.mark.parametrize("axes", [item for item in SETS if len(item) > 1])
def test_variances_from_corners_equal_the_sum_over_pairs_of_leaves(fitted, axes):
    _, boxes = fitted
    assert corner_variance(boxes, axes) == pytest.approx(variance_by_pairs(boxes, axes), abs=1e-13)


@pytest.mark.parametrize("most_cells", [0, 1 << 20])
def test_the_marginal_on_all_axes_has_the_variance_of_the_tree(fitted, monkeypatch, most_cells):
    monkeypatch.setattr(module, "_MOST_CELLS", most_cells)
    _, boxes = fitted
    assert marginal_variance(boxes, [0, 1, 2, 3]) == pytest.approx(boxes.variance, abs=1e-13)


def test_a_tree_without_splits_has_no_variance():
    X = np.random.default_rng(0).random((20, 3))
    forest = fit_forest(X, X[:, 0], np.random.default_rng(0), ForestSettings(2, min_leaf=20))
    boxes = leaf_boxes(forest, [None] * 3)
    for axes in [(0,), (0, 1), (0, 1, 2)]:
        assert not marginal_variance(boxes, axes).any()
    assert not corner_variance(boxes, (0, 1, 2)).any()


def test_marginals_equal_averages_of_predictions(fitted):
    forest, boxes = fitted
    rng = np.random.default_rng(2)
    grid = np.array([0.0, 0.11, 0.5, 0.93, 1.0])
    kinds = (EDGES[2][:-1] + EDGES[2][1:]) / 2
    curve = marginal(boxes, [0], [grid])
    surface = marginal(boxes, [2, 0], [kinds, grid])
    Z = rng.random((40_000, 4))
    Z[:, 2], Z[:, 3] = cells(Z[:, 2], EDGES[2]), cells(Z[:, 3], EDGES[3])
    for i, u in enumerate(grid):
        Z[:, 0] = u
        for t, values in enumerate(forest.tree_values(Z)):
            assert curve[t, i] == pytest.approx(values.mean(), abs=0.01)
            for k, kind in enumerate(kinds):
                assert surface[t, k, i] == pytest.approx(
                    values[np.isclose(Z[:, 2], kind)].mean(), abs=0.015
                )


def test_cutoffs_clip_leaf_values(fitted):
    forest, boxes = fitted
    clipped = leaf_boxes(forest, EDGES, cutoffs=(0.5, 0.9))
    values = clipped.deviation + clipped.mean[clipped.tree]
    original = boxes.deviation + boxes.mean[boxes.tree]
    assert values == pytest.approx(np.clip(original, 0.5, 0.9), abs=1e-12)
    assert (clipped.variance < boxes.variance).all()

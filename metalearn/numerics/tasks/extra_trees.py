"""Extremely randomized trees on weighted bootstrap samples (Geurts, Ernst & Wehenkel 2006).

The trees are those of scikit-learn's `ExtraTreesRegressor(bootstrap=True)`, to the bit, in half of
its time on a few hundred rows: there, the copies and checks of each tree's estimator take as long
as its growth, and importing the ensembles takes as long as thirty trees.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metalearn.core.arrays import Bools, Floats

__all__ = ["grown_trees"]

_MOST_SEED = np.iinfo(np.int32).max


def grown_trees(
    inputs: Floats, outputs: Floats, weights: Floats, seed: int, *, n_trees: int, min_leaf: int
) -> tuple[list[Any], Bools]:  # Any: scikit-learn's compiled trees have no public type
    """Return compiled trees (`estimator.tree_`), and which rows are in each one's sample.

    Args:
        inputs: `(n, n_columns)`, finite; compared in single precision.
        outputs: `(n,)` or `(n, n_outputs)`, finite.
        weights: `(n,)`, non-negative, not all 0: a row is drawn in proportion to its weight.
        seed: Seed of the trees.
        n_trees: Number of trees.
        min_leaf: Least number of drawn rows in a leaf.

    Returns:
        The trees, and `(n, n_trees)`: True if the row is in the tree's bootstrap sample.
    """
    from sklearn import config_context
    from sklearn.tree import ExtraTreeRegressor

    n = len(inputs)
    single = np.ascontiguousarray(inputs, dtype=np.float32)
    shares = (weights / weights.sum()).cumsum()
    shares /= shares[-1]
    # The generator of scikit-learn's forests, which new ones do not reproduce.
    state = np.random.RandomState(seed)
    seeds = state.randint(_MOST_SEED, size=n_trees)
    tree = ExtraTreeRegressor(min_samples_leaf=min_leaf, max_features=0.5, random_state=state)
    trees, drawn = [], np.empty((n, n_trees), dtype=np.bool_)
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for number, own in enumerate(seeds):
            state.seed(own)
            counts = np.bincount(shares.searchsorted(state.random_sample(n), "right"), minlength=n)
            state.seed(own)
            tree.fit(single, outputs, sample_weight=counts, check_input=False)
            trees.append(tree.tree_)
            drawn[:, number] = counts > 0
    return trees, drawn

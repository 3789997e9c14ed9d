"""Forest proximity: supervised similarity of tasks in their meta-features (METHODS 7.1a).

A forest that predicts losses from meta-features averages the losses of the source tasks that share
a leaf with the target. The weights of this average, `w_t = mean over trees of 1[t in leaf] /
|leaf|`, are the similarities of source tasks to the target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.numerics.tasks.extra_trees import grown_trees
from metalearn.numerics.tasks.plain_trees import PlainTrees, plain_trees
from metalearn.numerics.tasks.scaling import QuantileScaling, fit_quantiles

__all__ = ["ForestProximity", "fit_proximity", "principal_components", "steady"]

_FEW_ROWS, _MOST_COLUMNS = 600, 2000


@dataclass(frozen=True, slots=True)
class ForestProximity:
    """A fitted proximity.

    Attributes:
        scaling: Encoding of meta-features.
        trees: Fitted trees; none if there were too few tasks or features.
        leaves: `(n_tasks, n_trees)` leaf of each source task.
        n_tasks: Number of source tasks.
        drawn: `(n_tasks, n_trees)`: True if the task is in the tree's bootstrap sample.
    """

    scaling: QuantileScaling
    trees: PlainTrees
    leaves: Ints
    n_tasks: int
    drawn: Bools

    def weights(self, meta_features: Floats) -> Floats:
        """Return `(n_tasks,)` similarities of the source tasks, non-negative, sum 1.

        Args:
            meta_features: `(n_meta_features,)` of the target; NaN = unknown. If all are unknown,
                or there are no trees, the weights are uniform.
        """
        used = list(self.scaling.columns)
        known = len(meta_features) > 0 and bool(np.isfinite(meta_features[used]).any())
        if not self.trees.n_trees or not known:
            return np.full(self.n_tasks, 1.0 / max(self.n_tasks, 1))
        reached = self.trees.leaves(self.scaling.apply(meta_features[None])[0])
        shares = (self.leaves == reached).astype(np.float64)
        return np.asarray((shares / shares.sum(axis=0)).mean(axis=1))

    def reordered(self, order: Ints) -> ForestProximity:
        """Return the same proximity with the source tasks in another order."""
        leaves, drawn = self.leaves[order], self.drawn[order]
        return replace(self, leaves=np.ascontiguousarray(leaves), drawn=drawn)

    def out_of_bag(self, tasks: Ints | None = None) -> Floats:
        """Return `(n, n_tasks)`: weights of the other tasks for some tasks, rows sum to 1.

        The row of a task uses only trees without it in their bootstrap sample; it is uniform over
        the others if there is no such tree.

        Args:
            tasks: `(n,)` indices; None = all tasks.
        """
        rows = np.arange(self.n_tasks) if tasks is None else tasks
        weights = self._shared_leaves(rows)
        own = np.arange(len(rows)), rows
        weights[own] = 0.0
        others = np.full(weights.shape, 1.0 / max(self.n_tasks - 1, 1))
        others[own] = 0.0
        total = weights.sum(axis=1, keepdims=True)
        return np.asarray(np.where(total > 0, weights / np.maximum(total, 1e-12), others))

    def _shared_leaves(self, rows: Ints) -> Floats:
        """Return `(n, n_tasks)`: shares of leaves, summed over the trees without the task."""
        from scipy.sparse import csr_array

        n_trees = self.leaves.shape[1]
        if not n_trees:
            return np.zeros((len(rows), self.n_tasks))
        n_nodes = int(self.leaves.max()) + 1
        node = self.leaves + n_nodes * np.arange(n_trees)
        size = np.bincount(node.ravel(), minlength=n_nodes * n_trees)

        def by_node(values: Floats, node: Ints) -> csr_array:
            ends = n_trees * np.arange(len(node) + 1)
            shape = (len(node), n_nodes * n_trees)
            return csr_array((values.ravel(), node.ravel(), ends), shape=shape)

        share = np.where(self.drawn[rows], 0.0, 1.0 / np.maximum(size[node[rows]] - 1, 1))
        found = by_node(share, node[rows]) @ by_node(np.ones(node.shape), node).T
        return np.asarray(found.toarray())


def fit_proximity(
    meta_features: Floats,
    targets: Floats,
    weights: Floats,
    rng: np.random.Generator,
    *,
    n_trees: int = 200,
    min_leaf: int = 3,
) -> ForestProximity:
    """Return the proximity fitted on source tasks, by extremely randomized trees.

    Args:
        meta_features: `(n_tasks, n_meta_features)`; NaN = unknown.
        targets: `(n_tasks, n_targets)` outputs that are alike for similar tasks, for instance
            `principal_components` of their losses; finite.
        weights: `(n_tasks,)`, non-negative; tasks of weight 0 do not affect the trees.
        rng: Grows the trees.
        n_trees: Number of trees.
        min_leaf: Least number of tasks in a leaf.
    """
    n_tasks = len(targets)
    scaling = fit_quantiles(meta_features)
    encoded = scaling.apply(meta_features)
    if encoded.shape[1] == 0 or n_tasks < 2 * min_leaf or targets.shape[1] == 0:
        none = np.empty((n_tasks, 0))
        leaves, drawn = none.astype(np.int64), none.astype(np.bool_)
        return ForestProximity(scaling, plain_trees(()), leaves, n_tasks, drawn)
    outputs = targets[:, 0] if targets.shape[1] == 1 else targets
    arrays = (encoded, outputs, weights * n_tasks)
    parts = tuple(_Array(a.astype(np.float64).tobytes(), a.shape) for a in arrays)
    trees, leaves, drawn = _grown(*parts, int(rng.integers(2**31)), n_trees, min_leaf)
    return ForestProximity(scaling, trees, leaves, n_tasks, drawn)


@dataclass(frozen=True, slots=True)
class _Array:
    """An array of float64 as the key of a cache."""

    content: bytes
    shape: tuple[int, ...]

    def read(self) -> Floats:
        """Return the array, read-only."""
        return np.frombuffer(self.content).reshape(self.shape)


@lru_cache(maxsize=16)
def _grown(
    inputs: _Array, outputs: _Array, weights: _Array, seed: int, n_trees: int, min_leaf: int
) -> tuple[PlainTrees, Ints, Bools]:
    """Return trees, leaves and bootstrap samples; the latest ones are cached.

    The known tasks stay the same from call to call, and growing the forest takes most of the time
    of a recommendation.
    """
    encoded = inputs.read()
    trees, drawn = grown_trees(
        encoded, outputs.read(), weights.read(), seed, n_trees=n_trees, min_leaf=min_leaf
    )
    single = encoded.astype(np.float32)
    leaves = np.stack([tree.apply(single) for tree in trees], axis=1).astype(np.int64)
    leaves.flags.writeable = drawn.flags.writeable = False
    return plain_trees(trees), leaves, drawn


def principal_components(values: Floats, n_components: int) -> Floats:
    """Return the first principal components of rows, partly whitened.

    The length of a component is the square root of its singular value. Minor patterns thus keep
    some weight beside the first component, which mostly reflects the difficulty of a task.

    Args:
        values: `(n_rows, n_columns)`, finite. Of more than 600 rows, 2,000 evenly spaced columns
            are used at most.
        n_components: Largest number of components; fewer if the rank is lower.

    Returns:
        `(n_rows, n_found)`, orthogonal columns of mean 0, the first of length 1. The largest entry
        of each is positive, and nine decimals are kept, so that results do not depend on the
        number of threads of the linear algebra library.
    """
    if len(values) > _FEW_ROWS and values.shape[1] > _MOST_COLUMNS:
        values = values[:, np.linspace(0, values.shape[1] - 1, _MOST_COLUMNS).astype(np.int64)]
    centred = values - values.mean(axis=0)
    # The Gram matrix of rows is small: 500 x 500 for 500 x 20,000 values.
    spectrum, vectors = _largest(centred @ centred.T, n_components)
    found = spectrum > 1e-9 * max(float(spectrum[-1]), 1e-300)
    lengths = (spectrum[found] / max(float(spectrum[-1]), 1e-300)) ** 0.25
    components = (vectors[:, found] * lengths)[:, ::-1][:, :n_components]
    return steady(components)


def _largest(gram: Floats, n: int) -> tuple[Floats, Floats]:
    """Return at least the n largest eigenvalues, ascending, and their vectors."""
    if len(gram) <= _FEW_ROWS:
        return np.linalg.eigh(gram)
    from scipy.sparse.linalg import eigsh

    spectrum, vectors = eigsh(gram, n, which="LA", v0=np.ones(len(gram)))
    order = np.argsort(spectrum)
    return np.asarray(spectrum[order]), np.asarray(vectors[:, order])


def steady(components: Floats) -> Floats:
    """Return columns with a fixed sign, rounded to nine decimals relative to the largest entry."""
    if not components.size:
        return components
    scale = max(float(f"{np.abs(components).max():.6g}"), 1e-300)  # rounded, to remove noise
    rounded = np.round(components / scale, 9)
    largest = np.argmax(np.abs(rounded), axis=0)
    signs = np.sign(rounded[largest, np.arange(rounded.shape[1])])
    return np.ascontiguousarray(rounded * np.where(signs == 0, 1.0, signs) * scale)

"""Model-based meta-features: the shape of one unpruned decision tree grown on the table.

Names and definitions are pymfe's (after Peng, Flach, Soares & Brazdil 2002, and Bensusan,
Giraud-Carrier & Kennedy 2000); for regression the tree is a regression tree. The tree is
scikit-learn's. It is grown on all rows while rows x columns stay within `Limits.tree_cells`, else
on as many rows as fit, stratified by target: numbers that count nodes then describe that sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.metafeatures.encoded import as_float32, imputed, indicator_counts
from metalearn.metafeatures.registry import Group, shared
from metalearn.metafeatures.scatter import select_columns
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP", "GrownTree", "grow"]

GROUP = Group("model-based", "The shape of one unpruned decision tree.", needs=("sklearn.tree",))

PENG = "Peng, Flach, Soares & Brazdil 2002"
BENSUSAN = "Bensusan, Giraud-Carrier & Kennedy 2000"
MIN_ROWS = 500
CLASS_CELLS = 4_000_000  # rows x classes; more classes than rows are sampled even if exact


@dataclass(frozen=True, slots=True)
class GrownTree:
    """The arrays of a fitted tree, one entry a node.

    Attributes:
        feature: Column of the test; negative for leaves.
        depth: Depth, 0 for the root.
        n_rows: Rows that reach the node.
        majority: Most frequent class of the node.
        importances: `(n_columns,)`, sum 1.
    """

    feature: Ints
    depth: Ints
    n_rows: Ints
    majority: Ints
    importances: Floats

    @property
    def is_leaf(self) -> Bools:
        """Return which nodes are leaves."""
        return np.asarray(self.feature < 0)

    @property
    def n_leaves(self) -> int:
        """Number of leaves."""
        return int(self.is_leaf.sum())

    @property
    def n_inner(self) -> int:
        """Number of nodes with a test."""
        return len(self.feature) - self.n_leaves

    def leaf_probabilities(self) -> Floats:
        """Return 2^-depth of each leaf: the chance that a random walk ends there."""
        return np.asarray(2.0 ** -self.depth[self.is_leaf].astype(np.float64))


def grow(X: Floats, y: Floats | Ints, *, classify: bool, seed: int = 0) -> GrownTree:
    """Return the unpruned tree of `(n, p)` numbers; `seed` breaks ties between equal splits."""
    from sklearn import config_context
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    model = (DecisionTreeClassifier if classify else DecisionTreeRegressor)(random_state=seed)
    with config_context(skip_parameter_validation=True):  # saves a tenth of the time
        model.fit(as_float32(X), y, check_input=False)
    tree = model.tree_
    majority = tree.value[:, 0, :].argmax(axis=1) if classify else np.zeros(tree.node_count)
    return GrownTree(
        feature=tree.feature.astype(np.int64),
        depth=_depths(tree.children_left, tree.children_right),
        n_rows=tree.n_node_samples.astype(np.int64),
        majority=majority.astype(np.int64),
        importances=tree.compute_feature_importances(),
    )


def _depths(left: Ints, right: Ints) -> Ints:
    depths = np.zeros(len(left), dtype=np.int64)
    level, depth = np.array([0]), 0
    while len(level):
        depths[level] = depth
        inner = level[left[level] >= 0]
        level, depth = np.concatenate([left[inner], right[inner]]), depth + 1
    return depths


@shared
def _tree(view: DatasetView) -> GrownTree:
    if view.n_rows < 2:
        raise Undefined("a tree needs at least two rows")
    indicators = indicator_counts(view)
    width = len(view.numeric) + indicators
    part = view
    rows = max(view.limits.tree_cells // max(width, 1), MIN_ROWS)
    if view.n_classes:  # each node stores the share of every class
        rows = min(rows, max(CLASS_CELLS // view.n_classes, MIN_ROWS))
    if rows < view.n_rows:
        part = view.sample(rows, "tree").with_indicators(indicators)
    block = imputed(part)[select_columns(part)]
    view.check_time()
    return grow(block.T, part.y, classify=view.kind == "classification", seed=view.seed % 2**32)


@GROUP.feature("number of leaves", PENG)
def leaves(view: DatasetView) -> float:
    """Return the number of leaves."""
    return _tree(view).n_leaves


@GROUP.feature("depth of each node", PENG, summarised=True)
def tree_depth(view: DatasetView) -> Floats:
    """Return the depth of each node."""
    return _tree(view).depth.astype(np.float64)


@GROUP.feature("depth of each leaf", PENG, summarised=True)
def leaves_branch(view: DatasetView) -> Floats:
    """Return the length of the branch that leads to each leaf."""
    tree = _tree(view)
    return tree.depth[tree.is_leaf].astype(np.float64)


@GROUP.feature("rows of the leaf / n", BENSUSAN, summarised=True)
def leaves_corrob(view: DatasetView) -> Floats:
    """Return the share of rows that supports each leaf."""
    tree = _tree(view)
    return np.asarray(tree.n_rows[tree.is_leaf] / tree.n_rows[0])


@GROUP.feature("-2^-d log2 2^-d of a leaf at depth d", BENSUSAN, summarised=True)
def tree_shape(view: DatasetView) -> Floats:
    """Return the share of each leaf in the entropy of a random walk from the root."""
    chance = _tree(view).leaf_probabilities()
    return np.asarray(-chance * np.log2(chance))


@GROUP.feature("number of leaves / tree_shape of a leaf", BENSUSAN, summarised=True)
def leaves_homo(view: DatasetView) -> Floats:
    """Return how even the leaves lie."""
    return np.asarray(_tree(view).n_leaves / tree_shape(view))


@GROUP.feature("leaves of a class / leaves", "Filchenkov & Pendryak 2015",
               kinds=("classification",), summarised=True)  # fmt: skip
def leaves_per_class(view: DatasetView) -> Floats:
    """Return the share of leaves of each class that has one."""
    tree = _tree(view)
    if tree.n_leaves == 1:
        raise Undefined("the tree is a single leaf")
    counts = np.bincount(tree.majority[tree.is_leaf])
    return np.asarray(counts[counts > 0] / tree.n_leaves)


@GROUP.feature("number of nodes with a test", PENG)
def nodes(view: DatasetView) -> float:
    """Return the number of nodes that are no leaves."""
    return _tree(view).n_inner


@GROUP.feature("nodes / encoded columns", BENSUSAN)
def nodes_per_attr(view: DatasetView) -> float:
    """Return the nodes per column."""
    tree = _tree(view)
    return tree.n_inner / len(tree.importances)


@GROUP.feature("nodes / rows", BENSUSAN)
def nodes_per_inst(view: DatasetView) -> float:
    """Return the nodes per row."""
    tree = _tree(view)
    return float(tree.n_inner / tree.n_rows[0])


@GROUP.feature("nodes at each depth", PENG, summarised=True)
def nodes_per_level(view: DatasetView) -> Floats:
    """Return the number of nodes at each depth that has one."""
    tree = _tree(view)
    return _counts(tree.depth[~tree.is_leaf])


@GROUP.feature("nodes that test a column", BENSUSAN, summarised=True)
def nodes_repeated(view: DatasetView) -> Floats:
    """Return how often each column that is used is tested."""
    tree = _tree(view)
    return _counts(tree.feature[~tree.is_leaf])


def _counts(values: Ints) -> Floats:
    if not len(values):
        raise Undefined("the tree is a single leaf")
    counts = np.bincount(values)
    return counts[counts > 0].astype(np.float64)


@GROUP.feature("share of the impurity decrease that is due to a column", BENSUSAN, summarised=True)
def var_importance(view: DatasetView) -> Floats:
    """Return the importance of each column in the tree."""
    return _tree(view).importances


@GROUP.feature("-b log2 b, b = 2^-(2^-d times the leaves at depth d)", BENSUSAN, summarised=True)
def tree_imbalance(view: DatasetView) -> Floats:
    """Return the imbalance of each depth that has leaves."""
    chance, counts = np.unique(_tree(view).leaf_probabilities(), return_counts=True)
    balance = 2.0 ** -(chance * counts)
    return np.asarray(-balance * np.log2(balance))

"""Checks the indices inside the trees of a model that was read from a file.

scikit-learn does not check the indices inside a tree; forged ones would make it read memory
outside the tree. Children must come after their parent and lie inside the tree, and splits must
use existing columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metalearn.automl.object_graph import contents_of
from metalearn.errors import InputError

__all__ = ["check_trees"]

_FORGED = "the model holds a tree whose {} make no sense: the file is damaged or forged"


def check_trees(model: Any) -> None:
    """Check all trees that can be reached from an object.

    Args:
        model: Any object; what it holds is followed through attributes and containers.

    Raises:
        InputError: If one has indices outside itself or outside its columns.
    """
    from sklearn.ensemble._base import BaseEnsemble
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
    from sklearn.tree._tree import Tree

    seen: set[int] = set()
    waiting: list[tuple[Any, int | None]] = [(model, None)]
    while waiting:
        found, n_columns = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, Tree):
            _check_tree(found, n_columns)
        elif isinstance(found, TreePredictor):
            _check_predictor(found, n_columns)
        attributes = getattr(found, "__dict__", {})
        own = attributes.get("n_features_in_", n_columns)
        if isinstance(found, BaseEnsemble):
            for part in np.ravel(np.asarray(attributes.get("estimators_", []), dtype=object)):
                if getattr(part, "n_features_in_", own) != own:
                    raise InputError(_FORGED.format("columns"))
        waiting += [(part, own) for part in contents_of(found)]


def _check_tree(tree: Any, n_columns: int | None) -> None:
    if n_columns is None or tree.n_features != n_columns:
        raise InputError(_FORGED.format("columns"))
    left, right = tree.children_left, tree.children_right
    inner = left != -1
    places = np.arange(tree.node_count)
    _check(places, inner, left, right, tree.feature, n_columns)


def _check_predictor(tree: Any, n_columns: int | None) -> None:
    nodes = tree.nodes
    inner = nodes["is_leaf"] == 0
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    _check(np.arange(len(nodes)), inner, left, right, nodes["feature_idx"], n_columns or 0)
    categorical = inner & (nodes["is_categorical"] != 0)
    n_sets = min(len(tree.raw_left_cat_bitsets), len(tree.binned_left_cat_bitsets))
    if categorical.any() and nodes["bitset_idx"][categorical].max() >= n_sets:
        raise InputError(_FORGED.format("categories"))


def _check(places: Any, inner: Any, left: Any, right: Any, column: Any, n_columns: int) -> None:
    n = len(places)
    if not n:
        raise InputError(_FORGED.format("nodes"))
    for child in (left[inner], right[inner]):
        if (child <= places[inner]).any() or (child >= n).any():
            raise InputError(_FORGED.format("nodes"))
    if (column[inner] < 0).any() or (column[inner] >= n_columns).any():
        raise InputError(_FORGED.format("columns"))

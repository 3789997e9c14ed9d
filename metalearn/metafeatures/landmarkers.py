"""Landmarkers: scores of very simple learners (Pfahringer, Bensusan & Giraud-Carrier 2000).

Ten folds; accuracy for classification, R2 (at least -1) for regression. Names and folds are
pymfe's. Three differ deliberately: `elite_nn` and `worst_node` choose their column by the gain of
its best split (pymfe grows a full tree in each fold for it), and `random_node` is the mean over
all columns, which is what pymfe's single drawn column estimates. Larger tables are sampled.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.metafeatures.encoded import as_float32
from metalearn.metafeatures.folds import folded
from metalearn.metafeatures.gaussian import (
    discriminant_accuracy,
    naive_bayes_accuracy,
    r2_by_fold,
    ridge_fit,
)
from metalearn.metafeatures.neighbours import nearest_by_column, one_nn_score
from metalearn.metafeatures.normality import shapiro_wilk
from metalearn.metafeatures.registry import Group
from metalearn.metafeatures.stumps import TIE, stumps
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP", "SCORES"]

GROUP = Group("landmarkers", "Scores of very simple learners by ten folds.")

BENSUSAN = "Bensusan & Giraud-Carrier 2000"
PFAHRINGER = "Pfahringer, Bensusan & Giraud-Carrier 2000"
TWIN = "twin for regression"


@GROUP.feature("score of the best split of all columns", BENSUSAN, summarised=True)
def best_node(view: DatasetView) -> Floats:
    """Return the score of a stump in each fold."""
    data, found = folded(view), stumps(view)
    best = found.best()
    folds = np.arange(data.n_folds)
    scores = found.score[folds, best]
    if data.n_classes:
        gain = found.gain[folds, best][:, None]
        rivals = (found.gain >= gain - TIE * np.abs(gain)) & (found.score != scores[:, None])
        for f in np.flatnonzero(rivals.any(axis=1)):
            scores[f] = _sklearn_stump(view, int(f))
    return scores


def _sklearn_stump(view: DatasetView, f: int) -> float:
    """Return the accuracy of scikit-learn's stump: it chooses at random between equal columns."""
    from sklearn.tree import DecisionTreeClassifier

    data = folded(view)
    rows = as_float32(data.block.T)
    test = data.fold == f
    model = DecisionTreeClassifier(max_depth=1, random_state=view.seed % 2**32)
    model.fit(rows[~test], data.y[~test])
    return float((model.predict(rows[test]) == data.y[test]).mean())


@GROUP.feature("mean score of the best split of each column", BENSUSAN, summarised=True)
def random_node(view: DatasetView) -> Floats:
    """Return the expected score of a stump on a random column in each fold."""
    return np.asarray(stumps(view).score.mean(axis=1))


@GROUP.feature("score of the best split of the least informative column", BENSUSAN,
               summarised=True)  # fmt: skip
def worst_node(view: DatasetView) -> Floats:
    """Return the score of a stump on the column with the least gain in each fold."""
    found = stumps(view)
    return found.score[np.arange(len(found.score)), found.worst()]


@GROUP.feature("score of the nearest neighbour", BENSUSAN, summarised=True)
def one_nn(view: DatasetView) -> Floats:
    """Return the score of 1-NN in each fold (Euclidean, unscaled, as pymfe)."""
    return one_nn_score(view)


@GROUP.feature("score of the nearest neighbour on the most informative column", BENSUSAN,
               summarised=True)  # fmt: skip
def elite_nn(view: DatasetView) -> Floats:
    """Return the score of 1-NN on the column with the largest gain in each fold."""
    data, best = folded(view), stumps(view).best()
    expected = np.empty(data.n_rows)
    for f in range(data.n_folds):
        test = data.fold == f
        column = data.block[best[f]]
        expected[test] = nearest_by_column(column, data.y, test, bool(data.n_classes))
    if not data.n_classes:
        return r2_by_fold(data.y.astype(np.float64), expected, data.fold, data.n_folds)
    right = np.bincount(data.fold, expected, data.n_folds)
    return np.asarray(right / np.bincount(data.fold, minlength=data.n_folds))


@GROUP.feature("accuracy of Gaussian naive Bayes", PFAHRINGER,
               kinds=("classification",), summarised=True)  # fmt: skip
def naive_bayes(view: DatasetView) -> Floats:
    """Return the accuracy of naive Bayes in each fold."""
    return naive_bayes_accuracy(view)


@GROUP.feature("accuracy of linear discriminant analysis", PFAHRINGER,
               kinds=("classification",), summarised=True)  # fmt: skip
def linear_discr(view: DatasetView) -> Floats:
    """Return the accuracy of linear discriminant analysis in each fold."""
    return discriminant_accuracy(view)


@GROUP.feature("R2 of ridge regression on scaled columns", TWIN,
               kinds=("regression",), summarised=True)  # fmt: skip
def ridge(view: DatasetView) -> Floats:
    """Return R2 of ridge regression in each fold."""
    return ridge_fit(view)[0]


@GROUP.feature("Shapiro-Wilk W of the residuals of ridge regression", TWIN, kinds=("regression",))
def residual_normality(view: DatasetView) -> float:
    """Return how normal the residuals of the linear model are; 1 = perfectly."""
    return shapiro_wilk(ridge_fit(view)[1])


SCORES = tuple(name for name, feature in GROUP.features.items() if feature.summarised)
"""Landmarkers that are scores, hence can be ranked among each other."""

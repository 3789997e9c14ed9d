"""Fitted first steps are shared between pipelines, never between rows, and cost what they cost."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.prefixes import PrefixCache, with_prefixes
from metalearn.learners.tables import as_table
from metalearn.pipelines import Gene, Genotype

FITS: list[int] = []


class Counted(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def fit(self, X: Any, y: Any = None) -> Counted:
        FITS.append(len(X))
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> Any:
        return np.asarray(X) + self.shift


def fitted(cache: PrefixCache, X: Any, y: Any, shift: float = 0.0, alpha: float = 1.0) -> Any:
    steps = [("c", Counted(shift)), ("s", StandardScaler()), ("m", Ridge(alpha=alpha))]
    model = Pipeline(steps)
    with_prefixes(model, cache)
    return model.fit(X, y)


def test_a_prefix_is_fitted_once_per_rows_and_settings() -> None:
    rng = np.random.default_rng(0)
    X, y, cache = rng.normal(size=(30, 3)), rng.normal(size=30), PrefixCache()
    FITS.clear()
    first = fitted(cache, X, y)
    second = fitted(cache, X, y, alpha=10.0)
    assert FITS == [30]
    plain = Pipeline([("c", Counted()), ("s", StandardScaler()), ("m", Ridge(alpha=10.0))])
    np.testing.assert_allclose(second.predict(X), plain.fit(X, y).predict(X))
    assert not np.allclose(first.predict(X), second.predict(X))
    FITS.clear()
    fitted(cache, X[:20], y[:20])
    fitted(cache, X, y, shift=1.0)
    fitted(cache, X, -y)
    assert FITS == [20, 30, 30]


def test_what_is_kept_stays_below_the_limit_and_the_oldest_goes_first() -> None:
    rng = np.random.default_rng(0)
    y, cache = rng.normal(size=100), PrefixCache(max_bytes=3 * 2 * 100 * 8.0)
    for shift in range(6):
        fitted(cache, rng.normal(size=(100, 1)), y, shift)
        assert cache.n_bytes <= cache.max_bytes
    assert len(cache) == 3
    fitted(cache, rng.normal(size=(100, 50)), y)  # larger than the limit: nothing is kept
    assert cache.n_bytes <= cache.max_bytes


def test_copies_share_the_cache_and_other_processes_start_empty() -> None:
    cache = PrefixCache()
    rng = np.random.default_rng(0)
    model = fitted(cache, rng.normal(size=(9, 2)), rng.normal(size=9))
    assert clone(model).memory is cache
    assert copy.deepcopy(cache) is cache
    assert len(pickle.loads(pickle.dumps(cache))) == 0


def test_pipelines_within_unions_share_it_too() -> None:
    cache, rng = PrefixCache(), np.random.default_rng(0)
    branch = Pipeline([("c", Counted()), ("s", StandardScaler())])
    model = Pipeline([("u", FeatureUnion([("left", branch), ("p", "passthrough")])),
                      ("m", GaussianNB())])  # fmt: skip
    with_prefixes(model, cache)
    assert branch.memory is cache
    model.fit(rng.normal(size=(20, 2)), np.arange(20) % 2)
    assert len(cache) == 2  # the union, and the first step of its branch


def test_scores_of_an_evaluation_do_not_depend_on_what_is_kept() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 4)), columns=list("abcd"))
    table = as_table(X, pd.Series(np.where(X["a"] > X["b"], "u", "v"), name="y"))
    prepared = PreparedTask(table, Procedure(n_folds=3))
    steps = (Gene.of("pca", {"share": 0.5, "whiten": "no"}), Gene("standard_scaler"))
    bayes = Gene.of("naive_bayes", {"var_smoothing": 1e-9})
    for chain in (steps, (*steps, Gene("min_max_scaler"))):
        configuration = Genotype("scaled", chain, bayes).configuration()
        alone = PreparedTask(table, Procedure(n_folds=3))
        ours = [fold.scores for fold in prepared.evaluate(configuration)]
        assert ours == [fold.scores for fold in alone.evaluate(configuration)]
        again = list(prepared.evaluate(configuration))
        assert ours == [fold.scores for fold in again]
        assert all(fold.fit_s > 0 for fold in again)

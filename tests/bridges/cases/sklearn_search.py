"""scikit-learn: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

from metalearn import bridges
from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n):
    from sklearn.svm import SVC

    asked = []
    scoring = "balanced_accuracy"
    search = warm.to_sklearn_search(SVC(), n_iter=n, random_state=0, scoring=scoring)

    def evaluate(candidates):
        for values in candidates:
            asked.append(configuration_of(search.warm_start_, values.items()))
        search.cv_results_ = {
            "params": list(candidates),
            "mean_test_score": [_score(warm, loss(_in_ours(search, c))) for c in asked],
            "mean_fit_time": [0.1] * len(asked),
        }

    search._run_search(evaluate)
    # What `fit` does at its end; the loss here is not a cross-validated one.
    search.warm_start_.tell(bridges.get("sklearn_search").trials(search.warm_start_, search))
    return [_in_ours(search, c) if warm.mapping is None else c for c in asked], search


def _score(warm, loss):
    return float(warm.metric.score(loss)) if warm.metric else -loss


def _in_ours(search, configuration):
    return search.warm_start_.mapping.to_ours(configuration.hyperparameters)


def user_space():
    from scipy.stats import loguniform

    return {"C": loguniform(0.1, 500), "gamma": loguniform(1e-4, 1.0), "kernel": ["rbf", "poly"]}

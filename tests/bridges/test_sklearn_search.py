"""The warm search is an estimator like GridSearchCV, and its distributions draw ours first."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from metalearn.bridges.sklearn_search import SeedsFirst, WarmSearchCV, distributions
from metalearn.core.warm_start import WarmStart
from metalearn.testing.warm_worlds import planted_warm
from metalearn.workflows.warm_start.user_space import in_user_space, space_mapping

X, Y = load_iris(return_X_y=True)


MAPPING = space_mapping({"C": [0.1, 1.0, 10.0]}, estimator=LogisticRegression())
LOGISTIC = in_user_space(WarmStart(MAPPING.ours, (MAPPING.ours.default(),)), MAPPING, 1)


# GridSearchCV warns in the same way where y is infinite.
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@parametrize_with_checks(
    [
        WarmSearchCV(
            LogisticRegression(),
            warm=LOGISTIC,
            n_iter=2,
            cv=2,
            random_state=0,
            error_score="raise",
        )
    ]
)
def test_it_follows_the_estimator_api(estimator, check):
    check(estimator)


def test_the_initial_design_comes_first_and_the_best_is_refitted():
    warm = planted_warm(n_seeds=4)
    pipeline = make_pipeline(StandardScaler(), SVC())
    search = warm.to_sklearn_search(pipeline, n_iter=7, cv=3, random_state=0).fit(X, Y)
    tried = search.cv_results_["params"]
    assert [p["svc__C"] for p in tried[:4]] == [
        c.hyperparameters["C"] for c in warm.configurations
    ]
    assert tried[0]["svc__class_weight"] is None  # the estimator's word, not ours
    assert len(tried) == 7
    assert search.predict(X).shape == Y.shape


def test_randomized_search_draws_the_initial_design_first_in_every_fit():
    warm = planted_warm(n_seeds=3)
    search = RandomizedSearchCV(SVC(), distributions(warm, SVC()), n_iter=5, cv=2, random_state=0)
    wanted = [c.hyperparameters["gamma"] for c in warm.configurations]
    for _ in range(2):
        tried = search.fit(X, Y).cv_results_["params"]
        assert [p["gamma"] for p in tried[:3]] == wanted


def test_halving_search_begins_with_the_initial_design():
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingRandomSearchCV

    warm = planted_warm(n_seeds=3)
    search = HalvingRandomSearchCV(
        SVC(), distributions(warm, SVC()), n_candidates=6, cv=2, random_state=0
    ).fit(X, Y)
    tried = [p for p, i in zip(search.cv_results_["params"], search.cv_results_["iter"],
                               strict=True) if i == 0]  # fmt: skip
    wanted = [c.hyperparameters["gamma"] for c in warm.configurations]
    assert [p["gamma"] for p in tried[:3]] == wanted


def test_draws_follow_the_prior():
    found = distributions(planted_warm(), SVC(), seeds_first=False)
    drawn = np.log10(found["gamma"].rvs(size=500, random_state=np.random.RandomState(0)))
    assert np.mean(np.abs(drawn - np.log10(0.05)) < 1.0) > 0.43  # uniform: 0.37


def test_seeds_first_begins_anew_with_a_new_generator():
    from scipy.stats import uniform

    found = SeedsFirst([7.0], uniform(0, 1))
    first, second = np.random.RandomState(0), np.random.RandomState(0)
    assert [found.rvs(random_state=first) == 7.0 for _ in range(2)] == [True, False]
    assert found.rvs(random_state=second) == 7.0
    assert len(found.rvs(size=3, random_state=first)) == 3


def test_an_unknown_estimator_says_what_is_known():
    from sklearn.gaussian_process import GaussianProcessClassifier

    with pytest.raises(LookupError, match="SVC"):
        planted_warm().to_sklearn_search(GaussianProcessClassifier()).fit(X, Y)

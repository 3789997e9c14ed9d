"""`AutoMLClassifier`, `AutoMLRegressor`, and `AutoMLLearner`, which takes the one that fits `y`.

scikit-learn estimators: `__init__` stores, `fit` checks and learns. See `metalearn.automl.engine`
for what happens in between, `metalearn.automl.predictor` for the fitted state.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from metalearn.automl.fitting import Fitted, fit, refit
from metalearn.core.task import Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metalearn.automl.engine import Progress

__all__ = ["AutoMLClassifier", "AutoMLLearner", "AutoMLRegressor"]


class _AutoML(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """What classifier and regressor share; see `AutoMLLearner` for the parameters."""

    _kind: Kind | None = None
    _clock: Callable[[], float] = staticmethod(time.monotonic)  # injected by tests
    _progress: Progress | None = None  # set by callers that show progress
    _merges_at_exit = True  # not where the end of the program belongs to the budget

    def __init__(
        self,
        time_budget: float = 60.0,
        *,
        memory_limit: float | None = None,
        metric: Any = None,
        kb: Any = None,
        preset: Any = "default",
        remember: bool = True,
        n_jobs: int = 1,
        random_state: Any = None,
        algorithms: Any = None,
        exclude: Any = (),
        cv: Any = None,
        final_refit: str = "auto",
        calibrate: bool | None = None,
        ensemble: bool = True,
        stack: bool | None = None,
        infer_limit: float | None = None,
        verbose: int | None = None,
        engine: str = "local",
        address: str | None = None,
    ) -> None:
        self.time_budget = time_budget
        self.memory_limit = memory_limit
        self.metric = metric
        self.kb = kb
        self.preset = preset
        self.remember = remember
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.algorithms = algorithms
        self.exclude = exclude
        self.cv = cv
        self.final_refit = final_refit
        self.calibrate = calibrate
        self.ensemble = ensemble
        self.stack = stack
        self.infer_limit = infer_limit
        self.verbose = verbose
        self.engine = engine
        self.address = address

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, groups: Any = None) -> Self:
        """Search, combine and fit within the time budget.

        Called again on the same data, it continues the earlier search.

        Args:
            X: Data frame or array `(n, p)`; mixed types and missing values allowed.
            y: Targets `(n,)`, or the name of a column of `X`; rows without one are left out.
            sample_weight: Weights of the rows, `(n,)`.
            groups: Rows of a group are kept in one fold, `(n,)`.

        Raises:
            InputError: If the data cannot be used.
            UsageError: If a parameter has no meaning.
        """
        self._take(fit(self, X, y, sample_weight, groups, self._clock()))
        return self

    def refit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the same members with the same weights on new data, without any search.

        Args:
            X: As for `fit`.
            y: As for `fit`.
            sample_weight: As for `fit`.
        """
        check_is_fitted(self, "ensemble_")
        self._take(refit(self, X, y, sample_weight))
        return self

    def predict(self, X: Any) -> Any:
        """Return classes or numbers, `(n,)`."""
        values = self._values(X)
        return self.ensemble_.decisions(values)

    def plot(self, axes: Any = None) -> tuple[Axes, Axes]:
        """Draw the loss against seconds and the weights of the members (extra `plots`)."""
        from metalearn.catalogue import catalogue_of

        check_is_fitted(self, "ensemble_")
        drawn: tuple[Axes, Axes] = catalogue_of("plot").get("automl-fit")(self, axes)
        return drawn

    @property
    def best_pipeline_(self) -> Any:  # an untyped scikit-learn Pipeline
        """The pipeline of the member with the lowest loss, fitted."""
        check_is_fitted(self, "ensemble_")
        return self._best_pipeline

    def _values(self, X: Any) -> Any:
        from metalearn.automl.as_fitted import as_fitted
        from metalearn.automl.reading import frame_of

        check_is_fitted(self, "ensemble_")
        frame = frame_of(X)
        named = X if isinstance(X, pd.DataFrame) else frame.to_numpy()
        validate_data(self, named, reset=False, skip_check_array=True)
        return self.ensemble_.values(as_fitted(frame, self.dtypes_))

    def _take(self, fitted: Fitted) -> None:
        """Set the fitted attributes."""
        self.n_features_in_ = len(fitted.columns)
        if fitted.has_names:
            self.feature_names_in_ = np.array(fitted.columns, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if fitted.ensemble.classes is not None:
            self.classes_ = fitted.ensemble.classes
        self.task_kind_ = fitted.ensemble.kind
        self.ensemble_ = fitted.ensemble
        self.leaderboard_ = fitted.leaderboard
        self.trials_ = fitted.trials
        self.metric_ = fitted.metric
        self.score_ = fitted.score
        self.notes_ = fitted.notes
        self.snapshot_ = fitted.snapshot
        self.dtypes_ = fitted.dtypes
        self.was_interrupted_ = fitted.was_interrupted
        self.n_remembered_ = fitted.n_remembered
        self._best_pipeline = fitted.best_pipeline
        self._session = fitted.session

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the data for continuing the same fit."""
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_session", None)
        state.pop("_progress", None)
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        tags.non_deterministic = True  # how far a search gets depends on the machine
        return tags


class AutoMLClassifier(ClassifierMixin, _AutoML):  # type: ignore[misc]  # untyped base
    """Finds, combines and fits classifiers within a time budget; see `AutoMLLearner`."""

    _kind: Kind | None = "classification"

    def predict_proba(self, X: Any) -> Any:
        """Return class probabilities in the order of `classes_`, `(n, n_classes)`."""
        return self._values(X)


class AutoMLRegressor(RegressorMixin, _AutoML):  # type: ignore[misc]  # untyped base
    """Finds, combines and fits regressors within a time budget; see `AutoMLLearner`."""

    _kind: Kind | None = "regression"


def _is_classifier(learner: AutoMLLearner) -> bool:
    return getattr(learner, "task_kind_", "classification") == "classification"


class AutoMLLearner(_AutoML):
    """Finds, combines and fits the models that fit `y`: classifiers or regressors.

    Args:
        time_budget: Seconds from the call of `fit` to its return, everything included.
        memory_limit: Megabytes of this process and its workers together; None for no limit.
        metric: What is optimised: a metric's name, the name of a scikit-learn scorer, or a
            scorer; None for log loss or RMSE.
        kb: The store to learn from and to remember in; None for the default one.
        preset: Name of a strategy (`metalearn systems`), a file such as `mine.py` that defines
            `STRATEGY`, or a `Strategy`.
        remember: Whether finished evaluations go to the store; nothing of the table itself does.
        n_jobs: Worker processes, each of one thread; -1 for one a processor of the engine.
        random_state: Seed.
        algorithms: Only these algorithms; None for all.
        exclude: Names or keys of known tasks to leave out.
        cv: A number of folds, a scikit-learn splitter, or pairs of training and test indices.
        final_refit: `auto`, `always` or `never`: whether members are fitted again on all rows.
        calibrate: Whether probabilities and decisions are calibrated; None for where it helps.
        ensemble: Whether members are combined; else the best single one is taken.
        stack: Whether a second level may learn from members; None for where it pays.
        infer_limit: Seconds per row that a prediction may take.
        verbose: 0 for no progress bar; None for one on terminals and in notebooks.
        engine: Where trials are fitted: `local`, `dask` or `ray`.
        address: Address of a running cluster of that engine.

    Attributes:
        classes_: The classes, sorted (classification).
        n_features_in_: Number of columns.
        feature_names_in_: Their names, where they had some.
        ensemble_: Members, weights and corrections; see `metalearn.automl.predictor`.
        leaderboard_: Data frame of the finished trials, best first.
        trials_: Data frame of all trials in order.
        best_pipeline_: The fitted Pipeline of the best single member.
        metric_: Name of the metric.
        score_: Out-of-fold score of the ensemble.
        notes_: What was left out or went wrong, in words.
        snapshot_: Digest of the store's snapshot behind the advice; empty without advice.
        dtypes_: Types of the columns of the training table, as text.
        was_interrupted_: Whether the search was ended by Ctrl-C.
        n_remembered_: Trials that were written to the store's journal.
    """

    @available_if(_is_classifier)  # type: ignore[untyped-decorator]  # scikit-learn is untyped
    def predict_proba(self, X: Any) -> Any:
        """Return class probabilities in the order of `classes_`, `(n, n_classes)`."""
        return self._values(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return accuracy or R2, as scikit-learn's classifiers and regressors do."""
        from sklearn.metrics import accuracy_score, r2_score

        check_is_fitted(self, "ensemble_")
        measure = accuracy_score if _is_classifier(self) else r2_score
        return float(measure(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, RegressorTags

        tags = super().__sklearn_tags__()
        kind = getattr(self, "task_kind_", None)
        if kind == "classification":
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        elif kind == "regression":
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        tags.target_tags.required = True
        return tags

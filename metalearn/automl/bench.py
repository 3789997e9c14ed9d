"""Fits configurations on the folds of a task and on all of its rows; runs inside a worker.

Prepared tables are cached, one per kind of preparation, fold and fidelity, up to a size limit:
preparation often takes longer than a fit.
"""

from __future__ import annotations

import pickle
import time
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metalearn.automl.fit_task import FitTask
from metalearn.automl.margins import margin_scale, standardized_margins
from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.learners import get
from metalearn.learners.column_kinds import kinds_of
from metalearn.learners.plain_columns import plain_columns
from metalearn.learners.predictions import Predictions, class_predictions, number_predictions
from metalearn.learners.preparation import PreparationRecipe

__all__ = ["Bench", "FoldResult", "Refitted", "quiet", "warm"]

_CACHE_BYTES = 1_000_000_000
_ALL_ROWS = -1
_SCALE_ROWS = 1_000
_LOOKED_AT = 1_000
"""Rows that tell whether skrub will be needed."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldResult:
    """Predictions of the test rows of one fold (float32), and processor seconds.

    Attributes:
        fold: Number of the fold.
        predictions: Predictions of its test rows; margins are standardized.
        prepare_s: Processor seconds of preparing the rows; 0 if they were prepared before.
        fit_s: Processor seconds of the fit.
        predict_s: Processor seconds of the predictions.
        scale: Mean and standard deviation of the training margins, `(2, n_classes)`; None for
            probabilities and numbers.
    """

    fold: int
    predictions: Predictions
    prepare_s: float
    fit_s: float
    predict_s: float
    scale: Floats | None = None


@dataclass(frozen=True, slots=True)
class Refitted:
    """A model fitted on all rows, as bytes of a pickle.

    Attributes:
        model: The estimator for prepared rows.
        preparation: The fitted preparation; None if it was sent before.
        seconds: Processor seconds that it took.
        scale: Of its training margins, as in `FoldResult`.
        pickling_s: Seconds on the clock of making the bytes.
    """

    model: bytes
    preparation: bytes | None
    seconds: float
    scale: Floats | None = None
    pickling_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Prepared:
    pipeline: Any
    train: Any
    test: Any


class Bench:
    """A task on the bench of a worker.

    Args:
        task: The task.
    """

    def __init__(self, task: FitTask) -> None:
        self.task = task
        self._prepared: OrderedDict[tuple[PreparationRecipe, int, float], _Prepared] = (
            OrderedDict()
        )
        self._fitted: dict[int, tuple[Any, Any]] = {}

    def fold(self, configuration: Configuration, fold: int, fidelity: float) -> FoldResult:
        """Return the out-of-fold predictions of one fold; errors of the learner are passed on."""
        if fold == 0:
            self._fitted = {}
        task = self.task
        algorithm = get(configuration.algorithm)
        started = time.process_time()
        rows = task.training_rows(fold, fidelity)
        recipe = algorithm.recipe(task.kind, configuration)
        ready = self._ready(recipe, fold, fidelity, rows)
        prepared = time.process_time()
        model = algorithm.estimator(task.kind, configuration, task.seed)
        model = self._fit(model, ready.train, rows)
        fitted = time.process_time()
        if task.kind == "classification":
            found = class_predictions(model, ready.test, task.classes)
        else:
            found = number_predictions(model, ready.test)
        ended = time.process_time()
        self._fitted[fold] = ready.pipeline, model
        scale = None if found.is_probability else self._scale(model, ready.train)
        values = found.values if scale is None else standardized_margins(found.values, scale)
        small = Predictions(values.astype(np.float32), found.is_probability)
        spent = prepared - started, fitted - prepared, ended - fitted
        return FoldResult(fold, small, *spent, scale)

    def fold_models(self, folds: tuple[int, ...] | None = None) -> list[bytes]:
        """Return pickles of `(preparation, model)` of the folds that were fitted last.

        Args:
            folds: Only of these folds, in this order; None for all.
        """
        wanted = sorted(self._fitted) if folds is None else folds
        return [pickle.dumps(self._fitted[fold], 5) for fold in wanted]

    def refit(
        self, configuration: Configuration, *, seed: int, send_preparation: bool
    ) -> Refitted:
        """Return the pickled model fitted on all rows; errors of the learner are passed on."""
        started = time.process_time()
        pipeline, scale = self.pipeline(configuration, seed=seed)
        preparation, model = pipeline.named_steps.values()
        fitted = time.monotonic()
        sent = pickle.dumps(preparation, 5) if send_preparation else None
        packed = pickle.dumps(model, 5)
        pickling_s = time.monotonic() - fitted
        return Refitted(packed, sent, time.process_time() - started, scale, pickling_s)

    def pipeline(self, configuration: Configuration, *, seed: int) -> tuple[Any, Floats | None]:
        """Return the scikit-learn Pipeline fitted on all rows, and the scale of its margins.

        Preparations are shared.
        """
        from sklearn.pipeline import Pipeline

        task = self.task
        algorithm = get(configuration.algorithm)
        rows = np.arange(task.n_rows)
        recipe = algorithm.recipe(task.kind, configuration)
        ready = self._ready(recipe, _ALL_ROWS, 1.0, rows)
        model = algorithm.estimator(task.kind, configuration, seed)
        model = self._fit(model, ready.train, rows)
        return Pipeline([("prepare", ready.pipeline), ("model", model)]), self._scale(
            model, ready.train
        )

    def _scale(self, model: Any, A: Any) -> Floats | None:
        """Return the scale of a model's training margins; None if it has probabilities."""
        from sklearn.utils import _safe_indexing

        if self.task.kind == "regression" or hasattr(model, "predict_proba"):
            return None
        some = np.linspace(0, len(A) - 1, min(len(A), _SCALE_ROWS)).astype(np.int64)
        part = _safe_indexing(A, some)
        return margin_scale(class_predictions(model, part, self.task.classes).values)

    def _ready(
        self, recipe: PreparationRecipe, fold: int, fidelity: float, rows: Ints
    ) -> _Prepared:
        key = (recipe, fold, fidelity)
        if key not in self._prepared:
            pipeline = recipe.pipeline()
            train = pipeline.fit_transform(self.task.X.iloc[rows], self.task.y[rows])
            test = None
            if fold != _ALL_ROWS:
                held_out = self.task.validation.splits[fold][1]
                test = pipeline.transform(self.task.X.iloc[held_out])
            self._prepared[key] = _Prepared(pipeline, train, test)
            self._make_room()
        self._prepared.move_to_end(key)
        return self._prepared[key]

    def _make_room(self) -> None:
        def size(entry: _Prepared) -> int:
            return _n_bytes(entry.train) + (0 if entry.test is None else _n_bytes(entry.test))

        total = sum(map(size, self._prepared.values()))
        while total > _CACHE_BYTES and len(self._prepared) > 1:
            total -= size(self._prepared.popitem(last=False)[1])

    def _fit(self, model: Any, A: Any, rows: Ints) -> Any:
        from sklearn.utils import _safe_indexing

        y = self.task.y[rows]
        if self.task.weight is None:
            return model.fit(A, y)
        weight = self.task.weight[rows]
        if _takes_weights(model):
            return model.fit(A, y, sample_weight=weight)
        drawn = _by_weight(weight, len(rows), self.task.seed)
        if self.task.kind == "classification" and len(np.unique(y[drawn])) < 2:
            drawn = np.arange(len(rows))
        return model.fit(_safe_indexing(A, drawn), y[drawn])


def warm(X: pd.DataFrame | None = None) -> None:
    """Import what fits need, on this table, before workers are forked from this process.

    Models that come back from workers need it here, too, at the end of the time budget.
    """
    import sklearn.ensemble
    import sklearn.linear_model
    import sklearn.svm  # noqa: F401

    if X is not None and None in kinds_of(plain_columns(X.head(_LOOKED_AT))):
        import metalearn.learners.text_hash_encoder  # noqa: F401  # skrub takes a second


def quiet() -> warnings.catch_warnings:
    """Return a context in which learners do not warn."""
    return warnings.catch_warnings(action="ignore")


def _n_bytes(prepared: Any) -> int:
    """Return the size of a prepared matrix, or of a data frame with categories."""
    if hasattr(prepared, "memory_usage"):
        return int(prepared.memory_usage().sum())
    return int(prepared.nbytes)


def _takes_weights(model: Any) -> bool:
    from sklearn.utils.validation import has_fit_parameter

    inner = getattr(model, "regressor", model)  # of a scaled target
    return bool(has_fit_parameter(inner, "sample_weight"))


def _by_weight(weight: Any, n: int, seed: int) -> Ints:
    """Return rows drawn in proportion to their weight, evenly spaced: for learners without."""
    edges = np.cumsum(weight) / np.sum(weight)
    at = (np.arange(n) + np.random.default_rng([seed, 6]).random()) / n
    return np.asarray(np.minimum(np.searchsorted(edges, at), n - 1), dtype=np.int64)

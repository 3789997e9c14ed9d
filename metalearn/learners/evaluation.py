"""Evaluating one configuration on one task, fold by fold, in the process that calls it.

The estimation procedure (rows, folds, seed) is part of the task: scores of different procedures
are never in one matrix. Seconds are processor seconds of one thread, so that they do not depend
on what else the machine does.
"""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np

from metalearn.core.arrays import Ints
from metalearn.core.configuration import Configuration
from metalearn.core.task import Task
from metalearn.errors import InputError
from metalearn.learners import get
from metalearn.learners.model_measures import ModelMeasures, model_measures
from metalearn.learners.predictions import Predictions, class_predictions, number_predictions
from metalearn.learners.prefixes import PrefixCache, with_prefixes
from metalearn.learners.preparation import PreparationRecipe
from metalearn.learners.scores import labels_of, predicted_scores, regression_scores
from metalearn.learners.tables import Table

__all__ = ["FoldScores", "PreparedTask", "Procedure"]

_MIN_TRAINING = 10
_ENOUGH_S, _MOST_CALLS = 0.02, 50
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Procedure:
    """How a score is estimated: cross-validation on at most so many rows.

    Attributes:
        max_rows: Larger tables are subsampled to this many rows, classes in proportion.
        max_cells: Wide tables are subsampled further, to this many rows times columns,
            but never below 500 rows.
        n_folds: Folds of small tables; stratified for classification, shuffled.
        n_folds_large: Folds of tables of more than `large` rows.
        large: Number of rows, after subsampling, from which a table counts as large.
        seed: Seed of the subsample and of the folds.
    """

    max_rows: int = 2000
    max_cells: int = 100_000
    n_folds: int = 5
    n_folds_large: int = 3
    large: int = 500
    seed: int = 0

    def rows_of(self, n_rows: int, n_columns: int) -> int:
        """Return how many rows of a table are used."""
        by_cells = max(500, self.max_cells // max(n_columns, 1))
        return min(n_rows, self.max_rows, by_cells)

    def folds_of(self, n_rows: int) -> int:
        """Return the number of folds for so many used rows."""
        return self.n_folds_large if n_rows > self.large else self.n_folds

    def to_json(self) -> str:
        """Return the procedure as canonical JSON, for the store."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True, slots=True)
class FoldScores:
    """Scores and seconds of one fold.

    Attributes:
        fold: Its number, from 0.
        scores: Score by metric.
        fit_s: Processor seconds of preparation and fit.
        predict_s: Processor seconds of the predictions on the test rows.
        predictions: Predictions of the test rows `splits[fold][1]`, if requested: over
            all classes in the order of `codes`, or numbers. They never enter a store.
        model: Size and columns of the fitted model, if requested.
    """

    fold: int
    scores: dict[str, float]
    fit_s: float
    predict_s: float
    predictions: Predictions | None = None
    model: ModelMeasures | None = None


class _PreparedFold(NamedTuple):
    """Training and test rows as a model reads them, the seconds, and the fitted preparation."""

    train: Any
    test: Any
    fit_s: float
    transform_s: float
    pipeline: Any


@dataclass(frozen=True)
class PreparedTask:
    """A table under a procedure; prepared folds are kept, and first steps of pipelines.

    Attributes:
        table: The table.
        procedure: Rows and folds.
        measures_costs: Whether an evaluation also returns size and columns of the fitted models,
            and repeats what is too fast for the clock.
    """

    table: Table
    procedure: Procedure
    measures_costs: bool = False
    _folds: dict[tuple[PreparationRecipe, int, float], _PreparedFold] = field(
        default_factory=dict, repr=False
    )
    _prefixes: PrefixCache = field(default_factory=PrefixCache, repr=False)

    @cached_property
    def task(self) -> Task:
        """The task; its key identifies the table's content and the procedure."""
        procedure = hashlib.sha256(self.procedure.to_json().encode()).hexdigest()[:6]
        return self.table.task(f"table:{self.table.name}@{self.table.digest()}-{procedure}")

    @cached_property
    def rows(self) -> Ints:
        """Indices of the rows that are used, sorted."""
        n, p = self.table.X.shape
        size = self.procedure.rows_of(n, p)
        if size >= n:
            return np.arange(n)
        rng = np.random.default_rng([self.procedure.seed, 1])
        return self._some(np.arange(n), size, rng)

    @cached_property
    def codes(self) -> Ints:
        """Classes of all rows as integers, in sorted order of their text."""
        text = self.table.y.astype(str).to_numpy()
        return np.asarray(np.unique(text, return_inverse=True)[1], dtype=np.int64)

    @cached_property
    def splits(self) -> list[tuple[Ints, Ints]]:
        """Training and test rows of each fold, as indices into the whole table.

        Raises:
            InputError: If no class has two rows.
        """
        from sklearn.model_selection import KFold, StratifiedKFold

        rows = self.rows
        is_regression = self.table.kind == "regression"
        folds = KFold if is_regression else StratifiedKFold
        target = np.zeros(len(rows), dtype=np.int64) if is_regression else self.codes[rows]
        # Classes that all have fewer rows than there are folds allow only so many folds.
        n_folds = min(self.procedure.folds_of(len(rows)), int(np.bincount(target).max()))
        if n_folds < 2:
            raise InputError(
                f"{self.table.name}: each class has one row only among the {len(rows)} rows used; "
                "expected classes of several rows"
            )
        splitter = folds(n_folds, shuffle=True, random_state=self.procedure.seed)
        with warnings.catch_warnings():  # rare classes may be missing in some folds
            warnings.simplefilter("ignore", UserWarning)
            return [(rows[a], rows[b]) for a, b in splitter.split(rows, target)]

    def training_rows(self, fold: int, fidelity: float = 1.0) -> Ints:
        """Return the rows that a fold learns from: at low fidelity a share, never below 10.

        Shares are nested: a larger one holds all rows of a smaller one.
        """
        train = self.splits[fold][0]
        size = max(round(fidelity * len(train)), min(_MIN_TRAINING, len(train)))
        if size >= len(train):
            return train
        return self._some(train, size, np.random.default_rng([self.procedure.seed, 2, fold]))

    def evaluate(
        self,
        configuration: Configuration,
        *,
        seed: int = 0,
        fidelity: float = 1.0,
        with_predictions: bool = False,
    ) -> Iterator[FoldScores]:
        """Yield the scores of each fold; errors of the learner are passed on.

        Args:
            configuration: What to evaluate.
            seed: Seed of the learner.
            fidelity: Share of the training rows of each fold to learn from, in (0, 1].
            with_predictions: Whether to return the predictions of the test rows as well.
        """
        for fold in range(len(self.splits)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                scores = self._evaluated(configuration, fold, seed, fidelity, with_predictions)
            yield scores

    def _some(self, rows: Ints, size: int, rng: np.random.Generator) -> Ints:
        """Return `size` of the rows at random, sorted; classes in proportion, at least two."""
        if self.table.kind == "regression":
            return np.sort(rng.choice(rows, size, replace=False))
        order = rows[rng.permutation(len(rows))]
        codes = self.codes[order]
        # Position of each row within its class, as a share: the first `size / n` of every class.
        position, place = np.empty(len(rows)), np.empty(len(rows))
        for c in np.unique(codes):
            mine = np.flatnonzero(codes == c)
            place[mine] = np.arange(len(mine))
            position[mine] = (place[mine] + 0.5) / len(mine)
        chosen = np.argsort(position, kind="stable")
        if len(np.unique(codes[chosen[:size]])) < 2:  # all other classes are too rare: keep some
            kept = place < self.procedure.n_folds
            chosen = np.argsort(np.where(kept, 0.0, position), kind="stable")
        return np.sort(order[chosen[:size]])

    def _evaluated(
        self,
        configuration: Configuration,
        fold: int,
        seed: int,
        fidelity: float,
        with_predictions: bool,
    ) -> FoldScores:
        algorithm = get(configuration.algorithm)
        train, test = self.training_rows(fold, fidelity), self.splits[fold][1]
        ready = self._prepared(algorithm.recipe(self.table.kind, configuration), fold, fidelity)
        model = algorithm.estimator(self.table.kind, configuration, seed)
        is_regression = self.table.kind == "regression"
        y = self._target
        self._prefixes.saved_s()  # forget what a fit that failed has left
        if not self.measures_costs:  # fits are repeated then, and none may be saved
            with_prefixes(model, self._prefixes)
        _, fit_s = self._timed(lambda: model.fit(ready.train, y[train]))
        fit_s += self._prefixes.saved_s()
        if is_regression:
            predicted, predict_s = self._timed(lambda: number_predictions(model, ready.test))
            scores = regression_scores(predicted.values, y[test], float(np.var(y)))
        else:
            every = np.arange(int(self.codes.max()) + 1)
            predicted, predict_s = self._timed(lambda: class_predictions(model, ready.test, every))
            labels = labels_of(model, ready.test, predicted)
            scores = predicted_scores(predicted, y[test], labels)
        return FoldScores(
            fold, scores, ready.fit_s + fit_s, ready.transform_s + predict_s,
            predicted if with_predictions else None,
            model_measures(ready.pipeline, model) if self.measures_costs else None,
        )  # fmt: skip

    def prepare(self, configuration: Configuration, fidelity: float = 1.0) -> None:
        """Prepare all folds for a configuration, so that `evaluate` only fits and predicts."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for fold in range(len(self.splits)):
                recipe = get(configuration.algorithm).recipe(self.table.kind, configuration)
                self._prepared(recipe, fold, fidelity)

    @cached_property
    def _target(self) -> Any:
        """Numbers, or classes as integers, of all rows."""
        if self.table.kind == "regression":
            return self.table.y.to_numpy(dtype=np.float64)
        return self.codes

    def _prepared(self, recipe: PreparationRecipe, fold: int, fidelity: float) -> _PreparedFold:
        if (recipe, fold, fidelity) not in self._folds:
            train, test = self.training_rows(fold, fidelity), self.splits[fold][1]
            pipeline = recipe.pipeline()
            learn, apply = self.table.X.iloc[train], self.table.X.iloc[test]
            y = self._target[train]
            A, fit_s = self._timed(lambda: _plain(pipeline.fit_transform(learn, y), recipe))
            B, transform_s = self._timed(lambda: _plain(pipeline.transform(apply), recipe))
            self._folds[recipe, fold, fidelity] = _PreparedFold(A, B, fit_s, transform_s, pipeline)
        return self._folds[recipe, fold, fidelity]

    def _timed(self, call: Callable[[], _Result]) -> tuple[_Result, float]:
        """Return what a call returns, and its processor seconds.

        If costs are measured, it is repeated until the clock has moved enough: on some systems
        the clock of the processor moves in steps of milliseconds.
        """
        started = time.process_time()
        n_calls = 0
        while True:
            result = call()
            n_calls += 1
            spent_s = time.process_time() - started
            if not self.measures_costs or spent_s >= _ENOUGH_S or n_calls == _MOST_CALLS:
                return result, spent_s / n_calls


def _plain(
    prepared: Any, recipe: PreparationRecipe
) -> Any:  # a matrix; a data frame keeps categories
    return prepared if recipe.kind == "native" else np.asarray(prepared)

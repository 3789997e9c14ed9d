"""Population-based training on a table: the best model, and the schedule that made it.

The table is cut into rows to train on, rows that decide which members are copied, and rows that
choose the final model. Copies are deep: a copied network keeps the state of its optimizer and of
its random numbers.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.arrays import Ints
from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.task import Kind, Task
from metalearn.core.trial import Trial
from metalearn.errors import EvaluationError, UnknownNameError, UsageError
from metalearn.learners.preparation import preparation_pipeline
from metalearn.learners.resumable import RESUMABLE, Resumable
from metalearn.learners.scores import classification_scores, regression_scores
from metalearn.learners.tables import Table
from metalearn.optimizers.population import Population, lineage_of
from metalearn.workflows.recommend.metric_choice import chosen_metric
from metalearn.workflows.tables.reading import checked_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PopulationTraining", "train_population"]

_SHARES = (0.6, 0.2)  # of rows: to train on, to select on; the rest chooses the final model


@dataclass(frozen=True, eq=False)
class PopulationTraining:
    """A finished training of a population.

    Attributes:
        task: The task.
        metric: Metric of the scores.
        learner: Name of the learner.
        trials: One trial per member and round, in order; `loss` is that of the selection rows.
        best: The trial of the final model.
        model: A fitted scikit-learn Pipeline for the raw table: preparation and final model.
        score: Score of the final model on the rows that chose it.
        resource: Epochs or trees of a member in a round.
        unit: `epochs` or `trees`.
    """

    task: Task
    metric: Metric
    learner: str
    trials: tuple[Trial, ...]
    best: Trial
    model: Any
    score: float
    resource: int
    unit: str

    @property
    def schedule(self) -> pd.DataFrame:
        """The hyperparameters of the final model over its rounds: a row per round."""
        import pandas as pd

        path = lineage_of(self.trials, self.best)
        rows = [
            {"round": i, self.unit: i * self.resource, **trial.configuration.hyperparameters,
             "score": self.metric.score(trial.loss)}
            for i, trial in enumerate(path, start=1)
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per trial: trial, parent, round, score, copied, configuration."""
        import pandas as pd

        n_members = sum(trial.parent is None for trial in self.trials)
        by_number = {trial.number: trial for trial in self.trials}
        rows = []
        for trial in self.trials:
            parent = by_number.get(trial.parent)
            rows.append(
                {
                    "trial": trial.number,
                    "parent": trial.parent,
                    "round": (trial.number or 0) // n_members + 1,
                    "score": self.metric.score(trial.loss),
                    "copied": parent is not None and parent.configuration != trial.configuration,
                    "configuration": trial.configuration,
                }
            )
        return pd.DataFrame(rows)


def train_population(
    X: Any,
    y: Any = None,
    *,
    learner: str = "mlp",
    n_members: int = 16,
    n_rounds: int = 20,
    resource: int = 2,
    metric: str | None = None,
    kind: Kind | None = None,
    initial: Sequence[Configuration] = (),
    seed: int = 0,
    progress: Callable[[Trial], object] = lambda *_: None,
) -> PopulationTraining:
    """Train a population on a data set and return its best model (Jaderberg et al. 2017).

    Args:
        X: A data frame or array of features, mixed types and missing values allowed; or a `Table`.
        y: The target, one value per row; or the name of the target column in `X`.
        learner: Name of a resumable learner: `mlp`, `sgd` or `gradient_boosting`.
        n_members: Size of the population.
        n_rounds: Number of rounds; after each, the worst members copy good ones.
        resource: Epochs or trees of a member in a round.
        metric: Name of the metric; None takes balanced accuracy or R2.
        kind: `classification` or `regression`; guessed from `y` if None.
        initial: Configurations of the first members; the others are drawn.
        seed: Seed of everything random.
        progress: Called with each trial.

    Raises:
        InputError: If the data cannot be used.
        UnknownNameError: If the learner or the metric is unknown.
        EvaluationError: If no member could be trained.
    """
    made = _resumable(learner, resource)
    table = checked_table(X, y, kind=kind)
    chosen = chosen_metric(table.kind, metric)
    parts = _parts(table, seed)
    pipeline = preparation_pipeline(made.preparation)
    pipeline.fit(table.X.iloc[parts[0]])
    data = _Data(table, pipeline, parts, chosen)
    population = Population(
        made.space(table.kind), initial=initial, rng=np.random.default_rng(seed),
        n_members=n_members, n_rounds=n_rounds, mutable=made.mutable,
    )  # fmt: skip
    models: dict[int, Any] = {}
    for _ in range(n_rounds):
        members = population.ask(n_members)
        models = _round(made, data, population, members, models, resource, seed, progress)
    last = [trial for trial in population.trials[-n_members:] if trial.status == "ok"]
    if not last:
        raise EvaluationError(f"no member of {n_members} could be trained; choose another learner")
    final = {trial.number: data.loss(models[trial.number or 0], 2) for trial in last}
    best = min(last, key=lambda trial: final[trial.number])
    pipeline.steps.append(("model", models[best.number or 0]))
    return PopulationTraining(
        table.task(), chosen, learner, tuple(population.trials), best, pipeline,
        float(chosen.score(final[best.number])), resource, made.unit,
    )  # fmt: skip


def _resumable(learner: str, resource: int) -> Resumable:
    if learner not in RESUMABLE:
        raise UnknownNameError("resumable learner", learner, tuple(RESUMABLE))
    if resource < 1:
        raise UsageError(f"resource must be at least 1, got {resource}")
    return RESUMABLE[learner]


def _round(
    made: Resumable,
    data: _Data,
    population: Population,
    members: Sequence[Trial],
    before: Mapping[int, Any],
    resource: int,
    seed: int,
    progress: Callable[[Trial], object],
) -> dict[int, Any]:
    """Train each member further from the models of the round before; return its models."""
    models: dict[int, Any] = {}
    for trial in members:
        model, finished = _trained(made, data, trial, before, resource, seed)
        models[trial.number or 0] = model
        population.tell(finished)
        progress(finished)
    return models


class _Data:
    """Prepared parts of a table."""

    def __init__(
        self, table: Table, pipeline: Any, parts: tuple[Ints, Ints, Ints], metric: Metric
    ) -> None:
        self.kind, self.parts, self.metric = table.kind, parts, metric
        self.prepared = [
            np.asarray(pipeline.transform(table.X.iloc[rows]), dtype=np.float64) for rows in parts
        ]
        is_regression = table.kind == "regression"
        self.values: Any = table.y.to_numpy(dtype=np.float64 if is_regression else None)

    def training(self) -> tuple[Any, Any]:
        """Return the rows to train on and their targets."""
        return self.prepared[0], self.values[self.parts[0]]

    def loss(self, model: Any, part: int) -> float:
        """Return the loss of a model on a part; NaN if it is not defined."""
        X, y = self.prepared[part], self.values[self.parts[part]]
        if self.kind == "regression":
            scores = regression_scores(model.predict(X), y, float(np.var(self.values)))
        else:
            codes = np.searchsorted(model.classes_, y)
            scores = classification_scores(_Coded(model), X, codes, len(model.classes_))
        return float(self.metric.loss(scores.get(self.metric.name, float("nan"))))


class _Coded:
    """A classifier whose classes are integer codes, as the scores expect."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.classes_ = np.arange(len(model.classes_))

    def predict_proba(self, X: Any) -> Any:
        return self.model.predict_proba(X)


def _parts(table: Table, seed: int) -> tuple[Ints, Ints, Ints]:
    """Return the rows to train on, to select on and to choose the final model on."""
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(table.X))
    counts = table.y.value_counts()
    is_stratified = table.kind != "regression" and int(counts.min()) >= 5
    y = table.y.to_numpy()
    strata = y if is_stratified else None
    first, rest = train_test_split(rows, train_size=_SHARES[0], stratify=strata, random_state=seed)
    second, third = train_test_split(
        rest, train_size=0.5, stratify=y[rest] if is_stratified else None, random_state=seed
    )
    return first, second, third


def _trained(
    learner: Resumable,
    data: _Data,
    trial: Trial,
    before: Mapping[int, Any],
    resource: int,
    seed: int,
) -> tuple[Any, Trial]:
    """Return the model of a trial, trained one round further, and the finished trial."""
    values = trial.configuration.hyperparameters
    if trial.parent is None:
        model = learner.begin(data.kind, values, seed + (trial.number or 0))
    else:
        model = copy.deepcopy(before[trial.parent])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            learner.continue_fit(model, *data.training(), resource, values)
            return model, trial.finished(data.loss(model, 1))
    except ValueError:  # scikit-learn's error for weights that are no longer finite
        return model, trial.failed()

"""A fit of AutoML on a table, with what its faces show: the command line and the report."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metalearn.automl.engine import Progress
from metalearn.automl.model_metadata import leaderboard_rows, metadata_of
from metalearn.core.task import Task
from metalearn.errors import UsageError
from metalearn.learners.tables import Table

if TYPE_CHECKING:
    from metalearn.automl.estimators import AutoMLClassifier, AutoMLRegressor

__all__ = ["FitOptions", "TableFit", "document_of", "fit_table"]

_LEAST_S = 0.5
_SAVE_S, _SAVE_SHARE = 1.0, 0.02
"""Seconds kept for writing the model, and the share of the budget besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """What a user asks of a fit.

    Attributes:
        time_budget_s: Seconds on the clock for everything, reading the table included.
        preset: Name of a strategy.
        metric: Name of a metric or of a scikit-learn scorer; None for log loss or RMSE.
        memory_limit_mb: Megabytes of all processes together; None for no limit.
        algorithms: Only these algorithms; None for all.
        exclude: Known tasks to leave out of the memory.
        kb: Path of the store; None for the default one.
        remember: Whether finished evaluations go to the store.
        jobs: Worker processes; -1 for one a processor of the engine.
        seed: Seed of everything random.
        saves: Whether the model is written to a file afterwards, within the budget.
        engine: Where trials are fitted: `local`, `dask` or `ray`.
        address: Address of a running cluster of that engine.
    """

    time_budget_s: float = 60.0
    preset: str = "default"
    metric: str | None = None
    memory_limit_mb: float | None = None
    algorithms: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    kb: str | None = None
    remember: bool = True
    jobs: int = 1
    seed: int = 0
    saves: bool = False
    engine: str = "local"
    address: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TableFit:
    """A fitted model of a table.

    Attributes:
        table: The table.
        model: The fitted estimator.
        seconds: Seconds that the fit took, reading the table included.
        budget_s: Seconds that it was given.
        reading_s: Seconds that reading the table took.
    """

    table: Table
    model: AutoMLClassifier | AutoMLRegressor
    seconds: float
    budget_s: float
    reading_s: float = 0.0

    @property
    def task(self) -> Task:
        """The table as a task."""
        return self.table.task()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know, one sentence each."""
        return (*self.table.notes, *self.model.notes_)

    def about(self) -> dict[str, Any]:
        """Return the description of the fit for a model file."""
        task = self.task
        return {
            "name": task.name,
            "kind": task.kind,
            "n_rows": task.n_rows,
            "n_features": task.n_features,
            "n_classes": task.n_classes,
            "target": self.table.target,
            "seconds": round(self.seconds, 3),
            "time_budget": self.budget_s,
            "interrupted": bool(self.model.was_interrupted_),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the document of `metalearn fit --json`."""
        metadata = metadata_of(self.model, self.about())
        return {**document_of(metadata), "notes": list(self.notes)}


def document_of(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON document of a model's leaderboard from its metadata."""
    about = metadata["about"]
    task = ("name", "kind", "n_rows", "n_features", "n_classes", "target")
    return {
        "task": {name: about.get(name) for name in task} | {"kind": metadata["task"]},
        "metric": metadata["metric"],
        "score": metadata["score"],
        "snapshot": metadata["snapshot"],
        "seconds": about.get("seconds"),
        "time_budget": about.get("time_budget"),
        "interrupted": about.get("interrupted", False),
        "created": metadata["created"],
        "members": metadata["members"],
        "leaderboard": leaderboard_rows(metadata),
        "notes": metadata["notes"],
    }


def fit_table(
    table: Table,
    options: FitOptions,
    *,
    progress: Progress | None = None,
    started: float | None = None,
) -> TableFit:
    """Return the model that AutoML fits to a table within a time budget.

    Args:
        table: The table.
        options: The options of the user.
        progress: Called after every result with seconds gone, the budget, and the trials so far.
        started: When the work began, on the monotonic clock; now if None.

    Raises:
        UsageError: If an option has no meaning, or reading the table took the whole budget.
    """
    from metalearn.automl.estimators import AutoMLClassifier, AutoMLRegressor

    started = time.monotonic() if started is None else started
    gone = time.monotonic() - started
    left = _seconds_left(options, gone)
    chosen = AutoMLRegressor if table.kind == "regression" else AutoMLClassifier
    model = chosen(
        left if options.time_budget_s > 0 else options.time_budget_s,
        memory_limit=options.memory_limit_mb,
        metric=options.metric,
        kb=options.kb,
        preset=options.preset,
        remember=options.remember,
        n_jobs=options.jobs,
        random_state=options.seed,
        algorithms=options.algorithms,
        exclude=options.exclude,
        verbose=0,
        engine=options.engine,
        address=options.address,
    )
    model._progress = progress
    model._merges_at_exit = False
    model.fit(table.X, table.y)
    model.time_budget = options.time_budget_s
    return TableFit(table, model, time.monotonic() - started, options.time_budget_s, gone)


def _seconds_left(options: FitOptions, gone_s: float) -> float:
    """Return the seconds for the fit, after reading the table and before saving the model.

    Raises:
        UsageError: If reading took most of the budget.
    """
    left = options.time_budget_s - gone_s
    if options.time_budget_s > 0 and left < min(_LEAST_S, options.time_budget_s / 2):
        raise UsageError(
            f"--time-budget: reading the table took {gone_s:.1f} s, the budget is "
            f"{options.time_budget_s:g} s; give at least {2 * gone_s + 5:.0f} s"
        )
    if options.saves:
        left -= min(_SAVE_S + _SAVE_SHARE * options.time_budget_s, 0.2 * left)
    return left

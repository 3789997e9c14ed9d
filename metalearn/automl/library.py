"""The library of a fit: every trial, and the out-of-fold predictions of those that finished."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from metalearn.automl.bench import FoldResult
from metalearn.automl.fit_task import FitTask
from metalearn.automl.margins import cross_calibrated, fitted_calibrator
from metalearn.automl.objective import MetricLoss
from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.numerics.temperature import normalized

__all__ = ["FitTrial", "Library", "Source"]

Source = Literal["opening", "recommended", "search", "stacked", "remembered"]
Status = Literal["ok", "dropped", "partial", "failed", "timeout", "crashed", "memory"]


@dataclass(frozen=True, slots=True, eq=False)
class FitTrial:
    """One configuration tried.

    Attributes:
        configuration: What was tried.
        source: Where it came from.
        status: `ok` if all folds finished; `dropped` if the first folds were poor; `partial` for
            a share of the rows.
        reason: Why it did not finish, in words.
        loss: Out-of-fold loss over all folds that finished; NaN if none did.
        fold_losses: Loss of each fold that finished.
        prepare_s: Processor seconds of preparing the rows, by the median fold; 0 where an earlier
            trial did it.
        fit_s: Processor seconds of all fits.
        predict_s: Seconds of all predictions.
        fidelity: Share of the training rows.
        ended_s: Seconds since the fit began.
        predictions: Out-of-fold predictions, as probabilities where there are classes; None
            unless `ok`.
        calibrator: The map from margins to probabilities; None if there are no margins.
        scales: The scale of the training margins of each fold; empty if there are no margins.
        fold_models: Pickled `(preparation, model)` of each fold of one partition; empty if not
            kept.
    """

    configuration: Configuration
    source: Source
    status: Status
    reason: str = ""
    loss: float = float("nan")
    fold_losses: tuple[float, ...] = ()
    prepare_s: float = 0.0
    fit_s: float = 0.0
    predict_s: float = 0.0
    fidelity: float = 1.0
    ended_s: float = 0.0
    predictions: Any = None  # float32 array
    calibrator: Any = None
    scales: tuple[Floats, ...] = ()
    fold_models: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def seconds(self) -> float:
        """Seconds of fits and predictions."""
        return self.fit_s + self.predict_s


class Library:
    """All trials of a fit.

    Args:
        task: The task.
        objective: What is minimised.
    """

    def __init__(self, task: FitTask, objective: MetricLoss) -> None:
        self.task, self.objective = task, objective
        self.trials: list[FitTrial] = []

    @property
    def finished(self) -> list[int]:
        """Positions of the trials with out-of-fold predictions, best first."""
        done = [i for i, trial in enumerate(self.trials) if trial.status == "ok"]
        return sorted(done, key=lambda i: (self.trials[i].loss, i))

    @property
    def best(self) -> FitTrial | None:
        """The trial of the lowest loss."""
        order = self.finished
        return self.trials[order[0]] if order else None

    def add(self, trial: FitTrial) -> int:
        """Add a trial, and return its position."""
        self.trials.append(trial)
        return len(self.trials) - 1

    def with_models(self, position: int, models: list[bytes]) -> None:
        """Keep the fold models of a trial, of one partition into folds: others take as long."""
        kept = tuple(models[: self.task.validation.n_folds_once])
        self.trials[position] = replace(self.trials[position], fold_models=kept)

    def predictions(self, positions: list[int]) -> Floats:
        """Return out-of-fold predictions of trials, `(m, n, ...)` in float64."""
        return np.stack([self.trials[i].predictions for i in positions]).astype(np.float64)

    def fold_loss(self, result: FoldResult) -> float:
        """Return the loss of one fold; margins are calibrated on the fold itself."""
        truth = self.task.fold_truth(result.fold)
        values = np.asarray(result.predictions.values, dtype=np.float64)
        if self.task.kind == "classification":
            if not result.predictions.is_probability:
                if len(np.unique(truth.y)) < 2:
                    return float("inf")  # nothing to calibrate margins on
                values = cross_calibrated(
                    values, truth.y, np.arange(len(truth.y)) % 2, truth.weight
                )
            values = normalized(values)
        else:
            values = np.clip(values, *self.task.limits)
        return self.objective.loss(truth, values)

    def partial(self, trial: FitTrial, result: FoldResult) -> FitTrial:
        """Return a trial on a share of the rows with its loss; margins are calibrated on them."""
        loss = self.fold_loss(result)
        calibrator = None
        if result.scale is not None and np.isfinite(loss):
            truth = self.task.fold_truth(result.fold)
            values = np.asarray(result.predictions.values, dtype=np.float64)
            calibrator = fitted_calibrator(values, truth.y, truth.weight)
        return replace(
            trial,
            status="partial" if np.isfinite(loss) else "failed",
            loss=loss,
            fold_losses=(loss,),
            calibrator=calibrator,
            scales=() if result.scale is None else (result.scale,),
        )

    def judged(self, trial: FitTrial, results: list[FoldResult]) -> FitTrial:
        """Return a finished trial with its loss and out-of-fold predictions."""
        truth = self.task.truth
        values = np.concatenate([r.predictions.values for r in results]).astype(np.float64)
        calibrator = None
        if self.task.kind == "classification":
            if not all(r.predictions.is_probability for r in results):
                if len(np.unique(truth.y)) < 2:
                    why = "the test rows have one class only: margins cannot be calibrated"
                    return replace(trial, status="failed", reason=why)
                folds = self.task.validation.fold_of
                calibrator = fitted_calibrator(values, truth.y, truth.weight)
                values = cross_calibrated(values, truth.y, folds, truth.weight)
            values = normalized(values)
        else:
            values = np.clip(values, *self.task.limits)
        loss = self.objective.loss(truth, values)
        status: Status = "ok" if np.isfinite(loss) else "failed"
        return replace(
            trial,
            status=status,
            reason="" if status == "ok" else "the loss is not finite",
            loss=loss,
            predictions=values.astype(np.float32) if status == "ok" else None,
            calibrator=calibrator,
            scales=tuple(r.scale for r in results if r.scale is not None),
        )

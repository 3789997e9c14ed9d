"""The end of a fit: weights, members fitted on all rows, corrections.

A member that cannot be fitted again in the time left keeps its fold models, if it has them;
otherwise it is left out, and the weights of the others grow.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from metalearn.automl.bench import Refitted
from metalearn.automl.calibration import chosen_class_weights, chosen_temperature
from metalearn.automl.combining import Combination, combined, mixed
from metalearn.automl.library import Library, Trial
from metalearn.automl.predictor import Ensemble, Member, constant_ensemble, fold_pipelines
from metalearn.automl.restarts import with_restarts
from metalearn.automl.settings import Settings
from metalearn.automl.stacking import chosen_stacker, stacked
from metalearn.automl.worker import Refit, Worker
from metalearn.core.arrays import Floats

__all__ = ["Finished", "finished", "refit_seconds"]

_MOST_MEMBERS = 25
_LARGEST_LIBRARY = 60
_MOST_VALUES = 50_000_000
"""Limit on the predicted values in ensemble selection, over all trials."""
_PREPARE_SHARE = 1.3


@dataclass(frozen=True, eq=False)
class Finished:
    """The predictor of a fit, and how it was chosen.

    Attributes:
        ensemble: The predictor.
        positions: Positions in the library of its members, in the same order.
        combination: How the weights were chosen; None without members.
        loss: Out-of-fold loss of the corrected ensemble; NaN without members.
    """

    ensemble: Ensemble
    positions: tuple[int, ...]
    combination: Combination | None
    loss: float


def refit_seconds(library: Library, trial: Trial) -> float:
    """Return the seconds that fitting a trial's configuration on all rows is expected to take."""
    problem = library.problem
    n_trained = sum(len(train) for train, _ in problem.validation.splits)
    return trial.fit_s / max(n_trained, 1) * problem.n_rows


def listed(library: Library, settings: Settings) -> list[int]:
    """Return the trials to choose members from, best first: fast enough, and not too many."""
    order = library.finished
    n_rows = max(len(library.problem.truth.y), 1)
    if settings.infer_limit_s is not None:
        limit = settings.infer_limit_s * n_rows
        order = [i for i in order if library.trials[i].predict_s <= limit] or [
            min(order, key=lambda i: library.trials[i].predict_s)
        ]
    size = int(library.trials[order[0]].predictions.size)
    return order[: max(5, min(_LARGEST_LIBRARY, _MOST_VALUES // max(size, 1)))]


def chosen(
    library: Library, settings: Settings, rng: np.random.Generator, *, thorough: bool = True
) -> Combination:
    """Return the weights of the finished trials, in the order of `listed`.

    Args:
        library: All trials.
        settings: The user's settings.
        rng: Draws of ensemble selection.
        thorough: Whether to compare ways of combining; else greedy selection alone.
    """
    order = listed(library, settings)
    predictions = library.predictions(order)
    truth, folds = library.problem.truth, library.problem.validation.fold_of
    if not settings.ensemble or len(order) == 1:
        weights = np.zeros(len(order))
        weights[0] = 1.0
        loss = library.trials[order[0]].loss
        return Combination(weights, "single", loss, loss)
    return combined(predictions, library.objective, truth, folds, rng, thorough=thorough)


def finished(
    library: Library,
    settings: Settings,
    workers: list[Worker],
    deadline: float,
    rng: np.random.Generator,
    clock: Callable[[], float] = time.monotonic,
) -> Finished:
    """Return the fitted ensemble of the trials.

    Args:
        library: All trials.
        settings: The user's settings.
        workers: Processes that fit; idle.
        deadline: When everything must be done, on the clock.
        rng: Draws of ensemble selection.
        clock: Seconds.
    """
    problem = library.problem
    constant = constant_ensemble(problem.kind, problem.classes, problem.y, problem.weight)
    if not library.finished:
        return _from_part(library, constant)
    combination = chosen(library, settings, rng)
    order = listed(library, settings)
    by_weight = [int(j) for j in np.argsort(-combination.weights, kind="stable")
                 if combination.weights[j] > 0][:_MOST_MEMBERS]  # fmt: skip
    by_weight = _fast_enough(library, settings, order, by_weight)
    members = [order[j] for j in by_weight]
    stacker = _stacker(library, settings, members, combination.weights[by_weight])
    built = _members(library, settings, workers, members, deadline, clock)
    if not built:  # none could be refitted: the best trial with fold models
        spare = [i for i in order if library.trials[i].fold_models][:1]
        built = {i: _from_folds(library.trials[i]) for i in spare}
    if not built:
        return Finished(constant, (), None, float("nan"))
    weight_of = {order[j]: float(combination.weights[j]) for j in by_weight}
    if settings.infer_limit_s is None and settings.ensemble:
        built = with_restarts(
            library, workers, built, weight_of, partial(refit_seconds, library), deadline, clock
        )
    positions = tuple(sorted(built, key=lambda i: -weight_of.get(i, 1.0)))
    weights = np.array([weight_of.get(i, 1.0) for i in positions])
    weights /= weights.sum()
    ensemble = replace(constant, members=tuple(built[i] for i in positions), weights=weights)
    if positions == tuple(members):  # all members that the second level was fitted on
        ensemble = replace(ensemble, stacker=stacker)
    return _corrected(library, settings, ensemble, positions, combination)


def _stacker(
    library: Library, settings: Settings, members: list[int], weights: Floats
) -> Any:  # an untyped scikit-learn model
    """Return the second level on the members, or None."""
    if settings.stack is False or not settings.ensemble:
        return None
    problem = library.problem
    return chosen_stacker(
        library.predictions(members),
        weights / weights.sum(),
        library.objective,
        problem.truth,
        problem.validation.fold_of,
        always=settings.stack is True,
    )


def _from_part(library: Library, constant: Ensemble) -> Finished:
    """Return the best model fitted on a share of the rows, if no trial finished on all rows."""
    usable = [i for i, trial in enumerate(library.trials) if trial.fold_models]
    if not usable:
        return Finished(constant, (), None, float("nan"))
    best = min(usable, key=lambda i: library.trials[i].loss)
    member = _from_folds(library.trials[best])
    ensemble = replace(constant, members=(member,), weights=np.ones(1))
    return Finished(ensemble, (best,), None, library.trials[best].loss)


def _corrected(
    library: Library,
    settings: Settings,
    ensemble: Ensemble,
    positions: tuple[int, ...],
    combination: Combination,
) -> Finished:
    """Return the ensemble with temperature and class weights, or limits of its numbers."""
    problem, objective = library.problem, library.objective
    truth, folds = problem.truth, problem.validation.fold_of
    parts = library.predictions(list(positions))
    if ensemble.stacker is None:
        found = mixed(parts, ensemble.weights)
    else:
        found = stacked(ensemble.stacker, parts)
    if problem.kind == "regression":
        low, high = float(np.min(problem.y)), float(np.max(problem.y))
        margin = 0.1 * (high - low)
        low = low if low >= 0 and low - margin < 0 else low - margin
        ensemble = replace(ensemble, low=low, high=high + margin)
        loss = objective.loss(truth, np.clip(found, ensemble.low, ensemble.high))
        return Finished(ensemble, positions, combination, loss)
    if settings.calibrate is not False:
        sure = settings.calibrate is True
        if not objective.uses_labels or sure:
            temperature = chosen_temperature(found, truth, fully=sure)
            ensemble = replace(ensemble, temperature=temperature)
            found = with_temperature_of(ensemble, found)
        if objective.uses_labels:
            weights = chosen_class_weights(found, objective, truth, folds, always=sure)
            ensemble = replace(ensemble, class_weights=weights)
            found = found if weights is None else found * weights
    return Finished(ensemble, positions, combination, objective.loss(truth, found))


def with_temperature_of(ensemble: Ensemble, probabilities: Floats) -> Floats:
    """Return probabilities at the ensemble's temperature."""
    from metalearn.numerics.temperature import with_temperature

    return with_temperature(probabilities, ensemble.temperature)


def _fast_enough(
    library: Library, settings: Settings, order: list[int], by_weight: list[int]
) -> list[int]:
    """Return the members of largest weight that together predict within the limit."""
    if settings.infer_limit_s is None:
        return by_weight
    left = settings.infer_limit_s * len(library.problem.truth.y)
    kept: list[int] = []
    for j in by_weight:
        seconds = library.trials[order[j]].predict_s
        if seconds <= left or not kept:
            kept.append(j)
            left -= seconds
    return kept


def _members(
    library: Library,
    settings: Settings,
    workers: list[Worker],
    positions: list[int],
    deadline: float,
    clock: Callable[[], float],
) -> dict[int, Member]:
    """Return fitted members, as many as the time allows; largest weight first."""
    built: dict[int, Member] = {}
    waiting = list(positions)
    preparations: dict[str, Any] = {}
    running: dict[int, int] = {}  # worker -> position
    if settings.refit == "never":
        return {i: _from_folds(library.trials[i]) for i in positions
                 if library.trials[i].fold_models}  # fmt: skip
    while waiting or running:
        for w, worker in enumerate(workers):
            if waiting and w not in running:
                i = waiting.pop(0)
                trial = library.trials[i]
                left = deadline - clock()
                expected = refit_seconds(library, trial)
                can_wait = bool(trial.fold_models) or bool(built)
                if left <= 0 or (can_wait and expected > left):
                    if trial.fold_models:
                        built[i] = _from_folds(trial)
                    continue
                kind = _preparation(trial)
                worker.submit(
                    Refit(trial.configuration, problem_seed(library), kind not in preparations),
                    deadline,
                )
                running[w] = i
        if running:
            _collect(library, workers, running, built, preparations)
    return built


def _collect(
    library: Library,
    workers: list[Worker],
    running: dict[int, int],
    built: dict[int, Member],
    preparations: dict[str, Any],
) -> None:
    from multiprocessing.connection import wait

    from sklearn.pipeline import Pipeline

    wait([workers[w].pipe for w in running], timeout=0.05)
    for w in list(running):
        message = workers[w].receive()
        if message is None:
            continue
        i = running.pop(w)
        trial = library.trials[i]
        if isinstance(message, Refitted):
            kind = _preparation(trial)
            if message.preparation is not None and kind not in preparations:
                preparations[kind] = pickle.loads(message.preparation)  # noqa: S301  # our own
            model = pickle.loads(message.model)  # noqa: S301  # from our own worker
            steps = [("prepare", preparations[kind]), ("model", model)]
            scales = () if message.scale is None else (message.scale,)
            built[i] = Member(
                trial.configuration, (Pipeline(steps),), trial.calibrator, scales=scales
            )
        elif trial.fold_models:
            built[i] = _from_folds(trial)


def problem_seed(library: Library) -> int:
    """Return the seed of the refitted learners."""
    return library.problem.seed


def _preparation(trial: Trial) -> str:
    from metalearn.learners import get

    return get(trial.configuration.algorithm).preparation


def _from_folds(trial: Trial) -> Member:
    models = [pickle.loads(text) for text in trial.fold_models]  # noqa: S301  # our own
    return Member(
        trial.configuration, fold_pipelines(models), trial.calibrator, False, trial.scales
    )

"""The end of a fit: weights, members fitted on all rows, corrections; every step ends in time.

If a member has neither a refitted model nor fold models, the weights of the others grow.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metalearn.automl.bounded import within
from metalearn.automl.calibration import chosen_class_weights, chosen_temperature
from metalearn.automl.combining import Combination, combined
from metalearn.automl.group_stacking import best_group
from metalearn.automl.library import Library
from metalearn.automl.members import fitted_members, from_folds, refit_seconds
from metalearn.automl.prediction_cost import seconds_per_row, without_slow_ones
from metalearn.automl.predictor import Ensemble, Member, constant_ensemble
from metalearn.automl.restarts import with_restarts
from metalearn.automl.settings import Settings
from metalearn.automl.stacking import chosen_stacker
from metalearn.automl.usual_rows import usual_rows
from metalearn.automl.winsorizing import usual_distances
from metalearn.automl.worker import FitWorker
from metalearn.core.arrays import Floats
from metalearn.errors import MetalearnError

__all__ = ["Finished", "finished", "refit_seconds"]

_log = logging.getLogger(__name__)
_MOST_MEMBERS = 25
_LARGEST_LIBRARY = 60
_MOST_VALUES = 50_000_000
"""Limit on the predicted values in ensemble selection, over all trials."""
_PLAN_SHARE, _CORRECTION_SHARE = 0.5, 0.2
"""Largest shares of the time left for choosing weights, and for corrections after the refits."""
_CORRECTION_S = 1.0


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


def member_candidates(library: Library, settings: Settings) -> list[int]:
    """Return the trials to choose members from, best first: fast enough, and not too many."""
    order = library.finished
    n_rows = max(len(library.task.truth.y), 1)
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
    """Return the weights of the finished trials, in the order of `member_candidates`.

    Args:
        library: All trials.
        settings: The user's settings.
        rng: Draws of ensemble selection.
        thorough: Whether to compare ways of combining; else the first way alone.
    """
    order = member_candidates(library, settings)
    if not settings.combines or len(order) == 1:
        weights = np.zeros(len(order))
        weights[0] = 1.0
        loss = library.trials[order[0]].loss
        return Combination(weights, "single", loss, loss)
    return _combination(library, settings, order, rng, thorough)


def _combination(
    library: Library,
    settings: Settings,
    order: Sequence[int],
    rng: np.random.Generator,
    thorough: bool,
) -> Combination:
    """Return the weights of some trials, best first, by the ways of the strategy."""
    improvement, task = settings.strategy.improvement, library.task
    predictions = library.predictions(list(order))
    return combined(
        predictions, library.objective, task.truth, task.validation.fold_of, rng,
        thorough=thorough, ways=improvement.ways, rounds=improvement.rounds,
        deciding=usual_rows(predictions[0], library.objective, task.truth),
    )  # fmt: skip


def finished(
    library: Library,
    settings: Settings,
    workers: Sequence[FitWorker],
    deadline: float,
    rng: np.random.Generator,
    clock: Callable[[], float] = time.monotonic,
    slowness: float = 1.0,
) -> Finished:
    """Return the fitted ensemble of the trials.

    Weights and corrections are computed in a process that ends in time; without them the best
    trial, or plain weights, remain.

    Args:
        library: All trials.
        settings: The user's settings.
        workers: Processes that fit; idle.
        deadline: When everything must be done, on the clock.
        rng: Draws of ensemble selection.
        clock: Seconds.
        slowness: Seconds on the clock for a processor second.
    """
    task = library.task
    constant = constant_ensemble(task.kind, task.classes, task.y, task.weight)
    if not library.finished:
        return _from_part(library, constant)
    now = clock()
    plan = within(
        now + _PLAN_SHARE * (deadline - now), lambda: _plans(library, settings, rng), clock
    ) or _simplest(library, settings)
    left = deadline - clock()
    until = deadline - min(_CORRECTION_SHARE * left, _CORRECTION_S)
    built = fitted_members(library, settings, workers, list(plan.members), until, clock, slowness)
    built = built or _best_of_folds(library, settings)
    if not built:
        return Finished(constant, (), None, float("nan"))
    weight_of = {i: float(w) for i, w in zip(plan.members, plan.weights, strict=True)}
    if settings.restarts:
        built = with_restarts(
            library, workers, built, weight_of,
            lambda trial: slowness * refit_seconds(library, trial), until, clock,
        )  # fmt: skip
    if plan.stacker is None and settings.infer_limit_s is None:
        built, weight_of = _quick_to_predict(library, settings, built, weight_of, deadline, clock)
    positions = tuple(sorted(built, key=lambda i: -weight_of.get(i, 1.0)))
    weights = np.array([weight_of.get(i, 1.0) for i in positions])
    weights /= weights.sum()
    ensemble = replace(constant, members=(), weights=weights)
    if positions == plan.members:  # all members that the second level was fitted on
        ensemble = replace(ensemble, stacker=plan.stacker)
    found = within(
        deadline, lambda: _corrections(library, settings, ensemble, positions), clock
    ) or (_limited(library, ensemble), plan.combination.loss)
    ensemble = replace(found[0], members=tuple(built[i] for i in positions))
    return Finished(ensemble, positions, plan.combination, found[1])


def _quick_to_predict(
    library: Library,
    settings: Settings,
    built: dict[int, Member],
    weight_of: dict[int, float],
    deadline: float,
    clock: Callable[[], float],
) -> tuple[dict[int, Member], dict[int, float]]:
    """Return members without slow ones that hardly help, and their weights; all if in doubt."""
    now, task = clock(), library.task
    until = now + 0.5 * (deadline - now)

    def anew(some: Sequence[int]) -> Combination:
        return _combination(library, settings, some, np.random.default_rng(0), thorough=False)

    def reweighted() -> Iterator[dict[int, float]]:
        row_s = seconds_per_row(built, task.X, task.classes)
        best_first = sorted(built, key=lambda i: library.trials[i].loss)
        held = {i: weight_of.get(i, 1.0) for i in best_first}
        few = without_slow_ones(held, row_s, lambda some: anew(some).loss)
        if len(few) < len(held):
            weights = anew(few).weights
            yield {i: float(w) for i, w in zip(few, weights, strict=True) if w > 0}

    try:
        found = within(until, reweighted, clock)
    except MetalearnError as error:  # a member failed on the sample: nothing is measured
        _log.info("seconds of predictions are unknown: %s", error)
        return built, weight_of
    return ({i: built[i] for i in found}, found) if found else (built, weight_of)


def _best_of_folds(library: Library, settings: Settings) -> dict[int, Member]:
    """Return the best trial with fold models, where no member could be fitted on all rows."""
    order = member_candidates(library, settings)
    spare = [i for i in order if library.trials[i].fold_models][:1]
    return {i: from_folds(library.trials[i]) for i in spare}


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Members by position in the library, largest weight first, and how they are combined."""

    members: tuple[int, ...]
    weights: Floats
    combination: Combination
    stacker: Any  # an untyped scikit-learn model, or None


def _plans(library: Library, settings: Settings, rng: np.random.Generator) -> Iterator[_Plan]:
    """Yield plans, each better than the one before and later."""
    groups = settings.strategy.improvement.stacks_of
    if groups and settings.ensemble:
        yield from _group_plans(library, settings, groups)
        return
    if settings.combines and len(library.finished) > 1:
        quick = np.random.default_rng(0)
        yield _plan(library, settings, chosen(library, settings, quick, thorough=False))
    plan = _plan(library, settings, chosen(library, settings, rng))
    yield plan
    stacker = _stacker(library, settings, list(plan.members), plan.weights)
    if stacker is not None:
        yield replace(plan, stacker=stacker)


def _group_plans(library: Library, settings: Settings, groups: Sequence[str]) -> Iterator[_Plan]:
    """Yield the best trial, then the second level on a group of trials if it has less loss."""
    best = _simplest(library, settings)
    yield best
    found = best_group(library, member_candidates(library, settings), groups)
    if found is not None and found.nested_loss < best.combination.loss:
        n = len(found.members)
        weights = np.full(n, 1.0 / n)
        combination = Combination(weights, "stacking", found.nested_loss, found.nested_loss)
        yield _Plan(found.members, weights, combination, found.stacker)


def _plan(library: Library, settings: Settings, combination: Combination) -> _Plan:
    order = member_candidates(library, settings)
    by_weight = [int(j) for j in np.argsort(-combination.weights, kind="stable")
                 if combination.weights[j] > 0][:_MOST_MEMBERS]  # fmt: skip
    by_weight = _fast_enough(library, settings, order, by_weight)
    members = tuple(order[j] for j in by_weight)
    return _Plan(members, combination.weights[by_weight], combination, None)


def _simplest(library: Library, settings: Settings) -> _Plan:
    """Return the best single trial, if there was no time for more."""
    best = member_candidates(library, settings)[0]
    loss = library.trials[best].loss
    return _Plan((best,), np.ones(1), Combination(np.ones(1), "single", loss, loss), None)


def _stacker(
    library: Library, settings: Settings, members: list[int], weights: Floats
) -> Any:  # an untyped scikit-learn model
    """Return the second level on the members, or None."""
    if settings.stack is False or not settings.combines:
        return None
    task = library.task
    return chosen_stacker(
        library.predictions(members),
        weights / weights.sum(),
        library.objective,
        task.truth,
        task.validation.fold_of,
        always=settings.stack is True,
    )


def _from_part(library: Library, constant: Ensemble) -> Finished:
    """Return the best model fitted on a share of the rows, if no trial finished on all rows."""
    usable = [i for i, trial in enumerate(library.trials) if trial.fold_models]
    if not usable:
        return Finished(constant, (), None, float("nan"))
    best = min(usable, key=lambda i: library.trials[i].loss)
    member = from_folds(library.trials[best])
    ensemble = replace(constant, members=(member,), weights=np.ones(1))
    return Finished(ensemble, (best,), None, library.trials[best].loss)


def _corrections(
    library: Library, settings: Settings, ensemble: Ensemble, positions: tuple[int, ...]
) -> Iterator[tuple[Ensemble, float]]:
    """Yield the ensemble with its loss: with limits only, then also corrected for the metric."""
    task, objective = library.task, library.objective
    truth, folds = task.truth, task.validation.fold_of
    parts = library.predictions(list(positions))
    ensemble = _limited(library, ensemble)
    if task.kind == "regression" and len(parts) > 1:
        ensemble = replace(ensemble, distances=usual_distances(parts))
    found = ensemble.combined(parts)
    if task.kind == "regression":
        yield ensemble, objective.loss(truth, np.clip(found, ensemble.low, ensemble.high))
        return
    yield ensemble, objective.loss(truth, found)
    if settings.calibrate is False:
        return
    sure = settings.calibrate is True
    if not objective.uses_labels or sure:
        temperature = chosen_temperature(found, truth, fully=sure)
        ensemble = replace(ensemble, temperature=temperature)
        found = with_temperature_of(ensemble, found)
        yield ensemble, objective.loss(truth, found)
    if objective.uses_labels:
        weights = chosen_class_weights(found, objective, truth, folds, always=sure)
        if weights is not None:
            ensemble = replace(ensemble, class_weights=weights)
            yield ensemble, objective.loss(truth, found * weights)


def _limited(library: Library, ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with the limits of its numbers: a little beyond those of the target."""
    task = library.task
    if task.kind == "classification":
        return ensemble
    low, high = task.limits
    return replace(ensemble, low=low, high=high)


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
    left = settings.infer_limit_s * len(library.task.truth.y)
    kept: list[int] = []
    for j in by_weight:
        seconds = library.trials[order[j]].predict_s
        if seconds <= left or not kept:
            kept.append(j)
            left -= seconds
    return kept

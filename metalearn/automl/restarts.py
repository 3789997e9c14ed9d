"""Neural networks of an ensemble are fitted again from other starting weights, and averaged.

Where a network ends depends on where it starts. On nine development tables the mean of four
networks had 1 to 18 % less loss than one; forests and boosting gained nothing, so they are not
fitted again.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace

from metalearn.automl.bench import Refitted
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.members import preparations_seconds, received, refit_seconds
from metalearn.automl.predictor import Member, fold_pipelines
from metalearn.automl.worker import FitWorker, Refit

__all__ = ["n_models", "refits_seconds", "with_restarts"]

_ALGORITHMS = frozenset({"mlp"})
_N_RESTARTS = 3
_SMALLEST_WEIGHT = 0.05


def n_models(trial: FitTrial, weight: float) -> int:
    """Return how many models of a trial an ensemble holds if there is time."""
    is_wanted = trial.configuration.algorithm in _ALGORITHMS and weight >= _SMALLEST_WEIGHT
    return 1 + _N_RESTARTS * is_wanted


def refits_seconds(library: Library, weights: dict[int, float], restarts_s: float) -> float:
    """Return the expected seconds of fitting members on all rows.

    Args:
        library: All trials.
        weights: The weights of the members by position in the library.
        restarts_s: The most seconds for more models of networks.
    """
    once = {i: refit_seconds(library, library.trials[i]) for i in weights}
    again = sum((n_models(library.trials[i], weights[i]) - 1) * once[i] for i in weights)
    prepared_s = preparations_seconds(library, [library.trials[i] for i in weights])
    return prepared_s + sum(once.values()) + min(again, restarts_s)


def with_restarts(
    library: Library,
    workers: Sequence[FitWorker],
    built: dict[int, Member],
    weights: dict[int, float],
    expected_s: Callable[[FitTrial], float],
    deadline: float,
    clock: Callable[[], float],
) -> dict[int, Member]:
    """Return the members with as many more models of their networks as the time allows.

    Args:
        library: All trials.
        workers: Processes that fit; idle.
        built: Fitted members by position in the library.
        weights: Their weights.
        expected_s: Seconds that a refit of a trial is expected to take.
        deadline: When everything must be done, on the clock.
        clock: Seconds.
    """
    wanted = [
        i
        for i, member in built.items()
        if member.is_refitted and n_models(library.trials[i], weights.get(i, 0.0)) > 1
    ]
    jobs = [(i, seed) for seed in range(1, _N_RESTARTS + 1) for i in wanted]
    members, running = dict(built), dict[int, int]()
    while jobs or running:
        for w, worker in enumerate(workers):
            if jobs and w not in running:
                i, seed = jobs.pop(0)
                trial = library.trials[i]
                if expected_s(trial) <= deadline - clock():
                    other = library.task.seed + 1_000 * seed
                    worker.submit(Refit(trial.configuration, other, False), deadline)
                    running[w] = i
        for _, i, message in received(workers, running) if running else ():
            if isinstance(message, Refitted):
                members[i] = _with_model(members[i], message.model)
    return members


def _with_model(member: Member, model: bytes) -> Member:
    preparation = member.pipelines[0].named_steps["prepare"]
    added = fold_pipelines([(preparation, pickle.loads(model))])  # noqa: S301  # our own worker
    return replace(member, pipelines=(*member.pipelines, *added))

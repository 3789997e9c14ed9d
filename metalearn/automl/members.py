"""Fits the members of an ensemble on all rows, as many as the time allows.

A member that cannot be fitted again keeps its fold models, if it has them; otherwise it is left
out.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.connection import wait
from typing import Any

from metalearn.automl.bench import Refitted
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.predictor import Member, fold_pipelines
from metalearn.automl.settings import Settings
from metalearn.automl.worker import FitWorker, Message, Refit
from metalearn.learners.preparation import PreparationRecipe

__all__ = [
    "fitted_members", "from_folds", "preparations_seconds", "received", "refit_seconds",
]  # fmt: skip

_PATIENCE = 4.0
"""A refit may take this many times its expected seconds plus one, or half of the time left."""


def refit_seconds(library: Library, trial: FitTrial) -> float:
    """Return the seconds that fitting a trial's configuration on all rows is expected to take.

    Preparing the rows comes on top of it.
    """
    return trial.fit_s * _share_of_all(library)


def preparations_seconds(library: Library, trials: Iterable[FitTrial]) -> float:
    """Return the seconds that preparing all rows for some trials is expected to take.

    Trials of the same preparation share it: the first one in the library took the seconds.
    """
    wanted = {_recipe(library, trial) for trial in trials}
    longest = dict.fromkeys(wanted, 0.0)
    for trial in library.trials:
        if (recipe := _recipe(library, trial)) in wanted:
            longest[recipe] = max(longest[recipe], trial.prepare_s)
    return sum(longest.values()) * _share_of_all(library)


def _share_of_all(library: Library) -> float:
    """Return the number of rows over that of the training rows of all folds."""
    splits = library.task.validation.splits
    return library.task.n_rows / max(sum(len(train) for train, _ in splits), 1)


def _recipe(library: Library, trial: FitTrial) -> PreparationRecipe:
    from metalearn.learners import get

    return get(trial.configuration.algorithm).recipe(library.task.kind, trial.configuration)


def fitted_members(
    library: Library,
    settings: Settings,
    workers: Sequence[FitWorker],
    positions: list[int],
    deadline: float,
    clock: Callable[[], float],
    slowness: float = 1.0,
) -> dict[int, Member]:
    """Return fitted members by position in the library, as many as the time allows.

    Args:
        library: All trials.
        settings: The user's settings.
        workers: Processes that fit; idle.
        positions: The members, largest weight first.
        deadline: When they must be there, on the clock.
        clock: Seconds.
        slowness: Seconds on the clock for a processor second.
    """
    if settings.refit == "never":
        kept = [i for i in positions if library.trials[i].fold_models]
        return {i: from_folds(library.trials[i]) for i in kept}
    refitting = _Refitting(library, workers, deadline, clock, slowness)
    waiting = list(positions)
    while waiting or refitting.running:
        for w in range(len(workers)):
            if waiting and w not in refitting.running:
                refitting.begin(w, waiting.pop(0), is_last=not waiting)
        if refitting.running:
            refitting.collect()
    return refitting.built


class _Refitting:
    """Refits under way: `running` has the position that each busy worker fits."""

    def __init__(
        self,
        library: Library,
        workers: Sequence[FitWorker],
        deadline: float,
        clock: Callable[[], float],
        slowness: float,
    ) -> None:
        self._library, self._workers = library, workers
        self._deadline, self._clock, self._slowness = deadline, clock, slowness
        self._preparations: dict[PreparationRecipe, Any] = {}
        self._began: dict[int, float] = {}
        self.built: dict[int, Member] = {}
        self.running: dict[int, int] = {}

    def begin(self, w: int, i: int, *, is_last: bool) -> None:
        """Submit a refit, unless it is not expected to end in time."""
        trial, now = self._library.trials[i], self._clock()
        left = self._deadline - now
        recipe = _recipe(self._library, trial)
        expected = refit_seconds(self._library, trial)
        if recipe not in self._preparations:
            expected += preparations_seconds(self._library, [trial])
        expected *= self._slowness
        can_wait = bool(trial.fold_models) or bool(self.built)
        if left <= 0 or (can_wait and expected > left):
            self._keep_folds(i)
            return
        request = Refit(
            trial.configuration, self._library.task.seed, recipe not in self._preparations
        )
        until = self._deadline if is_last else now + max(_PATIENCE * expected + 1.0, 0.5 * left)
        self._workers[w].submit(request, min(until, self._deadline))
        self.running[w], self._began[w] = i, now

    def collect(self) -> None:
        """Take the models that are there."""
        for w, i, message in received(self._workers, self.running):
            self._take(w, i, message)

    def _take(self, w: int, i: int, message: Message) -> None:
        trial = self._library.trials[i]
        if not isinstance(message, Refitted):
            self._keep_folds(i)
            return
        seconds = self._clock() - self._began[w]
        self._slowness = max(1.0, seconds / max(message.seconds, 0.05))
        recipe = _recipe(self._library, trial)
        if message.preparation is not None and recipe not in self._preparations:
            self._preparations[recipe] = pickle.loads(message.preparation)  # noqa: S301  # our own
        model = pickle.loads(message.model)  # noqa: S301  # from our own worker
        pipelines = fold_pipelines([(self._preparations[recipe], model)])
        scales = () if message.scale is None else (message.scale,)
        self.built[i] = Member(trial.configuration, pipelines, trial.calibrator, scales=scales)

    def _keep_folds(self, i: int) -> None:
        if self._library.trials[i].fold_models:
            self.built[i] = from_folds(self._library.trials[i])


def received(
    workers: Sequence[FitWorker], running: dict[int, int]
) -> list[tuple[int, int, Message]]:
    """Wait a moment, and return worker, member and message of each refit that has ended.

    Args:
        workers: Processes that fit.
        running: What each busy worker fits; those that have ended are taken out.
    """
    wait([workers[w].pipe for w in running], timeout=0.05)
    messages = {w: message for w in running if (message := workers[w].receive()) is not None}
    return [(w, running.pop(w), message) for w, message in messages.items()]


def from_folds(trial: FitTrial) -> Member:
    """Return the member whose predictions are the mean over the models of its folds."""
    models = [pickle.loads(text) for text in trial.fold_models]  # noqa: S301  # our own
    return Member(
        trial.configuration, fold_pipelines(models), trial.calibrator, False, trial.scales
    )

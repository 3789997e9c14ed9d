"""Search after the list, in the joint space: expected improvement per expected second.

A forest learns the losses of this fit over the joint space of all algorithms (SMAC; Hutter, Hoos &
Leyton-Brown 2011). One of its inputs is the utility that known tasks expect of a configuration: a
second forest, of the mean utility under the recommender's task weights. A third one learns the
seconds. Algorithms take turns (`algorithm_in_turn`). Candidates are changes of an algorithm's best
trials and of its best known configurations, the known configurations, and random ones. The best
candidate maximizes the log of expected improvement on the algorithm's best trial minus the log of
expected seconds (Snoek, Larochelle & Adams 2012).

Use it in place of `neighbourhood.neighbour_of_best`:

    search = JointSearch(library, lambda: advice, algorithms)
    search(ranked, known, kind, rng)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metalearn.automl.advice import Advice
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.neighbourhood import algorithm_in_turn, neighbour_of_best
from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.joint_space import JointSpace
from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.errors import InputError
from metalearn.learners.joint import named_space
from metalearn.numerics.search.acquisition import log_improvement_per_second
from metalearn.optimizers.candidates import perturbed
from metalearn.optimizers.finite import distances
from metalearn.recommenders.prepared_meta import prepared_meta
from metalearn.surrogates.forest import Forest
from metalearn.surrogates.inactive import inactive_outside

__all__ = ["JointSearch"]

_FEWEST = 6
"""Trials with a loss before the forest is used."""
_LOCAL_EVERY = 2
"""Every second proposal is a random change of one of the best, as SMAC interleaves random ones."""
_N_PARENTS, _N_NEAR, _N_KNOWN, _N_RANDOM = 8, 192, 64, 64
_N_TREES, _N_READY = 20, 6
_APART, _ALMOST_EQUAL = 0.03, 0.002
"""Distances in the cube of all axes, the root of the mean square."""
_OVERHEAD_S = 0.1
"""Seconds added to every trial, so that trials of no time are not preferred without limit."""


@dataclass(frozen=True, eq=False)
class _Known:
    """The known tasks' configurations within the space.

    Attributes:
        X: `(n, n_axes)` points.
        algorithms: `(n,)` names.
        utility: `(n, n_tasks)` one minus normalized regret.
        votes: `(n_tasks,)` weights without any observation.
        log_seconds: Learned logarithm of the stored seconds; None where none are known.
    """

    X: Floats
    algorithms: Any  # an array of str
    utility: Floats
    votes: Floats
    log_seconds: Callable[[Floats], Floats] | None


class JointSearch:
    """Proposes configurations; the model is fitted again when a trial has finished.

    Args:
        library: The trials of the fit.
        advice: Returns the advice of the store; None while there is none.
        algorithms: Names of the algorithms to search.
    """

    def __init__(
        self,
        library: Library,
        advice: Callable[[], Advice | None],
        algorithms: Sequence[str],
    ) -> None:
        self._library, self._advice = library, advice
        self._algorithms = tuple(algorithms)
        self._known: _Known | None = None
        self._known_of: Advice | None = None
        self._points: dict[Configuration, Floats | None] = {}
        self._ready: list[Configuration] = []
        self._fitted_at = -1
        self._n_asked: Counter[str] = Counter()

    def __call__(
        self,
        ranked: list[Configuration],
        known: set[Configuration],
        kind: Kind,
        rng: np.random.Generator,
    ) -> Configuration | None:
        """Return a configuration that is not yet known; None if none is found.

        Args:
            ranked: Configurations that finished, best first.
            known: Configurations not to be returned.
            kind: Kind of task.
            rng: Draws candidates and trees.
        """
        name = algorithm_in_turn(ranked, self._n_asked)
        if name is None:
            return None
        self._n_asked[name] += 1
        own = [configuration for configuration in ranked if configuration.algorithm == name]
        is_early = len(ranked) < _FEWEST or name not in self._algorithms
        if is_early or self._n_asked.total() % _LOCAL_EVERY == 0:
            return neighbour_of_best(own, known, kind, rng)
        if self._fitted_at != len(self._library.trials):
            self._fitted_at = len(self._library.trials)
            space, _ = named_space(self._algorithms, kind)
            self._ready = self._proposals(space, name, known, rng)
        while self._ready:
            found = self._ready.pop(0)
            if found not in known:
                return found
        return neighbour_of_best(own, known, kind, rng)

    def _proposals(
        self, space: Space, name: str, known: set[Configuration], rng: np.random.Generator
    ) -> list[Configuration]:
        """Return a few different candidates of an algorithm, best first."""
        trials, X = self._within(space, _comparable(self._library.trials))
        if len(trials) < _FEWEST:
            return []
        loss = np.array([t.loss if np.isfinite(t.loss) else np.nan for t in trials])
        known_runs = self._known_runs(space, rng)
        is_own = np.array([trial.configuration.algorithm == name for trial in trials])
        if not is_own.any():
            return []
        best = X[is_own][np.argsort(loss[is_own], kind="stable")]
        candidates = _candidates(space, name, best, known_runs, rng)
        expected = _utility(known_runs, self._weights(known_runs), [X, candidates], rng)
        forest = Forest(space, n_trees=_N_TREES).fit(
            History(np.hstack([X, expected[0]]), loss), rng
        )
        told = forest.logarithm(np.hstack([X, expected[0]])[is_own])[0]
        forest = replace(forest, best=float(told.min()))
        worth = forest.log_value(np.hstack([candidates, expected[1]]), 0.0)
        seconds = np.array([trial.seconds for trial in trials])
        log_seconds = _log_seconds(X, seconds, known_runs, candidates, rng)
        worth = log_improvement_per_second(worth, log_seconds)
        return _spread(space, candidates[np.argsort(-worth, kind="stable")], X, known)

    def _within(self, space: Space, trials: list[FitTrial]) -> tuple[list[FitTrial], Floats]:
        """Return the trials within the space, and their points."""
        for trial in trials:
            if trial.configuration not in self._points:
                _, point = _encoded(space, [trial.configuration])
                self._points[trial.configuration] = point if len(point) else None
        found = [(t, self._points[t.configuration]) for t in trials]
        points = [point for _, point in found if point is not None]
        inside = [trial for trial, point in found if point is not None]
        return inside, np.concatenate([np.empty((0, space.n_axes)), *points])

    def _known_runs(self, space: Space, rng: np.random.Generator) -> _Known | None:
        """Return the known configurations; read once per advice."""
        advice = self._advice()
        if advice is None or advice is self._known_of:
            return self._known
        inside, X = _encoded(space, advice.meta.configurations)
        prepared = prepared_meta(advice.meta, "joint-search")
        fit_s = np.array([advice.fit_s(advice.meta.configurations[j]) for j in inside])
        timed = np.isfinite(fit_s)
        seconds = (
            _trees(X[timed], np.log(fit_s[timed] + _OVERHEAD_S), rng) if timed.any() else None
        )
        self._known_of = advice
        names = np.array([advice.meta.configurations[j].algorithm for j in inside])
        self._known = _Known(X, names, prepared.utility[inside], prepared.weights, seconds)
        return self._known

    def _weights(self, known_runs: _Known | None) -> Floats:
        if known_runs is None or self._known_of is None:
            return np.empty(0)
        weights = self._known_of.task_weights()
        return known_runs.votes if weights is None else weights


def _comparable(trials: Sequence[FitTrial]) -> list[FitTrial]:
    """Return the trials whose losses compare: on all rows, else on the most frequent share."""
    full = [trial for trial in trials if trial.fidelity >= 1.0]
    if sum(bool(np.isfinite(trial.loss)) for trial in full) >= _FEWEST:
        return full
    shares = [trial.fidelity for trial in trials if np.isfinite(trial.loss)]
    usual = max(sorted(set(shares)), key=shares.count, default=1.0)
    return [trial for trial in trials if trial.fidelity == usual]


def _encoded(space: Space, configurations: Sequence[Configuration]) -> tuple[list[int], Floats]:
    """Return the positions of the configurations within the space, and their points."""
    inside, points = [], [np.empty((0, space.n_axes))]
    for i, configuration in enumerate(configurations):
        if configuration.algorithm not in space.algorithms:
            continue
        try:
            points.append(space.encode([configuration]))
        except InputError:  # an imported configuration beyond our space
            continue
        inside.append(i)
    return inside, np.concatenate(points)


def _candidates(
    space: Space, name: str, ranked: Floats, known_runs: _Known | None, rng: np.random.Generator
) -> Floats:
    """Return `(n, n_axes)` points of an algorithm to choose from.

    Args:
        space: The joint space.
        name: The algorithm.
        ranked: `(n_trials, n_axes)` evaluated points of the algorithm, best first.
        known_runs: The known configurations.
        rng: Draws changes and random points.
    """
    part, columns = space, np.arange(space.n_axes)
    if isinstance(space, JointSpace):
        part, columns = space.part_of(name), space.columns_of(name)
    found = [
        perturbed(part, ranked[:_N_PARENTS, columns], _N_NEAR, rng, width=0.3),
        part.snap(rng.random((_N_RANDOM, part.n_axes))),
    ]
    if known_runs is not None and (is_own := known_runs.algorithms == name).any():
        utility = known_runs.utility[is_own] @ known_runs.votes
        X = known_runs.X[is_own][:, columns]
        best = np.argsort(-utility, kind="stable")[:_N_PARENTS]
        found += [X, perturbed(part, X[best], _N_KNOWN, rng, width=0.3)]
    points = np.concatenate(found)
    return space.lifted(name, points) if isinstance(space, JointSpace) else points


def _utility(
    known_runs: _Known | None, weights: Floats, at: Sequence[Floats], rng: np.random.Generator
) -> list[Floats]:
    """Return `(n, 1)` expected utilities of each array of points; `(n, 0)` without known runs."""
    if known_runs is None or len(known_runs.X) < 2:
        return [np.empty((len(points), 0)) for points in at]
    trees = _trees(known_runs.X, known_runs.utility @ weights, rng)
    return [trees(points)[:, None] for points in at]


def _log_seconds(
    X: Floats,
    seconds: Floats,
    known_runs: _Known | None,
    at: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Return `(n,)` logarithms of expected seconds; the trials correct the stored seconds."""
    logs = np.log(seconds + _OVERHEAD_S)
    if known_runs is None or known_runs.log_seconds is None:
        return _trees(X, logs, rng)(at)
    off = _trees(X, logs - known_runs.log_seconds(X), rng)
    return np.asarray(known_runs.log_seconds(at) + off(at))


def _trees(X: Floats, y: Floats, rng: np.random.Generator) -> Callable[[Floats], Floats]:
    """Return a small forest as a function of points; inactive axes are outside the cube."""
    from sklearn.ensemble import ExtraTreesRegressor

    model = ExtraTreesRegressor(10, min_samples_leaf=2, random_state=int(rng.integers(2**31)))
    model.fit(inactive_outside(X), y)
    return lambda points: np.asarray(model.predict(inactive_outside(points)))


def _spread(
    space: Space, ranked: Floats, evaluated: Floats, known: set[Configuration]
) -> list[Configuration]:
    """Return the first few allowed configurations that are new and not close to each other.

    Those almost equal to an evaluated one are left out: a change of a few percent in one axis
    often changes nothing.
    """
    kept: list[int] = []
    found: list[Configuration] = []
    for i, point in enumerate(ranked):
        if len(found) == _N_READY:
            break
        if kept and distances(space, ranked[kept], point).min() < _APART:
            continue
        if len(evaluated) and distances(space, evaluated, point).min() < _ALMOST_EQUAL:
            continue
        (configuration,) = space.decode(point[None, :])
        if configuration not in known and space.is_allowed(configuration):
            kept.append(i)
            found.append(configuration)
    return found

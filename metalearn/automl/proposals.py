"""What a strategy proposes next: its initial designs in order, then its search.

An optimizer learns from every trial of the fit, also from those of the designs. A configuration
that it asks for and that is not expected to end in time counts as timed out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn import optimizers
from metalearn.automl.forms import inside
from metalearn.automl.initial_designs import Scene
from metalearn.automl.library import FitTrial, Library, Source
from metalearn.automl.strategy import Optimized, Seconds, Strategy
from metalearn.core.configuration import Configuration
from metalearn.core.seams import Optimizer
from metalearn.core.trial import Trial as Asked
from metalearn.errors import InputError, SpaceExhaustedError

__all__ = ["Proposal", "Proposals"]

_TRIES = 6
"""Proposals of a search that are looked at for one that ends in time."""
_LEAST_S = 1e-6
"""Shorter times are treated as equal."""
_SLOWER = 1.5
"""The next proposal may take this many times as long as the last one."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A configuration to try.

    Attributes:
        configuration: What to try.
        source: Where it comes from.
        fidelity: Share of the rows; None for where the rungs of the strategy start.
    """

    configuration: Configuration
    source: Source
    fidelity: float | None = None


class Proposals:
    """The proposals of a strategy within one fit.

    Args:
        strategy: The strategy.
        library: The trials.
        scene: What designs may look at.
        guided: Returns a configuration of the search that is not among the given ones, or None;
            for strategies that search with `Guided`.
    """

    def __init__(
        self,
        strategy: Strategy,
        library: Library,
        scene: Scene,
        guided: Callable[[Mapping[Configuration, float]], Configuration | None],
    ) -> None:
        self._strategy, self._library, self._scene = strategy, library, scene
        self._guided = guided
        self._designs = [(part, part.begin(scene)) for part in strategy.initial]
        self._optimizer: Optimizer | None = None
        self._asked: dict[tuple[Configuration, float], Asked] = {}
        self._n_told, self._idle_at, self._ask_s = 0, -1, 0.0

    def candidates(
        self, started: Mapping[Configuration, float], left_s: float
    ) -> Iterator[Proposal]:
        """Yield proposals, the best first; the one that is accepted must be the last taken.

        Args:
            started: Configurations that were started before, with their fidelities.
            left_s: Seconds left for trials.
        """
        for part, design in self._designs:
            for configuration in design.listed(started):
                found = self.inside(configuration)
                if found is not None and found not in started:
                    yield Proposal(found, part.source)
        if isinstance(self._strategy.search, Optimized):
            yield from self._optimized(self._strategy.search, started, left_s)
        elif self._strategy.search is not None:
            for _ in range(_TRIES):
                near = self._guided(started)
                if near is not None:
                    yield Proposal(near, "search")

    def inside(self, configuration: Configuration) -> Configuration | None:
        """Return a configuration as the strategy's space has it; None if it has no such one."""
        return inside(self._scene.space, configuration)

    def _optimized(
        self, search: Optimized, started: Mapping[Configuration, float], left_s: float
    ) -> Iterator[Proposal]:
        if self._optimizer is None:
            rng = np.random.default_rng(int(self._scene.rng.integers(2**63)))
            factory: Any = optimizers.get(search.optimizer)  # each has options of its own
            self._optimizer = factory(self._scene.space, rng=rng, **dict(search.options))
        self._tell(self._optimizer, search)
        if self._idle_at == self._n_told or _SLOWER * self._ask_s > left_s:
            return
        for _ in range(_TRIES):
            asked = self._ask(self._optimizer)
            if asked is None:
                break
            key = asked.configuration, asked.fidelity
            if started.get(asked.configuration, 0.0) < asked.fidelity:
                self._asked[key] = asked
                yield Proposal(asked.configuration, "search", asked.fidelity)
                del self._asked[key]  # it was not accepted
            self._optimizer.tell(asked.failed(status="timeout"))
        self._idle_at = self._n_told

    def _ask(self, optimizer: Optimizer) -> Asked | None:
        began = self._scene.elapsed_s()
        try:
            (asked,) = optimizer.ask()
        except SpaceExhaustedError:
            return None
        self._ask_s = self._scene.elapsed_s() - began
        return asked

    def _tell(self, optimizer: Optimizer, search: Optimized) -> None:
        """Pass the trials on that have ended since the last time."""
        new = self._library.trials[self._n_told :]
        self._n_told += len(new)
        for trial in new:
            asked = self._asked.pop((trial.configuration, trial.fidelity), None)
            own = asked or Asked(trial.configuration, None, trial.fidelity)
            try:
                optimizer.tell(_result(own, trial, search.besides))
            except InputError:  # a stored configuration beyond our space
                continue


def _result(asked: Asked, trial: FitTrial, besides: tuple[Seconds, ...]) -> Asked:
    """Return the trial with its losses; one that was dropped early has those of its first fold."""
    if trial.status == "timeout":
        return asked.failed(trial.seconds, "timeout")
    n_folds = max(len(trial.fold_losses), 1)
    seconds = {"predict_seconds": trial.predict_s, "fit_seconds": trial.fit_s}
    losses: dict[str, float] = {
        name: math.log(max(seconds[name] / n_folds, _LEAST_S)) for name in besides
    }
    return asked.finished(
        trial.loss, trial.seconds, losses={"loss": trial.loss, **losses} if losses else None
    )

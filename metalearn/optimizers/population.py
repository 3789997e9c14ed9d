"""Population-based training: members train in parallel; the worst copy the best and vary.

Jaderberg et al. 2017. After each round, a member of the worst fifth takes over the model and the
hyperparameters of a member drawn from the best fifth (exploit); then each numeric hyperparameter
is multiplied by 0.8 or 1.2, and a category is drawn anew with probability 0.25 (explore).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from metalearn.core.configuration import Configuration, Value
from metalearn.core.space import Axis, Space
from metalearn.core.trial import Trial
from metalearn.errors import InputError, SpaceExhaustedError

__all__ = ["Population", "lineage_of"]

_SHARE = 0.2
_FACTORS = (0.8, 1.2)
_RESAMPLED = 0.25


class Population:
    """Members that are trained in rounds, with an ask-and-tell interface.

    `ask` returns the trials of a round, whose fidelity grows by one round at a time. A trial with
    a `parent` continues the model of that trial, one without starts a new model. The next round
    begins when all trials of the round were passed to `tell`. A failed member is replaced.

    Args:
        space: Space of the hyperparameters.
        initial: Configurations to begin with, for instance a warm start's; the others are drawn.
        rng: Source of all randomness.
        n_members: Size of the population, at least 2.
        n_rounds: Number of rounds.
        mutable: Hyperparameters that may change; None = all.
    """

    def __init__(
        self,
        space: Space,
        *,
        initial: Sequence[Configuration] = (),
        rng: np.random.Generator,
        n_members: int = 16,
        n_rounds: int = 20,
        mutable: Sequence[str] | None = None,
    ) -> None:
        if n_members < 2 or n_rounds < 1:
            raise InputError(
                f"expected at least 2 members and 1 round, got {n_members} and {n_rounds}"
            )
        self.space, self.rng = space, rng
        self.n_members, self.n_rounds = n_members, n_rounds
        self.mutable = space.names if mutable is None else tuple(mutable)
        unknown = sorted(set(self.mutable) - set(space.names))
        if unknown:
            raise InputError(
                f"mutable names {', '.join(unknown)}, which the space lacks; it has "
                f"{', '.join(space.names)}"
            )
        self.trials: list[Trial] = []
        first = [*dict.fromkeys(initial)][:n_members]
        first += space.sample(n_members - len(first), rng) if len(first) < n_members else []
        self._round = 1
        self._n_asked = 0
        self._queue = [self._numbered(Trial(c, fidelity=1.0 / n_rounds)) for c in first]
        self._told: list[Trial] = []
        self._asked: list[int] = []

    def ask(self, n: int = 1) -> list[Trial]:
        """Return up to `n` trials of the current round, fewer if it has no more.

        Raises:
            SpaceExhaustedError: If all rounds are over.
            InputError: If `n` is less than 1, or all trials of the round were requested and some
                are pending.
        """
        if n < 1:
            raise InputError(f"n must be at least 1, got n={n}")
        if not self._queue:
            if self._round > self.n_rounds:
                raise SpaceExhaustedError(self.space.algorithm, len(self.trials))
            raise InputError(
                f"{len(self._asked)} trials of round {self._round} are pending; pass them to tell "
                "before the next round"
            )
        found, self._queue = self._queue[:n], self._queue[n:]
        self._asked += [trial.number for trial in found if trial.number is not None]
        return found

    def tell(self, trials: Trial | Iterable[Trial]) -> None:
        """Learn from finished or failed trials of the current round.

        Raises:
            InputError: If a trial is pending, or is not one that `ask` returned.
        """
        for trial in [trials] if isinstance(trials, Trial) else list(trials):
            if trial.status == "pending" or trial.number not in self._asked:
                raise InputError(
                    f"expected finished trials of round {self._round}, got trial {trial.number} "
                    f"with status {trial.status!r}"
                )
            self._asked.remove(trial.number)
            self._told.append(trial)
            self.trials.append(trial)
        if len(self._told) == self.n_members:
            self._round += 1
            members, self._told = self._told, []
            if self._round <= self.n_rounds:
                self._queue = self._next_round(members)

    def _next_round(self, members: list[Trial]) -> list[Trial]:
        """Return the trials of the next round: most members continue, the worst are replaced."""
        ranked = sorted(members, key=lambda t: t.loss if t.status == "ok" else math.inf)
        n_moved = max(1, int(_SHARE * self.n_members))
        best = [trial for trial in ranked[:n_moved] if trial.status == "ok"]
        worst = {trial.number for trial in ranked[-n_moved:]}
        worst |= {trial.number for trial in members if trial.status != "ok"}
        fidelity = self._round / self.n_rounds
        following = []
        for trial in sorted(members, key=lambda t: t.number or 0):
            configuration, parent = trial.configuration, trial.number
            if trial.number in worst:
                if best:
                    chosen = best[int(self.rng.integers(len(best)))]
                    configuration, parent = self.explored(chosen.configuration), chosen.number
                else:  # all failed
                    configuration, parent = self.space.sample(1, self.rng)[0], None
            following.append(
                self._numbered(Trial(configuration, fidelity=fidelity, parent=parent))
            )
        return following

    def explored(self, configuration: Configuration) -> Configuration:
        """Return a configuration with each mutable hyperparameter perturbed."""
        values = dict(configuration.hyperparameters)
        for axis in self.space.axes:
            if axis.name in self.mutable and axis.name in values:
                values[axis.name] = self._perturbed(axis, values[axis.name])
        return Configuration(configuration.algorithm, values)

    def _perturbed(self, axis: Axis, value: Value) -> Value:
        if axis.kind == "category" or not isinstance(value, int | float):
            if self.rng.random() >= _RESAMPLED:
                return value
            drawn = self.space.sample(1, self.rng)[0].hyperparameters
            return drawn.get(axis.name, value)
        moved = value * _FACTORS[int(self.rng.integers(2))]
        moved = min(max(moved, axis.lower), axis.upper)
        return round(moved) if axis.kind == "integer" else float(moved)

    def _numbered(self, trial: Trial) -> Trial:
        numbered = replace(trial, number=self._n_asked)
        self._n_asked += 1
        return numbered


def lineage_of(trials: Sequence[Trial], last: Trial) -> list[Trial]:
    """Return the ancestors of a trial and itself, first round first: its schedule."""
    by_number = {trial.number: trial for trial in trials}
    found = [last]
    while found[-1].parent is not None:
        found.append(by_number[found[-1].parent])
    return found[::-1]

"""Cost-frugal search: randomized direct search per learner, learners by cost of improvement.

CFO (Wu, Wang & Huang 2021): from a cheap start, a step of fixed length in a random direction; if
it does not lower the loss, the opposite step. After 2^d trials in a row without an improvement, d
at most 9, the step shrinks, and again after every two more; below its least length the search of
a learner restarts at random. The learner of the
next trial is drawn with a probability inverse to its estimated cost of improvement (FLAML; Wang,
Wu, Weimer & Zhu 2021, section 4.2). Costs are seconds of evaluations; unknown ones count as 1. All
evaluations are full, so the part of FLAML that grows samples is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import JointSpace
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.bookkeeping import AskTell

__all__ = ["Arm", "CostFrugal", "cost_of_improvement"]

_STEP, _LEAST_STEP = 0.1, 1e-4
"""First and least length of a step, times the root of the number of axes."""


@dataclass
class Arm:
    """Direct search over one learner.

    Attributes:
        x: Incumbent in the unit cube, `(n_axes,)`; an inactive axis has a position too.
        step: Length of a step.
        loss: Lowest loss since the last restart; infinite before the first.
        best: Lowest loss of all.
        gain: Last improvement of `best`; infinite before the second result.
        spent: Cost of all trials, of those up to the last improvement, and up to the one before.
        failed: Trials in a row without an improvement, less two at every shrinking.
        tried: Trials since the last restart, and of these up to the last shrinking or improvement.
        opposite: Direction to try next, `(n_axes,)`; None for a new one.
    """

    x: Floats
    step: float
    loss: float = math.inf
    best: float = math.inf
    gain: float = math.inf
    spent: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    failed: int = 0
    tried: list[int] = field(default_factory=lambda: [0, 0])
    opposite: Floats | None = None


def cost_of_improvement(arm: Arm, best: float) -> float:
    """Return the cost that is expected to lower the loss of an arm, or to reach the best arm.

    Args:
        arm: The arm, with at least one trial.
        best: Lowest loss of all arms.
    """
    now, last, before = arm.spent
    own = max(now - last, last - before)
    behind = arm.best - best
    if not math.isfinite(arm.best) or not math.isfinite(arm.gain) or arm.gain <= 0:
        return max(own, now)
    return max(own, 2.0 * behind * (now - before) / arm.gain)


class CostFrugal(AskTell):
    """Direct search from cheap configurations; the learner by estimated cost of improvement.

    Uses of a warm start the initial design and the observations: the best configuration of each
    learner is where its search starts. Failures count as no improvement.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.

    Overview:
        idea: randomized direct search, learners by estimated cost of improvement (CFO, FLAML;
            Wu, Wang & Huang 2021; Wang et al. 2021)
        warm start: observations
    """

    kept = ("_plain",)

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
    ) -> None:
        self._parts = space.parts if isinstance(space, JointSpace) else (space,)
        self._place = {part.algorithm: i for i, part in enumerate(self._parts)}
        super().__init__(space, initial=initial, rng=rng)

    def _prepare(self) -> None:
        self._arms = [
            Arm(_filled(part, part.default()), _STEP * math.sqrt(part.n_axes))
            for part in self._parts
        ]
        self._steps: dict[int, tuple[Floats, Floats | None, bool]] = {}

    def _propose(self) -> Configuration:
        i = self._drawn_arm()
        arm, part = self._arms[i], self._parts[i]
        tried: dict[str, tuple[Floats, Floats | None, bool]] = {}

        def stepped() -> Configuration:
            if not tried and math.isinf(arm.loss):
                point, u, is_opposite = arm.x, None, False
            else:
                is_opposite = arm.opposite is not None and not tried
                u = arm.opposite if is_opposite else _direction(part.n_axes, self.rng)
                assert u is not None
                point = np.clip(arm.x + arm.step * u, 0.0, 1.0)
            (chosen,) = part.decode(point[None, :])
            tried[chosen.key] = point, u, is_opposite
            return chosen

        chosen = self._fresh(stepped)
        if chosen.key in tried:
            self._steps[self._n_asked] = tried[chosen.key]
            arm.opposite = None
        return chosen

    def _learn(self, trial: Trial) -> None:
        i = self._place[trial.configuration.algorithm]
        arm, part = self._arms[i], self._parts[i]
        point, u, is_opposite = self._steps.pop(
            -1 if trial.number is None else trial.number, (None, None, False)
        )
        arm.spent[0] += trial.runtime_s if trial.runtime_s > 0 else 1.0
        arm.tried[0] += 1
        if trial.status == "ok" and trial.loss < arm.loss:
            arm.x = _filled(part, trial.configuration) if point is None else point
            arm.loss, arm.failed, arm.opposite = trial.loss, 0, None
            arm.tried[1] = arm.tried[0]
            if trial.loss < arm.best:
                arm.gain, arm.best = arm.best - trial.loss, trial.loss
                arm.spent[1:] = arm.spent[0], arm.spent[1]
        elif u is not None:
            arm.failed += 1
            if is_opposite:
                self._shorten(arm, part)
            else:
                arm.opposite = -u

    def _shorten(self, arm: Arm, part: Space) -> None:
        """Shrink the step or restart, if there were failures enough."""
        if arm.failed < 2 ** min(9, part.n_axes):
            return
        arm.failed -= 2
        arm.step *= math.sqrt(max(arm.tried[1], 1) / arm.tried[0])
        arm.tried[1] = arm.tried[0]
        if arm.step < _LEAST_STEP * math.sqrt(part.n_axes):
            arm.x, arm.step = self.rng.random(part.n_axes), _STEP * math.sqrt(part.n_axes)
            arm.loss, arm.opposite = math.inf, None
            arm.failed, arm.tried = 0, [0, 0]

    def _drawn_arm(self) -> int:
        """Return an arm, drawn by the inverse of its estimated cost of improvement."""
        best = min(arm.best for arm in self._arms)
        costs = np.array([cost_of_improvement(arm, best) if arm.spent[0] else math.nan
                          for arm in self._arms])  # fmt: skip
        unknown = np.isnan(costs)
        costs[unknown] = np.min(costs[~unknown], initial=math.inf)
        costs = np.where(np.isfinite(costs), np.maximum(costs, 1e-9), 1.0)
        rates = 1.0 / costs
        return int(self.rng.choice(len(self._arms), p=rates / rates.sum()))

    @property
    def _plain(self) -> list[Any]:  # values of several types, to be saved
        return [[list(astuple(arm)) for arm in self._arms], self._steps]

    @_plain.setter
    def _plain(self, saved: list[Any]) -> None:
        self._arms = [Arm(*values) for values in saved[0]]
        self._steps = {number: tuple(step) for number, step in saved[1].items()}


def _filled(part: Space, configuration: Configuration) -> Floats:
    """Return the point of a configuration, `(n_axes,)`; inactive axes are in the middle."""
    return np.asarray(np.nan_to_num(part.encode([configuration])[0], nan=0.5))


def _direction(n_axes: int, rng: np.random.Generator) -> Floats:
    """Return a random unit vector, `(n_axes,)`."""
    u = rng.standard_normal(n_axes)
    return np.asarray(u / np.linalg.norm(u))

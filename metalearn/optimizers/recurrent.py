"""A search whose points a recurrent network proposes (Chen et al. 2017).

The network (`neural.recurrent_search`) is trained to search the posterior means of the source
tasks within 20 evaluations. It starts from their greedy portfolio, and learns to depend on the
losses, for as long as that helps on other tasks: a fifth of the sources is left out, and their
runs are searched to find the length of training. It is trained at the first suggestion, and kept
for the same source tasks, whatever their weights for the target are. After 20 evaluations, and
without source tasks, proposals are those of `bayesian`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.neural.recipe import trained
from metalearn.numerics.gaussian_process.shared_kernel import SharedKernel, fit_shared_kernel
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.optimizers.acquisitions import Value
from metalearn.optimizers.finite import distances
from metalearn.optimizers.model_based import ModelBased
from metalearn.surrogates.deep_kernel import SEED, recipe_of, trained_on
from metalearn.surrogates.learned_points import MetaTasks, meta_tasks
from metalearn.surrogates.losses import cleaned

if TYPE_CHECKING:
    from pathlib import Path

    from metalearn.neural.network import Weights
    from metalearn.neural.recurrent_search import Functions, Rounding
    from metalearn.neural.training import Estimate, Schedule

__all__ = ["Recurrent", "RecurrentSearch", "trained_search"]

HORIZON = 20
"""Evaluations that the network is trained on."""
_STEPS, _STEPS_A_TASK = 200, 4
_JUDGED_EVERY = 25
_LEFT_OUT = 5  # every fifth task, to find the length of training
_TOP = 10


class Recurrent(ModelBased):
    """See the module; arguments as in `ModelBased`, whose surrogate takes over after the network.

    Of an initial design only the first configuration is evaluated: the network has its own.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        n_steps: Length of meta-training; None = as long as sources that are left out gain, at
            most 4 steps for each task and 200. With 0 the network proposes the greedy portfolio
            of the sources.
        options: Those of `ModelBased`.

    Overview:
        idea: a recurrent network proposes the next point from points and losses so far (Chen et
            al. 2017), for 20 evaluations, then `bayesian`; needs the extra `neural`
        warm start: as `bayesian`; the sources also train the network, whatever their weights
    """

    own_surrogate = "soft-taf"

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        n_steps: int | None = None,
        **options: Any,  # Any: of several types
    ) -> None:
        self.n_steps = n_steps
        super().__init__(space, initial=initial, rng=rng, **options)
        if self._transfers:
            self._queue = self._queue[:1]

    @cached_property
    def _network(self) -> RecurrentSearch:
        return trained_search(self.warm, self.n_steps)

    def _value(self, chosen: Floats) -> Value:
        """Return minus the distance to the point that the network proposes."""
        point = self._proposed(chosen)
        if point is None:
            return super()._value(chosen)
        return lambda X: -distances(self.space, X, point)

    def _suggested(self) -> Floats:
        point = self._proposed(np.empty((0, self.space.n_axes)))
        others = super()._suggested()
        return others if point is None else np.concatenate([point[None, :], others])

    def _proposed(self, chosen: Floats) -> Floats | None:
        """Return the network's next point; None without sources or beyond the horizon.

        Pending and chosen points count with the mean loss.
        """
        X, y = cleaned(self._seen())
        pending = self.space.encode([trial.configuration for trial in self.pending])
        X = np.concatenate([X, pending.reshape(-1, self.space.n_axes), chosen])
        if not self._transfers or len(X) >= HORIZON:
            return None
        lie = float(y.mean()) if len(y) else 0.0
        return self._network.next_point(X, np.append(y, np.full(len(X) - len(y), lie)))


@dataclass(frozen=True)
class RecurrentSearch:
    """A meta-trained network.

    Attributes:
        known: The tasks that it was trained on, or is judged on.
        weights: Its weights.
    """

    known: MetaTasks
    weights: Weights

    def next_point(self, X: Floats, y: Floats) -> Floats:
        """Return the point `(n_axes,)` that follows losses `(n,)` at `X (n, n_axes)`, n < 20."""
        from metalearn.neural.recurrent_search import Seen, next_point

        seen, points = Seen.nothing(1), self.known.points
        for columns, loss in zip(points.expand(X), y, strict=True):
            seen = seen.read(self.weights, columns[None, :], np.array([loss]))
        (point,) = points.positions(np.asarray(next_point(self.weights, seen)))
        return np.asarray(point)

    def mean_regret(self) -> float:
        """Return the normalized regret on runs of `known`, averaged over evaluations and tasks.

        In place of a proposed point the nearest run that was not taken before is evaluated.
        """
        return float(np.mean([self._mean_regret(*task) for task in self.known.tasks]))

    def _mean_regret(self, columns: Floats, y: Floats) -> float:
        from metalearn.neural.recurrent_search import Seen, next_point

        seen, points, taken = Seen.nothing(1), self.known.points, np.zeros(len(y), np.bool_)
        losses = []
        for _ in range(min(HORIZON, len(y))):
            emitted = np.asarray(next_point(self.weights, seen))
            off = ((columns - points.expand(points.positions(emitted))) ** 2).sum(axis=1)
            at = int(np.where(taken, np.inf, off).argmin())
            taken[at] = True
            losses.append(float(y[at]))
            seen = seen.read(self.weights, columns[[at]], y[[at]])
        return float(np.mean(np.minimum.accumulate(losses) - y.min()) / np.ptp(y))


def trained_search(warm: WarmStart, n_steps: int | None = None) -> RecurrentSearch:
    """Return the network trained on the sources of a warm start, from the cache if it is there.

    Args:
        warm: The warm start.
        n_steps: See `Recurrent`.

    Raises:
        MissingPackageError: Without the extra `neural`.
    """
    known = meta_tasks(warm)
    n_steps = _useful_length(warm, known) if n_steps is None else n_steps
    weights = trained_on(
        warm, known, "recurrent-search", _schedule(n_steps), lambda: _begun(known), horizon=HORIZON
    )
    return RecurrentSearch(known, weights)


def _useful_length(warm: WarmStart, known: MetaTasks) -> int:
    """Return the length of training up to which tasks that are left out gain, from the cache."""
    n = len(known.tasks)
    most = min(_STEPS, _STEPS_A_TASK * n)
    if n < _LEFT_OUT:
        return 0
    out = np.arange(n) % _LEFT_OUT == _LEFT_OUT // 2

    def judged(_: Path | None) -> Weights:
        from metalearn.neural.training import best_length

        unseen = known.take(out)
        start, estimate = _begun(known.take(~out))
        length = best_length(
            estimate,
            start,
            _schedule(most),
            SEED,
            lambda weights: RecurrentSearch(unseen, weights).mean_regret(),
            every=_JUDGED_EVERY,
        )
        return {"length": np.array(float(length))}

    recipe = recipe_of(warm, known, "recurrent-search length", steps=most, horizon=HORIZON)
    return int(trained(recipe, judged)["length"])


def _schedule(n_steps: int) -> Schedule:
    from metalearn.neural.training import Schedule

    return Schedule(n_steps, rate=1e-2, clip=1.0)


def _begun(known: MetaTasks) -> tuple[Weights, Estimate]:
    """Return first weights, which propose the greedy portfolio of the tasks, and the gradient."""
    from metalearn.neural.recurrent_search import initial_search, search_step

    rng = np.random.default_rng(SEED)
    model = _fitted(known, rng)
    start = initial_search(_design(known, model, rng), len(known.points.groups), rng)
    return start, search_step(_functions(known, model), _rounding(known))


def _fitted(known: MetaTasks, rng: np.random.Generator) -> SharedKernel:
    points = known.points
    return fit_shared_kernel(
        known.tasks, points.groups, points.n_groups, rng, n_active=points.n_active
    )


def _rounding(known: MetaTasks) -> Rounding:
    """Return how emitted columns become those of possible points."""
    points = known.points
    return lambda free: points.expand(points.positions(free))


def _ends(known: MetaTasks) -> tuple[Floats, Floats]:
    """Return `(n_tasks,)` lowest losses and ranges of the tasks."""
    low = np.array([y.min() for _, y in known.tasks])
    return low, np.array([y.max() for _, y in known.tasks]) - low


def _functions(known: MetaTasks, model: SharedKernel) -> Functions:
    """Return the tasks' posterior means, scaled so that their measured losses span [0, 1]."""
    from metalearn.neural.recurrent_search import Functions

    low, width = _ends(known)
    return Functions(model.inducing, model.hyper, model.groups, model.alphas / width, -low / width)


def _design(known: MetaTasks, model: SharedKernel, rng: np.random.Generator) -> Floats:
    """Return `(20, n_free)` columns of the greedy portfolio of the tasks' ten best points each."""
    low, width = _ends(known)
    best = [at[np.argsort(y, kind="stable")[:_TOP]] for at, y in known.tasks]
    pool = np.unique(np.concatenate(best), axis=0)
    utility = np.clip(1.0 - (model.means(pool) - low[:, None]) / width[:, None], 0.0, 1.0).T
    weights = np.full(len(low), 1.0 / len(low))
    order = greedy_order(utility, weights, fallback=-utility @ weights)[:HORIZON]
    n_free = known.points.n_free
    free = rng.random((HORIZON - len(order), n_free))
    return np.concatenate([pool[order, :n_free], free])

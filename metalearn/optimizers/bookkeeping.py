"""What all optimizers share: the initial design, what was asked, what was told, the incumbent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError

__all__ = ["AskTell"]


class AskTell(ABC):
    """Keeps the books of an optimization; a method adds `_propose` and, if it likes, `_learn`.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
    """

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
    ) -> None:
        self.space = space
        self.rng = rng
        self.warm = WarmStart.of(initial, space)
        self.trials: list[Trial] = []
        self._pending: dict[int, Trial] = {}
        self._queue = list(dict.fromkeys(self.warm.configurations))
        self._n_asked = 0
        if self.warm.observations:
            self.tell(self.warm.observations)

    def ask(self, n: int = 1) -> list[Trial]:
        """Return `n` pending trials: first the initial design in its order, then proposals."""
        if n < 1:
            raise InputError(f"ask for at least one trial, got n={n}")
        return [self._register(self._next()) for _ in range(n)]

    def tell(self, trials: Trial | Iterable[Trial]) -> None:
        """Learn from finished or failed trials, also from some that were never asked for.

        Raises:
            InputError: If a trial is still pending or lies outside the space.
        """
        for trial in [trials] if isinstance(trials, Trial) else list(trials):
            if trial.status == "pending":
                raise InputError(
                    f"trial {trial.number} is pending: tell trial.finished(loss) or trial.failed()"
                )
            self.space.encode([trial.configuration])
            if trial.number is not None:
                self._pending.pop(trial.number, None)
            self._queue = [c for c in self._queue if c != trial.configuration]
            self.trials.append(trial)
            self._learn(trial)

    @property
    def pending(self) -> tuple[Trial, ...]:
        """Trials that were asked for and not told yet."""
        return tuple(self._pending.values())

    @property
    def incumbent(self) -> Trial | None:
        """The best finished trial among those at the highest fidelity seen; None if none is."""
        finished = [trial for trial in self.trials if trial.status == "ok"]
        top = max((trial.fidelity for trial in finished), default=1.0)
        return min((t for t in finished if t.fidelity == top), key=_loss, default=None)

    @property
    def history(self) -> History:
        """Told trials at full fidelity, one row a trial; NaN losses are failures."""
        full = [trial for trial in self.trials if trial.fidelity == 1.0]
        X = self.space.encode([trial.configuration for trial in full])
        return History(X, np.array([trial.loss for trial in full], dtype=np.float64))

    def is_known(self, configuration: Configuration) -> bool:
        """Return whether a configuration is told, pending, or queued."""
        known = (t.configuration for t in (*self.trials, *self._pending.values()))
        return configuration in self._queue or any(c == configuration for c in known)

    @abstractmethod
    def _propose(self) -> Configuration | Trial:
        """Return the next proposal; a trial only if its fidelity is not the full one."""

    def _learn(self, trial: Trial) -> None:  # noqa: B027 (most methods learn from the books)
        """Take notice of a told trial, beyond what the books keep."""

    def _next(self) -> Trial:
        if self._queue:
            return Trial(self._queue.pop(0))
        proposed = self._propose()
        return proposed if isinstance(proposed, Trial) else Trial(proposed)

    def _register(self, trial: Trial) -> Trial:
        numbered = Trial(trial.configuration, self._n_asked, trial.fidelity)
        self._pending[self._n_asked] = numbered
        self._n_asked += 1
        return numbered


def imputed(losses: Floats) -> Floats:
    """Return losses where failures (NaN) are the worst finite one, 0 if there is none."""
    finite = losses[np.isfinite(losses)]
    return np.where(np.isfinite(losses), losses, finite.max() if len(finite) else 0.0)


def _loss(trial: Trial) -> float:
    return trial.loss

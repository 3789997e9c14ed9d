"""Base of all optimizers: the initial design, pending and finished trials, the incumbent."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, SpaceExhaustedError
from metalearn.optimizers.finite import all_configurations, distances
from metalearn.optimizers.objectives import objective_names
from metalearn.optimizers.state import from_plain, to_plain

__all__ = ["AskTell"]

_TRIES = 50
_RECORDED = ("trials", "_pending", "_queue", "_n_asked")


class AskTell(ABC):
    """Records the trials of an optimization; a method adds `_propose` and, if needed, more.

    A method with settings sets them, then calls this constructor. `_prepare` builds its state from
    the space and the warm start, before the warm start's observations are passed to `tell`.
    `_learn` updates the state. `kept` names the attributes of the state, so that it can be saved.
    A method that compares losses of lower fidelities among themselves sets `learns_partial`; for
    other methods such a trial counts as one without a loss. A method for several objectives sets
    `several_objectives`, and reads `Trial.losses`.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
    """

    kept: ClassVar[tuple[str, ...]] = ()
    learns_partial: ClassVar[bool] = False
    several_objectives: ClassVar[bool] = False

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
        self._rows: list[Floats] = []
        self._known: dict[str, float] = {}
        self._prepare()
        if self.warm.observations:
            self.tell(self.warm.observations)

    def ask(self, n: int = 1) -> list[Trial]:
        """Return `n` pending trials: first the initial design in its order, then proposals.

        Fewer than `n` if the space is finite and runs out.

        Raises:
            SpaceExhaustedError: If nothing is left to propose.
        """
        if n < 1:
            raise InputError(f"n must be at least 1, got n={n}")
        trials: list[Trial] = []
        for _ in range(n):
            try:
                trials.append(self._register(self._next()))
            except SpaceExhaustedError:
                if not trials:
                    raise
                break
        return trials

    def tell(self, trials: Trial | Iterable[Trial]) -> None:
        """Learn from finished or failed trials, also from ones that `ask` did not return.

        Raises:
            InputError: If a trial is still pending, its configuration is outside the space, or its
                objectives are not those of earlier trials. Such a trial is not recorded.
        """
        for trial in [trials] if isinstance(trials, Trial) else list(trials):
            if trial.status == "pending":
                raise InputError(
                    f"trial {trial.number} is pending: pass trial.finished(loss) or trial.failed()"
                )
            (row,) = self.space.encode([trial.configuration])
            if self.several_objectives:
                objective_names([*self.trials, trial])
            if trial.number is not None:
                self._pending.pop(trial.number, None)
            if self._queue:
                self._queue = [c for c in self._queue if c != trial.configuration]
            self._rows.append(row)
            self.trials.append(trial)
            self._note(trial)
            is_partial = trial.status == "ok" and not trial.is_full_result
            self._learn(trial.failed() if is_partial and not self.learns_partial else trial)

    @property
    def pending(self) -> tuple[Trial, ...]:
        """Trials that `ask` returned and that are not finished."""
        return tuple(self._pending.values())

    @property
    def incumbent(self) -> Trial | None:
        """The best finished trial of the highest fidelity so far; None if none is finished."""
        finished = [trial for trial in self.trials if trial.status == "ok"]
        top = max((trial.fidelity for trial in finished), default=1.0)
        return min((t for t in finished if t.fidelity == top), key=_loss, default=None)

    @property
    def history(self) -> History:
        """Finished trials at full fidelity, one row per trial; NaN losses are failures."""
        return self.history_at(1.0)

    def history_at(self, fidelity: float) -> History:
        """Return the finished trials at one fidelity, one row per trial; NaN = failed."""
        chosen = [i for i, trial in enumerate(self.trials) if trial.fidelity == fidelity]
        X = np.array([self._rows[i] for i in chosen]).reshape(-1, self.space.n_axes)
        return History(X, np.array([self.trials[i].loss for i in chosen], dtype=np.float64))

    def is_known(self, configuration: Configuration, fidelity: float = 0.0) -> bool:
        """Return whether a configuration is queued, or has a trial at this fidelity or above.

        Pending trials count. The default is any fidelity.
        """
        at = self._known.get(configuration.key)
        return (at is not None and at >= fidelity) or configuration in self._queue

    def known_loss(self, configuration: Configuration, fidelity: float) -> float | None:
        """Return the loss of a configuration at this fidelity or above; None if it is unknown.

        NaN if it is pending or failed.
        """
        at = self._known.get(configuration.key)
        if at is None or at < fidelity:
            return None
        losses = (t.loss for t in reversed(self.trials)
                  if t.configuration == configuration and t.fidelity >= fidelity)  # fmt: skip
        return next(losses, math.nan)

    def to_json(self) -> str:
        """Return the state of the search, without the space, warm start and settings."""
        names = (*_RECORDED, *self.kept)
        return json.dumps(
            {
                "format": 1,
                "optimizer": type(self).__name__,
                "space": list(self.space.names),
                "generator": to_plain(dict(self.rng.bit_generator.state)),
                "state": {name: to_plain(getattr(self, name)) for name in names},
            }
        )

    def restore(self, text: str) -> None:
        """Continue from a saved state, the random generator's included.

        Build the optimizer with the same space, warm start and settings first.

        Raises:
            InputError: If the state belongs to another optimizer, space or generator.
        """
        saved = json.loads(text)
        generator = from_plain(saved["generator"])
        ours = (1, type(self).__name__, list(self.space.names),
                self.rng.bit_generator.state["bit_generator"])  # fmt: skip
        theirs = (saved["format"], saved["optimizer"], saved["space"], generator["bit_generator"])
        if ours != theirs:
            raise InputError(
                f"expected a saved state of {ours} (format, optimizer, axes, generator), got "
                f"{theirs}; build the optimizer as when it was saved"
            )
        self.rng.bit_generator.state = generator
        for name in (*_RECORDED, *self.kept):
            setattr(self, name, from_plain(saved["state"][name]))
        self._rows = list(self.space.encode([trial.configuration for trial in self.trials]))
        self._known = {}
        for trial in (*self.trials, *self._pending.values()):
            self._note(trial)

    @abstractmethod
    def _propose(self) -> Configuration | Trial:
        """Return the next proposal: a configuration, or a trial if its fidelity is partial.

        It will be trial number `self._n_asked`.
        """

    def _prepare(self) -> None:  # noqa: B027 (most methods have no state of their own)
        """Build the method's own state from the space and the warm start."""

    def _learn(self, trial: Trial) -> None:  # noqa: B027 (most methods need only the trials)
        """Update the method's own state with a finished trial."""

    def _next(self) -> Trial:
        if self._queue:
            return Trial(self._from_design())
        proposed = self._propose()
        return proposed if isinstance(proposed, Trial) else Trial(proposed)

    def _fresh(self, draw: Callable[[], Configuration], fidelity: float = 0.0) -> Configuration:
        """Return an allowed configuration that is not known at this fidelity.

        It comes from up to 50 calls of `draw`, then from 50 uniform draws, then from the list of
        all remaining configurations.

        Raises:
            SpaceExhaustedError: If none is left, or none was found in an infinite space.
        """
        for source in (draw, self._uniform):
            for _ in range(_TRIES):
                drawn = source()
                if not self.is_known(drawn, fidelity) and self.space.is_allowed(drawn):
                    return drawn
        left = [c for c in self._everything or () if not self.is_known(c, fidelity)]
        if not left:
            raise SpaceExhaustedError(self.space.algorithm, len(self._known))
        return left[int(self.rng.integers(len(left)))]

    def _choose_initial(self, X: Floats, n: int) -> list[int]:
        """Return up to `n` rows of a table, the nearest to the next points of the initial design.

        Raises:
            InputError: If there are fewer rows than `n`.
        """
        if not 1 <= n <= len(X):
            raise InputError(
                f"n must lie between 1 and the {len(X)} points of the table, got n={n}"
            )
        chosen: list[int] = []
        while self._queue and len(chosen) < n:
            left = np.setdiff1d(np.arange(len(X)), chosen)
            (point,) = self.space.encode([self._from_design(X[chosen], X[left])])
            chosen.append(int(left[np.argmin(distances(self.space, X[left], point))]))
        return chosen

    def _from_design(
        self, chosen: Floats | None = None, table: Floats | None = None
    ) -> Configuration:
        """Remove the next configuration of the initial design from the queue and return it.

        If the warm start has a ranker, that reorders the design by the losses measured so far.

        Args:
            chosen: `(n, n_axes)` points that count as pending.
            table: `(n, n_axes)` points that may be chosen; None = all.
        """
        better = None
        if self._queue[0] in self.warm.configurations:
            pending = [trial.configuration for trial in self._pending.values()]
            pending += [] if chosen is None else self.space.decode(chosen)
            following = self.warm.following(self.trials, pending)
            if table is not None and following:
                available = set(self.space.decode(table))
                following = [c for c in following if c in available]
            better = next(iter(following), None)
        if better is None:
            return self._queue.pop(0)
        # It is removed from the queue; one that is not queued takes the place of the first.
        self._queue.pop(self._queue.index(better) if better in self._queue else 0)
        return better

    def _uniform(self) -> Configuration:
        return self.space.sample(1, self.rng)[0]

    @cached_property
    def _everything(self) -> tuple[Configuration, ...] | None:
        return all_configurations(self.space)

    def _note(self, trial: Trial) -> None:
        key = trial.configuration.key
        self._known[key] = max(self._known.get(key, 0.0), trial.fidelity)

    def _register(self, trial: Trial) -> Trial:
        numbered = replace(trial, number=self._n_asked)
        self._pending[self._n_asked] = numbered
        self._n_asked += 1
        self._note(numbered)
        return numbered


def _loss(trial: Trial) -> float:
    return trial.loss

"""What all optimizers share: the initial design, what was asked, what was told, the incumbent."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
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
from metalearn.optimizers.state import from_plain, to_plain

__all__ = ["AskTell", "imputed"]

_TRIES = 50
_BOOKS = ("trials", "_pending", "_queue", "_n_asked")


class AskTell(ABC):
    """Keeps the books of an optimization; a method adds `_propose` and, if it likes, more.

    A method with settings sets them, then calls this constructor; `_prepare` builds its state from
    the space and the warm start, before the warm start's observations are told; `_learn` updates
    the state; `kept` names the attributes that make it up, so that it can be saved. A method that
    compares losses of lower fidelities among themselves says `learns_partial`; to the others such
    a loss is no loss.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
    """

    kept: ClassVar[tuple[str, ...]] = ()
    learns_partial: ClassVar[bool] = False

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
            raise InputError(f"ask for at least one trial, got n={n}")
        asked: list[Trial] = []
        for _ in range(n):
            try:
                asked.append(self._register(self._next()))
            except SpaceExhaustedError:
                if not asked:
                    raise
                break
        return asked

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
            (row,) = self.space.encode([trial.configuration])
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
        return self.history_at(1.0)

    def history_at(self, fidelity: float) -> History:
        """Return the told trials at one fidelity, one row a trial; NaN losses are failures."""
        chosen = [i for i, trial in enumerate(self.trials) if trial.fidelity == fidelity]
        X = np.array([self._rows[i] for i in chosen]).reshape(-1, self.space.n_axes)
        return History(X, np.array([self.trials[i].loss for i in chosen], dtype=np.float64))

    def is_known(self, configuration: Configuration, fidelity: float = 0.0) -> bool:
        """Return whether a configuration is queued, or told or pending at this fidelity or above.

        The default asks for any fidelity.
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
        """Return the state of the search; the space, warm start and settings are not in it."""
        names = (*_BOOKS, *self.kept)
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
        """Continue from a saved state; the generator is set as well.

        Build the optimizer with the same space, warm start and settings first.

        Raises:
            InputError: If the state is of another optimizer, space or generator.
        """
        saved = json.loads(text)
        generator = from_plain(saved["generator"])
        ours = (1, type(self).__name__, list(self.space.names),
                self.rng.bit_generator.state["bit_generator"])  # fmt: skip
        theirs = (saved["format"], saved["optimizer"], saved["space"], generator["bit_generator"])
        if ours != theirs:
            raise InputError(f"the saved state is of {theirs}, this optimizer is {ours}")
        self.rng.bit_generator.state = generator
        for name in (*_BOOKS, *self.kept):
            setattr(self, name, from_plain(saved["state"][name]))
        self._rows = list(self.space.encode([trial.configuration for trial in self.trials]))
        self._known = {}
        for trial in (*self.trials, *self._pending.values()):
            self._note(trial)

    @abstractmethod
    def _propose(self) -> Configuration | Trial:
        """Return the next proposal; a trial only if its fidelity is not the full one.

        It will be trial number `self._n_asked`.
        """

    def _prepare(self) -> None:  # noqa: B027 (most methods have no state of their own)
        """Build the method's own state from the space and the warm start."""

    def _learn(self, trial: Trial) -> None:  # noqa: B027 (most methods learn from the books)
        """Take notice of a told trial, beyond what the books keep."""

    def _next(self) -> Trial:
        if self._queue:
            return Trial(self._from_design())
        proposed = self._propose()
        return proposed if isinstance(proposed, Trial) else Trial(proposed)

    def _fresh(self, draw: Callable[[], Configuration], fidelity: float = 0.0) -> Configuration:
        """Return an allowed configuration that is not known at this fidelity.

        From `draw` if one of 50 draws will do, else uniform, else any that is left.

        Raises:
            SpaceExhaustedError: If none is left, or none was found in an endless space.
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
        """Take up to `n` of the initial design: the rows of a table nearest to it.

        Raises:
            InputError: If there are fewer rows than `n`.
        """
        if not 1 <= n <= len(X):
            raise InputError(f"choose between 1 and {len(X)} of the {len(X)} points, got n={n}")
        chosen: list[int] = []
        while self._queue and len(chosen) < n:
            left = np.setdiff1d(np.arange(len(X)), chosen)
            (point,) = self.space.encode([self._from_design(X[chosen], X[left])])
            chosen.append(int(left[np.argmin(distances(self.space, X[left], point))]))
        return chosen

    def _from_design(
        self, chosen: Floats | None = None, table: Floats | None = None
    ) -> Configuration:
        """Take the next of the initial design from the queue, by what it has given so far.

        Args:
            chosen: `(n, n_axes)` points that count as pending.
            table: `(n, n_axes)` the points that there are; None = all.
        """
        better = None
        if self._queue[0] in self.warm.configurations:
            pending = [trial.configuration for trial in self._pending.values()]
            pending += [] if chosen is None else self.space.decode(chosen)
            following = self.warm.following(self.trials, pending)
            if table is not None and following:
                there = set(self.space.decode(table))
                following = [c for c in following if c in there]
            better = next(iter(following), None)
        if better is None:
            return self._queue.pop(0)
        # It takes its own place in the queue, or that of the first.
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
        numbered = Trial(trial.configuration, self._n_asked, trial.fidelity)
        self._pending[self._n_asked] = numbered
        self._n_asked += 1
        self._note(numbered)
        return numbered


def imputed(losses: Floats) -> Floats:
    """Return losses where failures (NaN) are the worst finite one, 0 if there is none."""
    finite = losses[np.isfinite(losses)]
    return np.where(np.isfinite(losses), losses, finite.max() if len(finite) else 0.0)


def _loss(trial: Trial) -> float:
    return trial.loss

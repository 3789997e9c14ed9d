"""A warm start: what the experience with other tasks has to say about a space, for any optimizer.

One neutral object. Each optimizer takes of it what it can use: the initial design, the runs of
source tasks with their weights, the prior density, the evaluations already made on the task.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from metalearn.catalogue import catalogue_of
from metalearn.core.arrays import Floats, frozen_array
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.metric import Metric
from metalearn.core.seams import Density
from metalearn.core.space import Space
from metalearn.core.space_mapping import SpaceMapping
from metalearn.core.trial import Trial
from metalearn.errors import InputError, ShapeError, UnknownNameError

__all__ = ["Orders", "RemembersTrials", "WarmStart"]


class Orders(Protocol):
    """Orders known configurations by what has been evaluated so far."""

    @property
    def configurations(self) -> tuple[Configuration | None, ...]:
        """All that it knows; None has no place in the space."""
        ...

    def order(
        self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()
    ) -> list[Configuration]:
        """Return the known configurations that are neither tried nor pending, best first."""
        ...

    def mapped(self, to: Callable[[Configuration], Configuration | None]) -> Orders:
        """Return the same in the words of another space; `to` returns None for "no place"."""
        ...


class RemembersTrials(Protocol):
    """Takes finished trials, in the space of a warm start, for later."""

    def tell(self, warm: WarmStart, trials: Sequence[Trial]) -> None:
        """Write trials down; one that is told twice counts once."""
        ...


@dataclass(frozen=True, eq=False)
class WarmStart:
    """Experience over one space, for one target task.

    Attributes:
        space: The space that everything below lives in.
        configurations: Initial design, in the order in which to evaluate it.
        sources: Histories of source tasks in the unit cube of `space`, losses on each task's own
            scale (normalise before mixing them).
        weights: `(n_sources,)`, non-negative, sum 1: similarity of each source task to the target
            before anything was evaluated on it; equal if not given.
        prior: Density of good configurations over the cube, or None.
        observations: Finished trials on the target task itself.
        metric: What the losses measure, or None.
        snapshot: Digest of the meta-dataset that this comes from; "" if unknown.
        notes: What was clipped, dropped or missing on the way, one sentence each.
        mapping: How the space is a user's own view of one of ours; None if it is ours.
        memory: Where trials told back are remembered; None for nowhere.
        ranking: Orders the configurations of the initial design, and all others that known tasks
            share, anew after every evaluation; None where there is nothing measured to order
            them by. `next_of_design` and `following` ask it.

    `warm.to_optuna(...)` and its like hand it to another library: see `metalearn.bridges`.
    """

    space: Space
    configurations: tuple[Configuration, ...] = ()
    sources: tuple[History, ...] = ()
    # None is only an input, "equal"; after construction this is an array.
    weights: Floats = None  # type: ignore[assignment]  # see above
    prior: Density | None = None
    observations: tuple[Trial, ...] = ()
    metric: Metric | None = None
    snapshot: str = ""
    notes: tuple[str, ...] = field(default=())
    mapping: SpaceMapping | None = None
    memory: RemembersTrials | None = field(default=None, repr=False)
    ranking: Orders | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        n = len(self.sources)
        weights = np.full(n, 1.0 / max(n, 1)) if self.weights is None else self.weights
        object.__setattr__(self, "weights", frozen_array("weights", weights, (n,)))
        if n and not (np.all(self.weights >= 0) and np.isclose(self.weights.sum(), 1.0)):
            raise InputError(f"weights must be non-negative with sum 1, got {self.weights}")
        self._keep_allowed()
        for source in self.sources:
            if source.X.shape[1] != self.space.n_axes:
                raise ShapeError(
                    f"source {source.task!r} has {source.X.shape[1]} axes, the space "
                    f"{self.space.n_axes}"
                )

    def _keep_allowed(self) -> None:
        """Leave out what the space forbids, with a note."""
        allowed = tuple(c for c in self.configurations if self.space.is_allowed(c))
        seen = tuple(t for t in self.observations if self.space.is_allowed(t.configuration))
        n = len(self.configurations) + len(self.observations) - len(allowed) - len(seen)
        if n:
            note = f"{n} dropped: the space forbids them"
            object.__setattr__(self, "configurations", allowed)
            object.__setattr__(self, "observations", seen)
            object.__setattr__(self, "notes", (*self.notes, note))

    def __getattr__(self, name: str) -> Callable[..., Any]:  # Any: another library's object
        """Return `to_<bridge>`, found by name, as catalogues find plug-ins."""
        library = name.removeprefix("to_")
        if library == name:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        try:
            bridge = catalogue_of("bridge").get(library)
        except UnknownNameError as error:
            raise AttributeError(str(error), name=name, obj=self) from None
        if self.memory is not None and "memory" not in bridge.honours:
            warnings.warn(
                f"{library} cannot tell its trials back while it runs; when it has ended, call "
                "metalearn.remember(warm, result, X, y)",
                UserWarning,
                stacklevel=2,
            )
        return partial(bridge.start, self)

    @property
    def known_results(self) -> tuple[Trial, ...]:
        """The observations that have a loss at the full resource, which other libraries take."""
        return tuple(trial for trial in self.observations if trial.is_full_result)

    def tell(self, trials: Trial | Sequence[Trial]) -> None:
        """Have finished trials remembered; nothing happens without a memory."""
        if self.memory is not None:
            self.memory.tell(self, [trials] if isinstance(trials, Trial) else trials)

    def next_of_design(
        self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()
    ) -> Configuration | None:
        """Return the next configuration of the initial design, by what it has given so far.

        Its length counts whatever was evaluated in its place.

        Args:
            trials: Finished trials on the target, observations that were brought along included.
            pending: Configurations that were asked for and not answered yet.

        Returns:
            None if the design is at its end.
        """
        brought = {trial.configuration for trial in self.observations}
        n = sum(trial.configuration not in brought for trial in trials) + len(pending)
        if n >= len(self.configurations):
            return None
        known = {trial.configuration for trial in trials} | set(pending)
        listed = [c for c in self.configurations if c not in known]
        return next(iter(self.following(trials, pending) or listed), None)

    def following(
        self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()
    ) -> list[Configuration]:
        """Return all known configurations left to try, best first by what was answered.

        Empty where there is no answer to follow, or nothing measured to order them by.
        """
        if self.ranking is None or not any(trial.is_full_result for trial in trials):
            return []
        listed = self.ranking.order(trials, pending)
        return [c for c in listed if self.space.is_allowed(c)]

    @classmethod
    def of(cls, initial: WarmStart | Sequence[Configuration] | None, space: Space) -> WarmStart:
        """Return what `initial=` means: a warm start, a list of configurations, or nothing.

        Raises:
            InputError: If a configuration lies outside the space, or is forbidden there.
        """
        if isinstance(initial, WarmStart):
            return initial
        chosen = tuple(initial or ())
        space.encode(chosen)
        forbidden = [c for c in chosen if not space.is_allowed(c)]
        if forbidden:
            raise InputError(f"the space forbids {forbidden[0]}; leave it out of initial=")
        return cls(space, chosen)

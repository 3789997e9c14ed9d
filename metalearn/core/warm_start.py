"""A warm start: stored runs of source tasks over one space, prepared for any optimizer.

Each optimizer uses the parts that it supports: the initial design, the runs of source tasks with
their weights, the prior density, and evaluations already made on the target task.
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
    """Ranks known configurations given the evaluations so far."""

    @property
    def configurations(self) -> tuple[Configuration | None, ...]:
        """All known configurations; None for one that the space does not contain."""
        ...

    def order(
        self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()
    ) -> list[Configuration]:
        """Return the known configurations that are neither tried nor pending, best first."""
        ...

    def mapped(self, to: Callable[[Configuration], Configuration | None]) -> Orders:
        """Return the ranker in another space; `to` returns None for an excluded configuration."""
        ...


class RemembersTrials(Protocol):
    """Stores finished trials, in the space of a warm start."""

    def tell(self, warm: WarmStart, trials: Sequence[Trial]) -> None:
        """Store trials; one that is passed twice is stored once."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class WarmStart:
    """Source tasks, prior and initial design over one space, for one target task.

    Attributes:
        space: The space of all configurations and points below.
        configurations: Initial design, in the order in which to evaluate it.
        sources: Histories of source tasks in the unit cube of `space`, losses on each task's own
            scale (normalise before mixing them).
        weights: `(n_sources,)`, non-negative, sum 1: similarity of each source task to the target
            before any evaluation on it; equal if None.
        prior: Density of good configurations over the cube, or None.
        observations: Finished trials on the target task itself.
        metric: Metric of the losses, or None.
        snapshot: Digest of the meta-dataset that it was built from; "" if unknown.
        notes: What was clipped, dropped or missing, one sentence each.
        mapping: Mapping from a learner's space to the user's; None if the space is a learner's.
        memory: Stores the trials passed to `tell`; None to store nothing.
        ranking: Ranks the configurations that source tasks share, the initial design included,
            after every evaluation; None if source tasks share none. `next_of_design` and
            `following` use it.

    `warm.to_optuna(...)` and similar methods pass it to another library: see `metalearn.bridges`.
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
        """Drop forbidden configurations and observations, with a note."""
        allowed = tuple(c for c in self.configurations if self.space.is_allowed(c))
        seen = tuple(t for t in self.observations if self.space.is_allowed(t.configuration))
        n = len(self.configurations) + len(self.observations) - len(allowed) - len(seen)
        if n:
            note = f"{n} dropped: the space forbids them"
            object.__setattr__(self, "configurations", allowed)
            object.__setattr__(self, "observations", seen)
            object.__setattr__(self, "notes", (*self.notes, note))

    def __repr__(self) -> str:
        return (
            f"WarmStart({self.space.algorithm!r}, {len(self.configurations)} configurations, "
            f"{len(self.sources)} source tasks, {len(self.observations)} observations)"
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:  # Any: another library's object
        """Return the method `to_<bridge>` of a bridge in the catalogue."""
        library = name.removeprefix("to_")
        if library == name:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        try:
            bridge = catalogue_of("bridge").get(library)
        except UnknownNameError as error:
            raise AttributeError(str(error), name=name, obj=self) from None
        if self.memory is not None and "memory" not in bridge.honours:
            warnings.warn(
                f"{library} does not report its trials while it runs; when it has ended, call "
                "metalearn.remember(warm, result, X, y)",
                UserWarning,
                stacklevel=2,
            )
        return partial(bridge.start, self)

    @property
    def known_results(self) -> tuple[Trial, ...]:
        """The observations with a loss at the full resource, which other libraries accept."""
        return tuple(trial for trial in self.observations if trial.is_full_result)

    def tell(self, trials: Trial | Sequence[Trial]) -> None:
        """Pass finished trials to the memory; without a memory nothing is stored."""
        if self.memory is not None:
            self.memory.tell(self, [trials] if isinstance(trials, Trial) else trials)

    def next_of_design(
        self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()
    ) -> Configuration | None:
        """Return the next configuration of the initial design, given the losses measured so far.

        All trials count towards the length of the design, also those of other configurations.

        Args:
            trials: Finished trials on the target, including `observations`.
            pending: Configurations with a pending evaluation.

        Returns:
            None if the design is complete.
        """
        initial = {trial.configuration for trial in self.observations}
        n = sum(trial.configuration not in initial for trial in trials) + len(pending)
        if n >= len(self.configurations):
            return None
        known = {trial.configuration for trial in trials} | set(pending)
        listed = [c for c in self.configurations if c not in known]
        return next(iter(self.following(trials, pending) or listed), None)

    def following(
        self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()
    ) -> list[Configuration]:
        """Return all known configurations not yet tried, ranked by the losses so far, best first.

        Empty without a loss at the full resource, or without a ranking.
        """
        if self.ranking is None or not any(trial.is_full_result for trial in trials):
            return []
        listed = self.ranking.order(trials, pending)
        return [c for c in listed if self.space.is_allowed(c)]

    @classmethod
    def of(cls, initial: WarmStart | Sequence[Configuration] | None, space: Space) -> WarmStart:
        """Return `initial` as a warm start: as it is, or made of configurations or of None.

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

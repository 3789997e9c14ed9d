"""Initial designs: what a strategy tries before its search.

A design is a frozen description; `begin` returns what runs in one fit. Yours is a class with the
members of `Initial`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

import numpy as np

from metalearn.automl.forms import learner_spaces
from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import dimension
from metalearn.core.space import Space
from metalearn.errors import UsageError

if TYPE_CHECKING:
    from metalearn.automl.advice import Advice

__all__ = [
    "Cheapest",
    "Defaults",
    "DoublingRounds",
    "Initial",
    "LatinHypercube",
    "Recommended",
    "Scene",
    "StartedDesign",
]

_SIZES = frozenset(
    {"n_estimators", "iterations", "max_iter", "num_leaves", "max_leaf_nodes", "layer_size",
     "n_layers", "depth"}
)  # fmt: skip
"""Axes along which the seconds of a fit grow most."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a design may look at in a fit.

    Attributes:
        space: The space of the strategy, of one learner or joint.
        advice: Returns the advice of the store; None while there is none.
        expected_s: Returns the expected seconds of a configuration.
        elapsed_s: Returns the seconds since the fit began.
        rng: Draws.
    """

    space: Space
    advice: Callable[[], Advice | None]
    expected_s: Callable[[Configuration], float]
    elapsed_s: Callable[[], float]
    rng: np.random.Generator

    @property
    def parts(self) -> tuple[Space, ...]:
        """The space of each learner."""
        return learner_spaces(self.space)


class StartedDesign(Protocol):
    """A design within one fit."""

    def listed(self, started: Mapping[Configuration, float]) -> Iterator[Configuration]:
        """Yield configurations to try now, best first.

        Args:
            started: Those that were started before, with their fidelities; they are skipped.
        """
        ...


class Initial(Protocol):
    """A description of a design, hashable.

    Attributes:
        reads_store: Whether it needs the advice of the store.
        source: Name of its trials in the leaderboard.
    """

    reads_store: ClassVar[bool]
    source: ClassVar[Literal["opening", "recommended"]]

    @property
    def words(self) -> str:
        """What it tries, for people."""
        ...

    def begin(self, scene: Scene) -> StartedDesign:
        """Return the design for one fit."""
        ...


@dataclass(frozen=True, slots=True)
class _Fixed:
    configurations: tuple[Configuration, ...]

    def listed(self, started: Mapping[Configuration, float]) -> Iterator[Configuration]:
        del started
        yield from self.configurations


@dataclass(frozen=True, slots=True)
class Defaults:
    """The default configuration of every learner.

    Attributes:
        names: Learners that come first, in this order.
    """

    reads_store: ClassVar[bool] = False
    source: ClassVar[Literal["opening", "recommended"]] = "opening"
    names: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What it tries, for people."""
        return "defaults of each learner"

    def begin(self, scene: Scene) -> StartedDesign:
        """Return the design for one fit."""
        place = {name: i for i, name in enumerate(self.names)}
        parts = sorted(scene.parts, key=lambda part: place.get(part.algorithm, len(place)))
        return _Fixed(tuple(part.default() for part in parts))


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The cheapest form of every learner: defaults with the axes of size at their lower end.

    The start of cost-frugal search (Wu, Wang & Huang 2021).
    """

    reads_store: ClassVar[bool] = False
    source: ClassVar[Literal["opening", "recommended"]] = "opening"

    @property
    def words(self) -> str:
        """What it tries, for people."""
        return "cheapest form of each learner"

    def begin(self, scene: Scene) -> StartedDesign:
        """Return the design for one fit."""
        return _Fixed(tuple(map(_cheapest, scene.parts)))


def _cheapest(part: Space) -> Configuration:
    (point,) = part.encode([part.default()])
    for j, axis in enumerate(part.axes):
        if axis.name in _SIZES and np.isfinite(point[j]):
            point[j] = 0.0
    return part.decode(point[None, :])[0]


@dataclass(frozen=True, slots=True)
class LatinHypercube:
    """A Latin hypercube of the space (McKay, Beckman & Conover 1979).

    Attributes:
        n: Number of points; None for four per axis of the largest learner.
    """

    reads_store: ClassVar[bool] = False
    source: ClassVar[Literal["opening", "recommended"]] = "opening"
    n: int | None = None

    def __post_init__(self) -> None:
        _at_least_one("LatinHypercube", self.n)

    @property
    def words(self) -> str:
        """What it tries, for people."""
        return f"Latin hypercube of {'4 per axis' if self.n is None else self.n}"

    def begin(self, scene: Scene) -> StartedDesign:
        """Return the design for one fit."""
        from scipy.stats import qmc

        n = 4 * dimension(scene.space) if self.n is None else self.n
        cube = qmc.LatinHypercube(scene.space.n_axes, rng=int(scene.rng.integers(2**63)))
        drawn = dict.fromkeys(scene.space.decode(scene.space.snap(cube.random(n))))
        return _Fixed(tuple(c for c in drawn if scene.space.is_allowed(c)))


@dataclass(frozen=True, slots=True)
class Recommended:
    """The list of the store, ranked by the recommender of the strategy's memory.

    Attributes:
        n: Length; None for all that is known.
        follows: Whether the list is ranked again after every result; else the first ranking
            stays.
    """

    reads_store: ClassVar[bool] = True
    source: ClassVar[Literal["opening", "recommended"]] = "recommended"
    n: int | None = None
    follows: bool = True

    def __post_init__(self) -> None:
        _at_least_one("Recommended", self.n)

    @property
    def words(self) -> str:
        """What it tries, for people."""
        return f"the store's {'list' if self.n is None else f'best {self.n}'}" + (
            ", ranked again after every result" if self.follows else ""
        )

    def begin(self, scene: Scene) -> StartedDesign:
        """Return the design for one fit."""
        return _Listed(self, scene)


class _Listed:
    def __init__(self, part: Recommended, scene: Scene) -> None:
        self._part, self._scene = part, scene
        self._first: list[Configuration] | None = None
        self._offered: set[Configuration] = set()

    def listed(self, started: Mapping[Configuration, float]) -> Iterator[Configuration]:
        advice = self._scene.advice()
        if advice is None:
            return
        if self._first is None or self._part.follows:
            self._first = advice.order()
        if not self._part.follows:
            yield from self._first[: self._part.n]
            return
        n = math.inf if self._part.n is None else self._part.n
        taken = sum(c in started for c in self._offered)
        for configuration in self._first:
            if taken >= n:
                return
            self._offered.add(configuration)
            yield configuration


@dataclass(frozen=True, slots=True)
class DoublingRounds:
    """The list of the store in rounds of doubled time (OBOE; Yang, Akimoto, Kim & Udell 2019).

    In a round of T seconds only configurations are tried that are expected to take at most T/2.
    The first round has as many seconds, rounded down to a power of two, as the cheapest
    configurations take together, but at least one (METHODS 8.1, step 5).

    Attributes:
        n_cheapest: How many; 1.1 times the rank of the published matrix.
    """

    reads_store: ClassVar[bool] = True
    source: ClassVar[Literal["opening", "recommended"]] = "recommended"
    n_cheapest: int = 9

    def __post_init__(self) -> None:
        _at_least_one("DoublingRounds", self.n_cheapest)

    @property
    def words(self) -> str:
        """What it tries, for people."""
        return "the store's list, ranked again after every result, in rounds of doubled time"

    def begin(self, scene: Scene) -> StartedDesign:
        """Return the design for one fit."""
        return _Rounds(self.n_cheapest, scene)


class _Rounds:
    def __init__(self, n_cheapest: int, scene: Scene) -> None:
        self._n, self._scene = n_cheapest, scene
        self._length_s = self._began_s = math.nan

    def listed(self, started: Mapping[Configuration, float]) -> Iterator[Configuration]:
        advice = self._scene.advice()
        left = [] if advice is None else [c for c in advice.order() if c not in started]
        if not left:
            return
        seconds = [self._scene.expected_s(c) for c in left]
        now = self._scene.elapsed_s()
        if math.isnan(self._length_s):
            together = max(sum(sorted(seconds)[: self._n]), 1.0)
            self._length_s, self._began_s = 2.0 ** math.floor(math.log2(together)), now
        while now - self._began_s >= self._length_s:
            self._began_s += self._length_s
            self._length_s *= 2.0
        while min(seconds) > self._length_s / 2:
            self._length_s *= 2.0
        for configuration, needed in zip(left, seconds, strict=True):
            if needed <= self._length_s / 2:
                yield configuration


def _at_least_one(part: str, n: int | None) -> None:
    if n is not None and n < 1:
        raise UsageError(f"{part}: expected a number of at least 1, got {n}")

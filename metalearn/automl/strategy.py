"""A strategy of AutoML: what is searched, from where, how, and what becomes of the trials.

Strategy = space x initial design x search x fidelity x improvement x memory. The systems of the
field differ in these parts (He, Zhao & Chu 2021; Gijsbers et al. 2024); everything else of a fit
(limits, workers, folds, remembering) is the same for all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from metalearn.automl.initial_designs import Initial, Recommended
from metalearn.errors import UsageError

__all__ = [
    "BEST",
    "Guided",
    "Improvement",
    "Learners",
    "Optimized",
    "Pipelines",
    "Refitting",
    "Rungs",
    "Strategy",
]

Refitting = Literal["auto", "always", "never"]
Way = Literal["greedy", "bagged", "shrunk", "mean", "single"]
Group = Literal["all", "families"]
Seconds = Literal["predict_seconds", "fit_seconds"]


@dataclass(frozen=True, slots=True)
class Learners:
    """The space: the joint space of learners with their hyperparameters.

    Attributes:
        names: Names of learners; None for every one that is installed. The user's choice of
            algorithms comes before it.
    """

    names: tuple[str, ...] | None = None

    @property
    def words(self) -> str:
        """What is searched, for people."""
        if self.names is None:
            return "all learners"
        return ", ".join(f"`{name}`" for name in self.names)


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The space: pipelines of scikit-learn operators that end in a learner.

    Attributes:
        names: Learners that end a pipeline; None for every one that is installed.
        has_unions: Whether a pipeline may branch; else it is a chain.
    """

    names: tuple[str, ...] | None = None
    has_unions: bool = True

    @property
    def words(self) -> str:
        """What is searched, for people."""
        ends = "all learners" if self.names is None else ", ".join(self.names)
        return f"{'trees' if self.has_unions else 'chains'} of operators that end in {ends}"


@dataclass(frozen=True, slots=True)
class Optimized:
    """Search by an optimizer of the catalogue, which also learns from the initial design.

    Attributes:
        optimizer: Its name in `metalearn.optimizers`.
        options: Names and values of its own arguments.
        besides: Objectives besides the loss, logarithms of seconds of a trial; for optimizers of
            several objectives. The result of the fit is still chosen by the loss.

    Raises:
        UsageError: If there is no such objective.
    """

    optimizer: str
    options: tuple[tuple[str, object], ...] = ()
    besides: tuple[Seconds, ...] = ()

    def __post_init__(self) -> None:
        known = get_args(Seconds)
        if not set(self.besides) <= set(known):
            raise UsageError(f"Optimized: expected besides among {known}, got {self.besides}")

    @property
    def words(self) -> str:
        """How it searches, for people."""
        chosen = ", ".join(f"{name}={value}" for name, value in self.options)
        text = f"`{self.optimizer}`" + (f" ({chosen})" if chosen else "")
        names = [name.replace("_", " ") for name in self.besides]
        return text + (f" on loss and {' and '.join(names)}" if names else "")


@dataclass(frozen=True, slots=True)
class Guided:
    """Search by a forest over the joint space with the store's expectation as an input.

    See `metalearn.automl.joint_search`.
    """

    words: str = field(default="forest with the store's expectation as input", init=False)


@dataclass(frozen=True, slots=True)
class Rungs:
    """Fidelity: trials start on a share of the rows, and the best of a rung continue on more.

    Asynchronous successive halving (Li et al. 2020).

    Attributes:
        eta: Factor between rungs, at least 2; the best 1/eta of a rung continue.
        above_rows: Smaller tables have no rungs.
    """

    eta: int = 3
    above_rows: int = 4_000

    def __post_init__(self) -> None:
        if self.eta < 2 or self.above_rows < 0:
            raise UsageError(
                f"Rungs: expected eta of at least 2 and above_rows of at least 0, got {self}"
            )


@dataclass(frozen=True, slots=True)
class Improvement:
    """What becomes of the trials at the end.

    Attributes:
        ways: How weights are found: `greedy` selection, its `bagged` variant, half of it and half
            of the mean of the best (`shrunk`), the `mean` of the best, or the best `single` one.
            A way after the first replaces it only if it is clearly better on left-out folds.
        rounds: Additions of greedy selection: the greatest number of members.
        stack: Whether a second level may learn from the members; None for where it pays.
        stacks_of: Second levels on groups of trials in place of weights: on `all`, or on the best
            of each algorithm (`families`). The best of these and of the single trials is taken.
        restarts: Whether networks are averaged over several starting weights.
        calibrate: Whether probabilities and decisions are calibrated; None for where it helps.
        refit: Whether members are fitted again on all rows; `never` averages the fold models.
    """

    ways: tuple[Way, ...] = ("greedy", "bagged", "shrunk", "mean", "single")
    rounds: int = 40
    stack: bool | None = None
    stacks_of: tuple[Group, ...] = ()
    restarts: bool = True
    calibrate: bool | None = None
    refit: Refitting = "auto"

    def __post_init__(self) -> None:
        known = ("greedy", "bagged", "shrunk", "mean", "single")
        if not self.ways or not set(self.ways) <= set(known):
            raise UsageError(f"Improvement: expected ways among {known}, got {self.ways}")
        if not set(self.stacks_of) <= {"all", "families"}:
            raise UsageError(
                f"Improvement: expected stacks_of among ('all', 'families'), got {self.stacks_of}"
            )
        if self.rounds < 1:
            raise UsageError(f"Improvement: expected rounds of at least 1, got {self.rounds}")

    @property
    def is_single(self) -> bool:
        """Whether the best single trial is the result."""
        return self.ways == ("single",) and not self.stacks_of

    @property
    def words(self) -> str:
        """What it does, for people."""
        if self.stacks_of:
            groups = {"all": "all trials", "families": "the best of each learner"}
            text = "stacking on " + " or on ".join(groups[name] for name in self.stacks_of)
        elif self.is_single:
            text = "best trial"
        else:
            text = f"{self.ways[0]} ensemble"
            text += f" of {self.rounds} rounds" if self.ways[0] == "greedy" else ""
            text += ", guarded" if len(self.ways) > 1 else ""
            text += "" if self.stack is False else ", stacking if it pays"
        return text + (", fold models kept" if self.refit == "never" else "")


BEST = Improvement(ways=("single",), stack=False, restarts=False, calibrate=False)
"""The best trial, fitted again, without any correction."""


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """A strategy by its parts.

    Attributes:
        name: Its name.
        after: The system that it follows, with the paper; "" for one of our own.
        space: What is searched.
        initial: Designs that come first, one after the other.
        search: What comes then; None for nothing.
        fidelity: Rungs of rows for the initial designs and for a guided search; None for all rows.
            An optimizer asks for the shares of rows itself.
        improvement: What becomes of the trials.
        memory: Name of the recommender that ranks the store's configurations, and permission to
            use the store's seconds; None: the store is not read.
        folds: Folds on tables of up to 20,000 rows; None for the usual ones.
        trial_share: Share of the time budget that a trial may take at least.
        keeps: What of the original is kept, in words.
        differs: What is not, in words.
        needs: What it needs and what is not built yet, in words; "" if it runs.

    Raises:
        UsageError: If the parts do not go together.
    """

    name: str
    after: str = ""
    space: Learners | Pipelines = Learners()
    initial: tuple[Initial, ...] = ()
    search: Optimized | Guided | None = None
    fidelity: Rungs | None = None
    improvement: Improvement = Improvement()
    memory: str | None = None
    folds: int | None = None
    trial_share: float = 0.1
    keeps: str = ""
    differs: str = ""
    needs: str = ""

    def __post_init__(self) -> None:
        if self.needs:
            return
        if not self.initial and self.search is None:
            raise UsageError(
                f"strategy {self.name!r} has neither an initial design nor a search; give one"
            )
        reading = [part for part in self.initial if part.reads_store]
        if reading and self.memory is None:
            raise UsageError(
                f"strategy {self.name!r}: {type(reading[0]).__name__} takes its list from the "
                "store; name the recommender that ranks it with memory="
            )
        if isinstance(self.space, Pipelines) and isinstance(self.search, Guided):
            raise UsageError(
                f"strategy {self.name!r}: Guided searches learners, not pipelines; search by an "
                "optimizer, such as Optimized('evolution')"
            )
        if self.folds is not None and self.folds < 2:
            raise UsageError(f"strategy {self.name!r}: expected folds >= 2, got {self.folds}")
        if not 0.0 <= self.trial_share <= 1.0:
            raise UsageError(
                f"strategy {self.name!r}: expected trial_share in [0, 1], got {self.trial_share}"
            )

    @property
    def is_store_only(self) -> bool:
        """Whether it can try nothing but the store's configurations."""
        return self.search is None and all(part.reads_store for part in self.initial)

    @property
    def is_guided(self) -> bool:
        """Whether the list and the search alternate by expected gain per second, as by default."""
        return self.initial == (Recommended(),) and isinstance(self.search, Guided)

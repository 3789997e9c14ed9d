"""The options of `optimize`, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from metalearn.core.space import Space
from metalearn.errors import UsageError
from metalearn.learners.evaluation import Procedure
from metalearn.pipelines import is_pipelines

__all__ = ["DEFAULT_OF_SEVERAL", "DEFAULT_OPTIMIZER", "DEFAULT_TRIALS", "OptimizeOptions"]

DEFAULT_OPTIMIZER, DEFAULT_TRIALS = "bayesian", 50
DEFAULT_OF_SEVERAL = "parego"
DEFAULT_OF_PIPELINES = "aging"


@dataclass(frozen=True, slots=True)
class OptimizeOptions:
    """Options of `optimize`.

    Attributes:
        space: Name of an algorithm, names of several, or `all` (a joint space); or a space. None
            takes the algorithm recommended first.
        optimizer: Name of the optimizer; None takes `bayesian`, `aging` for pipelines, or
            `parego` for several objectives.
        trials: Maximum number of evaluations; None = no limit with a time budget, else 50.
        time_budget_s: Wall-clock seconds in total; None for no limit.
        warm_start: Length of the initial design; 0 is a cold start, without any stored runs.
        metric: Name of the metric; None takes the default of the kind of task.
        exclude: Names or keys of known tasks to leave out of the meta-data.
        jobs: Number of parallel evaluations; None takes 1, or all cores of another engine.
        seed: Seed of everything random.
        time_limit_s: Processor seconds of one evaluation.
        remember: Whether to store the trials.
        procedure: Rows and folds.
        engine: Name of an engine: `local`, `dask` or `ray`.
        address: Address of a running cluster of that engine.
        objectives: Names of several objectives, a metric first; empty for the metric alone.
    """

    space: str | Sequence[str] | Space | None = None
    optimizer: str | None = None
    trials: int | None = None
    time_budget_s: float | None = None
    warm_start: int = 10
    metric: str | None = None
    exclude: tuple[str, ...] = ()
    jobs: int | None = 1
    seed: int = 0
    time_limit_s: float = 20.0
    remember: bool = True
    procedure: Procedure = field(default_factory=Procedure)
    engine: str = "local"
    address: str | None = None
    objectives: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("trials", "time_budget_s", "jobs", "time_limit_s"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} must be positive, got {value}")
        if self.warm_start < 0:
            raise UsageError(f"warm_start must be at least 0, got {self.warm_start}")

    @property
    def optimizer_name(self) -> str:
        """Name of the optimizer: the chosen one, or the default."""
        usual = DEFAULT_OF_PIPELINES if is_pipelines(self.space) else DEFAULT_OPTIMIZER
        if self.objectives:
            usual = DEFAULT_OF_SEVERAL
        return usual if self.optimizer is None else self.optimizer

    @property
    def n_trials(self) -> float:
        """Maximum number of evaluations; infinite if only the time budget ends the search."""
        if self.trials is not None:
            return self.trials
        return float("inf") if self.time_budget_s is not None else DEFAULT_TRIALS

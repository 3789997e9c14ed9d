"""The settings of a fit, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metalearn.automl.strategies.default import STRATEGY as DEFAULT
from metalearn.automl.strategy import Refitting, Strategy
from metalearn.errors import UsageError

__all__ = ["Refitting", "Settings"]


@dataclass(frozen=True)
class Settings:
    """Limits and choices of a fit.

    Attributes:
        time_budget_s: Seconds on the clock from the call of `fit` to its return.
        memory_limit_mb: Megabytes of this process and all workers together; None for no limit.
        n_jobs: Worker processes, each of one thread; -1 for one a processor.
        metric: Name of a metric, a scikit-learn scorer's name, or a scorer; None for log loss or
            RMSE.
        algorithms: Only these algorithms; None for all.
        exclude: Names or keys of known tasks to leave out.
        refit: Whether members are fitted again on all rows; `auto` does so where time allows.
        calibrate: Whether probabilities and decisions are calibrated; None for where it helps.
        ensemble: Whether members are combined; else the best single one is taken.
        stack: Whether a second level may learn from the members; None for where it pays.
        infer_limit_s: Seconds per row that a prediction may take; None for no limit.
        seed: Seed of everything random.
        engine: Name of the engine that the workers run on: `local`, `dask` or `ray`.
        address: Address of a running cluster of that engine.
        strategy: What is searched, from where, how, and what becomes of the trials.
    """

    time_budget_s: float = 60.0
    memory_limit_mb: float | None = None
    n_jobs: int = 1
    metric: Any = None  # a name or a scorer
    algorithms: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    refit: Refitting = "auto"
    calibrate: bool | None = None
    ensemble: bool = True
    stack: bool | None = None
    infer_limit_s: float | None = None
    seed: int = 0
    engine: str = "local"
    address: str | None = None
    strategy: Strategy = DEFAULT

    def __post_init__(self) -> None:
        _positive("time_budget", self.time_budget_s)
        _positive("memory_limit", self.memory_limit_mb)
        _positive("infer_limit", self.infer_limit_s)
        if self.refit not in ("auto", "always", "never"):
            raise UsageError(f"refit: expected auto, always or never, got {self.refit!r}")
        if self.n_jobs == 0 or self.n_jobs < -1:
            raise UsageError(f"n_jobs: expected a positive number or -1, got {self.n_jobs}")

    @property
    def combines(self) -> bool:
        """Whether trials are combined; else the best single one is taken."""
        return self.ensemble and not self.strategy.improvement.is_single

    @property
    def restarts(self) -> bool:
        """Whether networks may be averaged over several starting weights."""
        wanted = self.infer_limit_s is None and self.ensemble and self.refit != "never"
        return wanted and self.strategy.improvement.restarts


def _positive(name: str, value: float | None) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise UsageError(f"{name}: expected a positive number, got {value!r}")

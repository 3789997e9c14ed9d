"""The settings of a fit, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.automl.strategies import strategy_of
from metalearn.automl.strategies.default import STRATEGY as DEFAULT
from metalearn.automl.strategy import Refitting, Strategy
from metalearn.errors import UsageError
from metalearn.learners import CATALOGUE

__all__ = ["Refitting", "Settings", "settings_of"]


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


def settings_of(estimator: Any) -> Settings:
    """Return the checked settings of an estimator."""
    from sklearn.utils import check_random_state

    seed = estimator.random_state
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
        seed = int(check_random_state(seed).randint(2**31 - 1))
    strategy = strategy_of(estimator.preset)
    ending = strategy.improvement
    chosen = estimator.algorithms
    names = None if chosen is None else tuple([chosen] if isinstance(chosen, str) else chosen)
    for name in names or ():
        CATALOGUE.get(name)
    left_out = estimator.exclude
    return Settings(
        time_budget_s=estimator.time_budget,
        memory_limit_mb=estimator.memory_limit,
        n_jobs=1 if estimator.n_jobs is None else int(estimator.n_jobs),
        metric=estimator.metric,
        algorithms=names,
        exclude=tuple([left_out] if isinstance(left_out, str) else left_out or ()),
        refit=ending.refit if estimator.final_refit == "auto" else estimator.final_refit,
        calibrate=ending.calibrate if estimator.calibrate is None else estimator.calibrate,
        ensemble=bool(estimator.ensemble),
        stack=ending.stack if estimator.stack is None else estimator.stack,
        infer_limit_s=estimator.infer_limit,
        seed=int(seed) % 2**31,
        engine=estimator.engine,
        address=estimator.address,
        strategy=strategy,
    )
